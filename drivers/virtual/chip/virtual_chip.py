"""A virtual eMRTD that answers command APDUs (ICAO Doc 9303-10 §3.6, Doc 9303-11 §4, §6, §9.8)."""

from __future__ import annotations

from collections.abc import Callable

from drivers.virtual.chip.basic_access import BasicAccess
from drivers.virtual.chip.file_system import FileSystem
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd.apdu import SHORT_LE, Command, Response
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, SessionKeys
from edge.errors import ChipError

_SECURE = 0x0C
_CHAINING = 0x10


class VirtualChip:
    """One chip in the field: answers commands, keeps its session until `reset`.

    Access conditions are enforced as a real chip enforces them: protected files answer 6982 until
    BAC or PACE has succeeded, and any failure of secure messaging drops session and rights.
    """

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._personalisation = personalisation
        self._random = random
        self.reset()

    def reset(self) -> None:
        """Power the chip down and up: no session, no rights, master file selected."""
        self._session: SecureSession | None = None
        self._next_keys: SessionKeys | None = None
        self._files = FileSystem(self._personalisation)
        self._bac = BasicAccess(self._personalisation, self._random)

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU; any bytes get an answer."""
        try:
            return bytes(self._answer(Command.parse(command)))
        except ChipError:
            return bytes(Response(b"", Status.WRONG_LENGTH))

    def _answer(self, command: Command) -> Response:
        if command.extended and self._personalisation.max_response <= SHORT_LE:
            # Refused before anything is looked at, as chips without extended length do.
            return Response(b"", Status.WRONG_LENGTH)
        if command.cla & _SECURE == _SECURE:
            return self._answer_protected(command)
        if self._session is not None:
            self._drop_session()
        reply = self._perform(command)
        self._adopt_keys()
        return reply

    def _answer_protected(self, command: Command) -> Response:
        session = self._session
        if session is None:
            return Response(b"", Status.SECURE_MESSAGING_MISSING)
        try:
            plain = session.open_command(command)
        except SessionEnded:
            self._drop_session()
            return Response(b"", Status.SECURE_MESSAGING_WRONG)
        reply = session.protect_response(self._perform(plain), plain.ins)
        self._adopt_keys()
        return reply

    def _perform(self, command: Command) -> Response:
        if command.le is not None and command.le > self._personalisation.max_response:
            return Response(b"", Status.WRONG_LENGTH)
        try:
            return self._dispatch(command)
        except Refusal as refusal:
            return Response(refusal.data, refusal.status)

    def _dispatch(self, command: Command) -> Response:
        match command.ins:
            case 0xA4:
                return self._files.select(command)
            case 0xB0 | 0xB1:
                return self._files.read(command)
            case 0x84:
                return self._bac.get_challenge(command)
            case 0x82:
                reply, self._next_keys = self._bac.authenticate(command)
                return reply
            case _:
                raise Refusal(Status.UNKNOWN_INSTRUCTION)

    def _adopt_keys(self) -> None:
        """Start the session just agreed; the reply that agreed it still belonged to the old one."""
        if self._next_keys is not None:
            self._session = SecureSession(self._next_keys)
            self._next_keys = None
            self._files.unlock()

    def _drop_session(self) -> None:
        self._session = None
        self._files.lock()

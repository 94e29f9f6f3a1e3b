"""A virtual eMRTD that answers command APDUs (ICAO Doc 9303-10 §3.6, Doc 9303-11 §4, §6, §9.8)."""

from __future__ import annotations

from collections.abc import Callable

from drivers.virtual.chip.active_authentication import ActiveAuthenticationSide
from drivers.virtual.chip.basic_access import BasicAccess
from drivers.virtual.chip.chip_authentication import ChipAuthenticationSide
from drivers.virtual.chip.file_system import FileSystem
from drivers.virtual.chip.pace import PaceSide
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.quirks import Quirk
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd.apdu import SHORT_LE, Command, Response
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, SessionKeys
from edge.errors import ChipError, MalformedFile

_SECURE = 0x0C
_GET_RESPONSE = 0xC0
_READ_BINARY = frozenset({0xB0, 0xB1})
_MORE = 0x6100


class VirtualChip:
    """One chip in the field: answers commands, keeps its session until `reset`.

    Access conditions are enforced as a real chip enforces them: protected files answer 6982 until
    BAC or PACE has succeeded, and any failure of secure messaging drops session and rights.
    SettingsError when the keys cannot be played.
    """

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._personalisation = personalisation
        self._random = random
        self.reset()

    def reset(self) -> None:
        """Power the chip down and up: no session, no rights, master file selected."""
        self._session: SecureSession | None = None
        self._next_keys: SessionKeys | None = None
        self._rest = b""
        self._files = FileSystem(self._personalisation)
        self._bac = BasicAccess(self._personalisation, self._random)
        self._pace = PaceSide(self._personalisation, self._random)
        self._chip_auth = ChipAuthenticationSide(self._personalisation)
        self._active_auth = ActiveAuthenticationSide(self._personalisation, self._random)

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU; any bytes get an answer."""
        try:
            parsed = Command.parse(command)
            return bytes(self._in_pieces(parsed, self._answer(parsed)))
        except ChipError:
            return bytes(Response(b"", Status.WRONG_LENGTH))

    def _in_pieces(self, command: Command, reply: Response) -> Response:
        """Keep back what is longer than asked for, for GET RESPONSE (ISO/IEC 7816-4 §5.3.4)."""
        wanted = command.le or 0
        if len(reply.data) <= wanted:
            return reply
        self._rest = reply.data[wanted:]
        return Response(
            reply.data[:wanted], _MORE | (len(self._rest) if len(self._rest) < 256 else 0)
        )

    def _answer(self, command: Command) -> Response:
        rest, self._rest = self._rest, b""
        if command.ins == _GET_RESPONSE and rest:
            return Response(rest, Status.OK)
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
        if command.extended and Quirk.EXTENDED_ENDS_SESSION in self._personalisation.quirks:
            self._drop_session()
            return Response(b"", Status.WRONG_LENGTH)
        try:
            plain = session.open_command(command)
        except SessionEnded:
            self._drop_session()
            return Response(b"", Status.SECURE_MESSAGING_WRONG)
        reply = self._perform(plain)
        too_long = session.protected_length(len(reply.data)) > (command.le or 0)
        if too_long and plain.ins in _READ_BINARY:  # what else is too long goes out in pieces
            reply = Response(b"", Status.WRONG_LENGTH)
        protected = session.protect_response(reply, plain.ins)
        self._adopt_keys()
        return protected

    def _perform(self, command: Command) -> Response:
        if command.le is not None and command.le > self._personalisation.max_response:
            return Response(b"", Status.WRONG_LENGTH)
        try:
            return self._dispatch(command)
        except Refusal as refusal:
            return Response(b"", refusal.status)
        except MalformedFile:
            return Response(b"", Status.WRONG_DATA)

    def _dispatch(self, command: Command) -> Response:
        handlers: dict[int, Callable[[Command], Response]] = {
            0x22: self._manage_security_environment,
            0x82: lambda command: self._agreed(self._bac.authenticate(command)),
            0x84: self._bac.get_challenge,
            0x86: self._general_authenticate,
            0x88: self._internal_authenticate,
            0xA4: self._files.select,
            0xB0: self._files.read,
            0xB1: self._files.read_at_offset,
        }
        handler = handlers.get(command.ins)
        if handler is None:
            raise Refusal(Status.UNKNOWN_INSTRUCTION)
        return handler(command)

    def _internal_authenticate(self, command: Command) -> Response:
        self._files.require_right()
        return self._active_auth.authenticate(command)

    def _manage_security_environment(self, command: Command) -> Response:
        if command.le is not None and Quirk.NO_LE_ON_SELECT in self._personalisation.quirks:
            raise Refusal(Status.WRONG_LENGTH)
        match command.p1, command.p2:
            case 0xC1, 0xA4:
                return self._pace.select(command)
            case 0x41, 0xA4:
                self._files.require_right()
                return self._chip_auth.select(command)
            case 0x41, 0xA6:
                self._files.require_right()
                return self._agreed(self._chip_auth.set_key_agreement(command))
            case _:
                raise Refusal(Status.WRONG_PARAMETERS)

    def _general_authenticate(self, command: Command) -> Response:
        if self._pace.running:
            return self._agreed(self._pace.step(command))
        return self._agreed(self._chip_auth.authenticate(command))

    def _agreed(self, outcome: tuple[Response, SessionKeys | None]) -> Response:
        """Keep the keys a step agreed until its reply has gone out."""
        reply, self._next_keys = outcome
        return reply

    def _adopt_keys(self) -> None:
        """Start the session just agreed; the reply that agreed it still belonged to the old one."""
        if self._next_keys is not None:
            self._session = SecureSession(self._next_keys)
            self._next_keys = None
            self._files.unlock()

    def _drop_session(self) -> None:
        self._session = None
        self._files.lock()

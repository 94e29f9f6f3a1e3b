"""A virtual eMRTD that answers command APDUs (ICAO Doc 9303-10 §3.6, Doc 9303-11 §4, §6, §9.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drivers.virtual.chip.active_authentication import ActiveAuthenticationSide
from drivers.virtual.chip.basic_access import BasicAccess
from drivers.virtual.chip.chip_authentication import ChipAuthenticationSide
from drivers.virtual.chip.file_system import FileSystem
from drivers.virtual.chip.pace import PaceSide
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.quirks import Behaviour
from drivers.virtual.chip.status import Refusal, Status
from drivers.virtual.chip.terminal_authentication import TerminalAuthenticationSide, TrustMemory
from edge.emrtd import chip_name
from edge.emrtd.apdu import EXTENDED_LE, SHORT_LE, Command, Response
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, SessionKeys
from edge.errors import ChipError, MalformedFile

_SECURE = 0x0C
_GET_RESPONSE = 0xC0
_MORE = 0x6100
_CHAINING = 0x10
_LONGEST_CHAIN = 4_096
_NO_CHAIN = Command(0x00, 0x00, 0x00, 0x00)
_NOTHING = Response(b"", Status.OK)


class VirtualChip:
    """One chip in the field: it answers commands and keeps its session until `reset`.

    Access conditions are enforced as a real chip enforces them: protected files answer 6982 until
    BAC or PACE has succeeded, and any failure of secure messaging drops session and rights.
    SettingsError when a key cannot be used.
    """

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._personalisation = personalisation
        self._random = random
        self._memory = TrustMemory(personalisation)
        self.reset()

    @property
    def atr(self) -> bytes:
        """The answer to reset, in the form of PC/SC."""
        return self._personalisation.atr

    @property
    def _is_short(self) -> bool:
        """Whether the chip has no extended length."""
        return self._personalisation.max_response <= SHORT_LE

    def reset(self) -> None:
        """Power the chip down and up: no session, no rights, master file selected."""
        self._session: SecureSession | None = None
        self._next_keys: SessionKeys | None = None
        self._rest = _NOTHING
        self._behaviour = Behaviour(self._personalisation.quirks)
        self._files = FileSystem(self._personalisation)
        self._bac = BasicAccess(self._personalisation, self._random)
        self._pace = PaceSide(self._personalisation, self._random)
        self._chip_auth = ChipAuthenticationSide(self._personalisation)
        self._active_auth = ActiveAuthenticationSide(self._personalisation, self._random)
        self._terminal_auth = TerminalAuthenticationSide(self._memory, self._random)
        self._name = b""
        self._overheard = chip_name.Overheard()
        self._chain = _NO_CHAIN
        self._publish_trust_points()

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU; every sequence of bytes gets an answer."""
        try:
            parsed = Command.parse(command)
            return bytes(self._in_pieces(parsed, self._answer(parsed)))
        except ChipError:
            return bytes(Response(b"", Status.WRONG_LENGTH))

    def _in_pieces(self, command: Command, reply: Response) -> Response:
        """Keep the data beyond Le for GET RESPONSE (ISO/IEC 7816-4 §5.3.4)."""
        wanted = min(command.le or 0, self._behaviour.quirks.reply_piece or EXTENDED_LE)
        if len(reply.data) <= wanted:
            return reply
        self._rest = replace(reply, data=reply.data[wanted:])
        left = len(self._rest.data)
        return Response(reply.data[:wanted], _MORE | (left if left < SHORT_LE else 0))

    def _answer(self, command: Command) -> Response:
        rest, self._rest = self._rest, _NOTHING
        quirks = self._behaviour.quirks
        if command.ins == _GET_RESPONSE and rest.data:
            return rest
        if command.extended and self._is_short and quirks.long_command != "counted":
            if quirks.long_command == "ends_session" and self._session is not None:
                self._drop_session()
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
        reply = self._perform(plain)
        quirks = self._behaviour.quirks
        if reply.sw in quirks.bare_statuses:
            if quirks.bare_status_ends_session:
                self._drop_session()
            return Response(b"", reply.sw)
        longest = EXTENDED_LE if quirks.reply_piece else command.le or 0
        if session.protected_length(len(reply.data)) > longest:
            reply = Response(b"", Status.WRONG_LENGTH)
        protected = session.protect_response(reply, plain.ins)
        self._adopt_keys()
        if self._behaviour.session_ends:
            self._behaviour.session_ends = False
            self._drop_session()
        return protected

    def _perform(self, command: Command) -> Response:
        if command.le is not None and command.le > self._personalisation.max_response:
            return Response(b"", Status.WRONG_LENGTH)
        odd = self._behaviour.instead(command, in_application=self._files.in_application)
        if odd is not None:
            return odd
        try:
            reply = self._dispatch_whole(command)
        except Refusal as refusal:
            reply = Response(b"", refusal.status)
        except MalformedFile:
            reply = Response(b"", Status.WRONG_DATA)
        return self._behaviour.altered(command, reply)

    def _dispatch_whole(self, command: Command) -> Response:
        """Collect the pieces of a chained command; PACE chains its steps the same way (§9.3.2)."""
        gathered = self._chain if self._chain.header[1:] == command.header[1:] else command
        self._chain = _NO_CHAIN
        if gathered is not command:
            gathered = replace(command, data=gathered.data + command.data)
        is_step = command.ins == 0x86 and not self._chip_auth.running
        if is_step or not command.cla & _CHAINING:
            return self._dispatch(gathered)
        if len(gathered.data) > _LONGEST_CHAIN:
            raise Refusal(Status.WRONG_LENGTH)
        self._chain = gathered
        return Response(b"", Status.OK)

    def _dispatch(self, command: Command) -> Response:
        handlers: dict[int, Callable[[Command], Response]] = {
            0x22: self._manage_security_environment,
            0x2A: self._perform_security_operation,
            0x82: self._external_authenticate,
            0x84: self._get_challenge,
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

    def _get_challenge(self, command: Command) -> Response:
        if self._terminal_auth.running:
            return self._terminal_auth.get_challenge(command)
        return self._bac.get_challenge(command)

    def _external_authenticate(self, command: Command) -> Response:
        if self._terminal_auth.running:
            self._files.grant(self._terminal_auth.authenticate(command))
            return Response(b"", Status.OK)
        reply = self._agreed(self._bac.authenticate(command))
        self._name = chip_name.after_bac(AccessKey.of_mrz(self._personalisation.mrz_information))
        return reply

    def _perform_security_operation(self, command: Command) -> Response:
        if (command.p1, command.p2) != (0x00, 0xBE):
            raise Refusal(Status.WRONG_PARAMETERS)
        self._files.require_right()
        reply = self._terminal_auth.verify_certificate(command)
        self._publish_trust_points()
        return reply

    def _publish_trust_points(self) -> None:
        """Update EF.CVCA, unless the chip was personalised with its own."""
        own = ElementaryFile.CVCA in self._personalisation.files
        if self._memory.trust_points and not own:
            self._files.update(ElementaryFile.CVCA, self._memory.ef_cvca())

    def _manage_security_environment(self, command: Command) -> Response:
        if (command.p1, command.p2) == (0xC1, 0xA4):
            reply = self._pace.select(command)
            self._overheard.note(command, reply)
            return reply
        self._files.require_right()
        self._pace.abandon()
        match command.p1, command.p2:
            case 0x41, 0xA4:
                return self._chip_auth.select(command)
            case 0x41, 0xA6:
                return self._proven(self._chip_auth.set_key_agreement(command))
            case 0x81, 0xB6:
                return self._terminal_auth.select_issuer(command)
            case 0x81, 0xA4:
                return self._terminal_auth.select_terminal(command)
            case _:
                raise Refusal(Status.WRONG_PARAMETERS)

    def _general_authenticate(self, command: Command) -> Response:
        if not self._pace.running:
            return self._proven(self._chip_auth.authenticate(command))
        reply = self._agreed(self._pace.step(command))
        self._overheard.note(command, reply)
        self._name = self._overheard.chip
        self._terminal_auth.begin(self._name, self._overheard.terminal)
        return reply

    def _proven(self, outcome: tuple[Response, SessionKeys]) -> Response:
        """Begin a session in which the ephemeral key identifies the terminal."""
        reply = self._agreed(outcome)
        self._files.grant(0)
        self._terminal_auth.begin(self._name, self._chip_auth.terminal_key)
        return reply

    def _agreed(self, outcome: tuple[Response, SessionKeys | None]) -> Response:
        """Keep the new keys until the reply of the present step is sent."""
        reply, self._next_keys = outcome
        return reply

    def _adopt_keys(self) -> None:
        """Start the new session; the reply before this belonged to the old one."""
        if self._next_keys is not None:
            self._session = SecureSession(self._next_keys)
            self._next_keys = None
            self._files.unlock()

    def _drop_session(self) -> None:
        self._session = None
        self._files.lock()
        self._terminal_auth.begin(b"", b"")

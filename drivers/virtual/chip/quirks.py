"""Deviations of issued chips from the standard, each with a name."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from drivers.virtual.chip.status import Status
from edge.emrtd import pace, tlv
from edge.emrtd.apdu import SHORT_LE, Command, Response
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile

_MSE, _GENERAL_AUTHENTICATE, _INTERNAL_AUTHENTICATE = 0x22, 0x86, 0x88
_EXTERNAL_AUTHENTICATE, _GET_CHALLENGE = 0x82, 0x84
_SELECT, _READ = 0xA4, 0xB0
_CHAINING = 0x10
_INVALIDATED, _LAST_OF_CHAIN_EXPECTED, _EXACT_LENGTH = 0x6283, 0x6883, 0x6C00


class Quirks(BaseModel):
    """`[quirks]` of `chip.toml`; by default there is none.  Numbers are status words."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    wakes_up_in_application: bool = False
    """The eMRTD application is selected at power-up, in place of the master file."""
    master_file_by_identifier: int | None = None
    """SELECT 3F00 is refused (NZ 6982, CN 6A81, AU 6A86, UA 6A87)."""
    master_file_without_data: Literal["obeyed", "refused", "ignored"] = "obeyed"
    """SELECT without data; `ignored`: the answer is 9000, and nothing happens."""
    le_in_select_refused: bool = False
    """SELECT and MSE with an Le are refused (DE)."""
    card_access_invalidated: bool = False
    """6283 says that there is no EF.CardAccess (MY)."""
    dir_status: int | None = None
    """EF.DIR cannot be read (US)."""
    bac_needs_application: bool = False
    """BAC is refused unless the application was selected last."""
    short_identifiers: Literal["all", "application", "none"] = "all"
    """Where READ BINARY by short file identifier works (application: GB)."""
    pace_needs_parameter_id: bool = False
    """MSE:Set AT without DO'84' is refused (UA)."""
    pace_token_status: int | None = None
    """PACE ends with this at its last step, with any key (GR, HU)."""
    pace_failure_leaves_chain_open: bool = False
    """After a failed PACE only the last command of the chain is processed."""
    wrong_key_status: int | None = None
    """The answer to a wrong key (63Cx, 6985, 6988)."""
    external_authenticate_le: int | None = None
    """The only Le that EXTERNAL AUTHENTICATE accepts."""
    long_command: Literal["uncounted", "counted", "ends_session"] = "uncounted"
    """How a chip with 256 bytes refuses extended length: in clear without counting the command
    (CN), in the session, or by ending the session."""
    stray_padding: str = Field(default="", pattern=r"^([0-9A-F]{2})*$")
    """Bytes after the content, with 6282 (SI)."""
    keeps_room_for_padding: bool = False
    """A piece that would fill its cipher blocks is one byte shorter."""
    reply_piece: int | None = Field(default=None, ge=1)
    """Bytes of the first part of a reply; GET RESPONSE in clear fetches the rest."""
    exact_length: bool = False
    """6Cxx when the Le is larger than the content."""
    past_the_end_status: int | None = None
    """Refuses an Le larger than the content."""
    largest_read: int | None = Field(default=None, ge=8)
    """Most bytes of content (ES 160); the status above it is the next quirk."""
    largest_read_status: int = 0x6700
    """6700, 6B00, 6282 or 9000 without data."""
    active_auth_cut_at: int | None = None
    """With a short Le, only so many bytes of the signature, and 9000 (AU)."""
    active_auth_empty_when_long: bool = False
    """With an extended Le, 9000 without data (CN)."""
    active_auth_in_der: bool = False
    """ECDSA answers in DER instead of plain (PT)."""
    active_auth_after_chip_auth: int | None = None
    """Active authentication is refused after chip authentication (NO 6F00)."""
    chip_auth_status: int | None = None
    """Chip authentication is refused, and the session ends."""
    bare_statuses: tuple[int, ...] = ()
    """Status words that are sent without secure messaging."""
    bare_status_ends_session: bool = False
    """After such a status word the session has ended."""


NO_QUIRKS: Final = Quirks()


class Behaviour:
    """Applies the quirks of one chip, between two resets."""

    def __init__(self, quirks: Quirks) -> None:
        self.quirks = quirks
        self.session_ends = False
        """Whether the session ends after this reply."""
        self._chain_is_open = False
        self._proves_chip = False
        self._chip_is_proven = False

    def instead(self, command: Command, *, in_application: bool) -> Response | None:
        """The reply instead of the standard one; None when no quirk applies."""
        for status in (
            self._chain(command),
            self._selection(command, in_application),
            self._reading(command, in_application),
            self._access(command, in_application),
            self._authentication(command),
        ):
            if status is not None:
                return Response(b"", status)
        return None

    def altered(self, command: Command, reply: Response) -> Response:
        """The reply with the quirks of this chip."""
        match command.ins:
            case 0xB0:
                return self._read(command, reply)
            case 0x82 | 0x86 if reply.sw == Status.AUTHENTICATION_FAILED:
                self._chain_is_open = self.quirks.pace_failure_leaves_chain_open
                return Response(b"", self.quirks.wrong_key_status or reply.sw)
            case 0x88:
                return self._signed(command, reply)
            case 0x22 | 0x86 if reply.sw == Status.OK:
                self._note_chip_authentication(command)
        return reply

    def _chain(self, command: Command) -> int | None:
        if not self._chain_is_open:
            return None
        ends = command.ins == _GENERAL_AUTHENTICATE and not command.cla & _CHAINING
        self._chain_is_open = not ends
        return Status.CONDITIONS_NOT_SATISFIED if ends else _LAST_OF_CHAIN_EXPECTED

    def _selection(self, command: Command, in_application: bool) -> int | None:
        if command.ins not in {_SELECT, _MSE}:
            return None
        if self.quirks.le_in_select_refused and command.le is not None:
            return Status.WRONG_LENGTH
        if command.ins == _SELECT and command.p1 == 0x00:
            if command.data:
                return self.quirks.master_file_by_identifier
            statuses = {"refused": Status.WRONG_PARAMETERS, "ignored": Status.OK}
            return statuses.get(self.quirks.master_file_without_data)
        named = int.from_bytes(command.data, "big") if command.p1 == 0x02 else 0
        return self._status_of(named, in_application) if command.ins == _SELECT else None

    def _reading(self, command: Command, in_application: bool) -> int | None:
        if command.ins != _READ or not command.p1 & 0x80:
            return None
        works = {"all": True, "application": in_application, "none": False}
        if not works[self.quirks.short_identifiers]:
            return Status.WRONG_PARAMETERS
        identifier = command.p1 & 0x1F
        found = [file for file in ElementaryFile if file.sfi == identifier]
        named = next((file.fid for file in found if file.in_application == in_application), 0)
        return self._status_of(named, in_application)

    def _status_of(self, fid: int, in_application: bool) -> int | None:
        if in_application:
            return None
        if fid == ElementaryFile.CARD_ACCESS.fid and self.quirks.card_access_invalidated:
            return _INVALIDATED
        return self.quirks.dir_status if fid == ElementaryFile.DIR.fid else None

    def _access(self, command: Command, in_application: bool) -> int | None:
        only = self.quirks.external_authenticate_le
        match command.ins:
            case 0x82 | 0x84 if self.quirks.bac_needs_application and not in_application:
                return Status.CONDITIONS_NOT_SATISFIED
            case 0x82 if only not in (None, command.le):
                return Status.WRONG_LENGTH
            case 0x22 if command.p1 == 0xC1 and self.quirks.pace_needs_parameter_id:
                return None if pace.DOMAIN in _tags(command.data) else 0x6A87
            case 0x86 if pace.TOKEN_TERMINAL in _inner_tags(command.data):
                self._chain_is_open = self.quirks.pace_failure_leaves_chain_open and (
                    self.quirks.pace_token_status is not None
                )
                return self.quirks.pace_token_status
            case _:
                return None

    def _authentication(self, command: Command) -> int | None:
        if command.ins == _MSE and command.p1 == 0x41 and self.quirks.chip_auth_status is not None:
            self.session_ends = True
            return self.quirks.chip_auth_status
        if command.ins == _INTERNAL_AUTHENTICATE and self._chip_is_proven:
            return self.quirks.active_auth_after_chip_auth
        return None

    def _read(self, command: Command, reply: Response) -> Response:
        quirks, asked = self.quirks, command.le or 0
        if quirks.largest_read is not None and asked > quirks.largest_read:
            return Response(b"", quirks.largest_read_status)
        if reply.sw == Status.END_OF_FILE and reply.data:
            if quirks.past_the_end_status is not None:
                return Response(b"", quirks.past_the_end_status)
            if quirks.exact_length and len(reply.data) <= SHORT_LE:
                return Response(b"", _EXACT_LENGTH | len(reply.data) % SHORT_LE)
        if quirks.stray_padding and reply.data:
            return Response(reply.data + bytes.fromhex(quirks.stray_padding), Status.END_OF_FILE)
        if quirks.keeps_room_for_padding and len(reply.data) > 1 and len(reply.data) % 8 == 0:
            return Response(reply.data[:-1], reply.sw)
        return reply

    def _signed(self, command: Command, reply: Response) -> Response:
        if (command.le or 0) > SHORT_LE:
            return Response(b"", reply.sw) if self.quirks.active_auth_empty_when_long else reply
        return Response(reply.data[: self.quirks.active_auth_cut_at], reply.sw)

    def _note_chip_authentication(self, command: Command) -> None:
        if command.ins == _MSE:
            self._chip_is_proven &= command.p1 != 0xC1
            self._proves_chip = command.p1 == 0x41
            self._chip_is_proven |= (command.p1, command.p2) == (0x41, 0xA6)
        else:
            self._chip_is_proven |= self._proves_chip


def _tags(data: bytes) -> set[int]:
    try:
        return {each.tag for each in tlv.read_all(data)}
    except MalformedFile:
        return set()


def _inner_tags(data: bytes) -> set[int]:
    try:
        return {each.tag for each in tlv.read_one(data, pace.DYNAMIC_DATA).children()}
    except MalformedFile:
        return set()

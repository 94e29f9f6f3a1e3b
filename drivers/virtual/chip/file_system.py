"""Files of a virtual chip: SELECT, READ BINARY and their access conditions (Doc 9303-10 §3.6)."""

from __future__ import annotations

from collections.abc import Callable

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.quirks import Quirk
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.commands import DISCRETIONARY_DO, EMRTD_APPLICATION, OFFSET_DO
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile

_LARGEST_READ = 160
_FREE = (ElementaryFile.CARD_ACCESS, ElementaryFile.ATR_INFO, ElementaryFile.DIR)


class FileSystem:
    """The master file and the eMRTD application below it."""

    def __init__(self, personalisation: Personalisation) -> None:
        self._contents = personalisation.files
        self._needs_key = personalisation.needs_key
        self._quirks = personalisation.quirks
        self._unlocked = False
        self._in_application = False
        self._current: ElementaryFile | None = None

    def unlock(self) -> None:
        """Grant the rights of a successful BAC or PACE."""
        self._unlocked = True

    def lock(self) -> None:
        """Withdraw them."""
        self._unlocked = False
        self._current = None

    def require_right(self) -> None:
        """Refuse unless the files are open."""
        if self._needs_key and not self._unlocked:
            raise Refusal(Status.SECURITY_NOT_SATISFIED)

    def select(self, command: Command) -> Response:
        """SELECT master file, application or elementary file."""
        if command.le is not None and Quirk.NO_LE_ON_SELECT in self._quirks:
            raise Refusal(Status.WRONG_LENGTH)
        match command.p1, command.data:
            case 0x00, b"" | b"\x3f\x00":
                self._enter(application=False)
                if Quirk.MASTER_FILE_REFUSED in self._quirks:
                    raise Refusal(Status.WRONG_PARAMETERS)
            case 0x04, data if data == EMRTD_APPLICATION:
                self._enter(application=True)
            case 0x02, data if len(data) == 2:
                fid = int.from_bytes(data, "big")
                self._current = self._select(fid)
            case ((0x00 | 0x02 | 0x04), _):
                raise Refusal(Status.FILE_NOT_FOUND)
            case _:
                raise Refusal(Status.WRONG_PARAMETERS)
        return Response(b"", Status.OK)

    def read(self, command: Command) -> Response:
        """READ BINARY from the selected file, or from one named by its short identifier."""
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if Quirk.NO_SHORT_IDENTIFIERS in self._quirks:
                raise Refusal(Status.WRONG_PARAMETERS)
            sfi = command.p1 & 0x1F
            self._current = self._find(lambda file: file.sfi == sfi)
            offset = command.p2
        return self._read(offset, command.le)

    def read_at_offset(self, command: Command) -> Response:
        """READ BINARY, odd instruction: the offset in DO'54' and the reply in DO'53'."""
        try:
            offset = int.from_bytes(tlv.read_one(command.data, OFFSET_DO).value, "big")
        except MalformedFile as error:
            raise Refusal(Status.WRONG_DATA) from error
        if command.le is None:
            raise Refusal(Status.WRONG_LENGTH)
        reply = self._read(offset, _content_length(command.le))
        return Response(tlv.encode(DISCRETIONARY_DO, reply.data), reply.sw)

    def _read(self, offset: int, length: int | None) -> Response:
        if length is None:
            raise Refusal(Status.WRONG_LENGTH)
        if self._current is None:
            raise Refusal(Status.NO_CURRENT_FILE)
        if length > _LARGEST_READ and Quirk.READS_OF_160 in self._quirks:
            raise Refusal(Status.WRONG_LENGTH)
        self._require_right(self._current)
        content = self._contents[self._current]
        if offset > len(content):
            raise Refusal(Status.WRONG_OFFSET)
        data = content[offset : offset + length]
        return Response(data, Status.OK if len(data) == length else Status.END_OF_FILE)

    def _enter(self, *, application: bool) -> None:
        self._in_application = application
        self._current = None

    def _select(self, fid: int) -> ElementaryFile:
        try:
            return self._find(lambda file: file.fid == fid)
        except Refusal as refusal:
            absent = fid == ElementaryFile.CARD_ACCESS.fid and not self._in_application
            if absent and Quirk.CARD_ACCESS_INVALIDATED in self._quirks:
                raise Refusal(Status.FILE_INVALIDATED) from refusal
            raise

    def _find(self, wanted: Callable[[ElementaryFile], bool]) -> ElementaryFile:
        for file in self._contents:
            if file.in_application == self._in_application and wanted(file):
                self._require_right(file)
                return file
        raise Refusal(Status.FILE_NOT_FOUND)

    def _require_right(self, file: ElementaryFile) -> None:
        if file not in _FREE:
            self.require_right()


def _content_length(length: int) -> int:
    """How much content fits a data object of `length` bytes with a one-byte tag."""
    header = 2 if length < 0x82 else 3 if length < 0x103 else 4
    return max(length - header, 0)

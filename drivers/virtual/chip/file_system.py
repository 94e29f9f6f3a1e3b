"""Files of a virtual chip: SELECT, READ BINARY and their access conditions (Doc 9303-10 §3.6)."""

from __future__ import annotations

from collections.abc import Callable

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import cv_certificate, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.commands import DISCRETIONARY_DO, EMRTD_APPLICATION, OFFSET_DO
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile

_GUARDED = {
    ElementaryFile.DG3: cv_certificate.READ_DG3,
    ElementaryFile.DG4: cv_certificate.READ_DG4,
}
"""Files that a chip with terminal authentication gives only to terminals with the right."""

_FREE = (ElementaryFile.CARD_ACCESS, ElementaryFile.ATR_INFO, ElementaryFile.DIR)


class FileSystem:
    """The master file and the eMRTD application below it."""

    def __init__(self, personalisation: Personalisation) -> None:
        self._contents = dict(personalisation.files)
        self._guards = bool(personalisation.trust_points)
        self._rights = 0
        self._needs_key = personalisation.needs_key
        self._unlocked = False
        self._in_application = personalisation.quirks.wakes_up_in_application
        self._current: ElementaryFile | None = None

    @property
    def in_application(self) -> bool:
        """Whether the eMRTD application is selected."""
        return self._in_application

    def unlock(self) -> None:
        """Grant the rights of a successful BAC or PACE."""
        self._unlocked = True

    def grant(self, rights: int) -> None:
        """Grant the rights of an authenticated terminal, in place of earlier rights."""
        self._rights = rights

    def update(self, file: ElementaryFile, content: bytes) -> None:
        """Replace the content of a file, as the chip itself does with EF.CVCA."""
        self._contents[file] = content

    def lock(self) -> None:
        """Withdraw all rights."""
        self._unlocked = False
        self._rights = 0
        self._current = None

    def require_right(self) -> None:
        """Refuse unless the files are open."""
        if self._needs_key and not self._unlocked:
            raise Refusal(Status.SECURITY_NOT_SATISFIED)

    def select(self, command: Command) -> Response:
        """SELECT master file, application or elementary file."""
        match command.p1, command.data:
            case 0x00, b"" | b"\x3f\x00":
                self._enter(application=False)
            case 0x04, data if data == EMRTD_APPLICATION:
                self._enter(application=True)
            case 0x02, data if len(data) == 2:
                fid = int.from_bytes(data, "big")
                self._current = self._find(lambda file: file.fid == fid)
            case ((0x00 | 0x02 | 0x04), _):
                raise Refusal(Status.FILE_NOT_FOUND)
            case _:
                raise Refusal(Status.WRONG_PARAMETERS)
        return Response(b"", Status.OK)

    def read(self, command: Command) -> Response:
        """READ BINARY from the selected file, or from one named by its short identifier."""
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
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
        self._require_right(self._current)
        content = self._contents[self._current]
        if offset > len(content):
            raise Refusal(Status.WRONG_OFFSET)
        data = content[offset : offset + length]
        return Response(data, Status.OK if len(data) == length else Status.END_OF_FILE)

    def _enter(self, *, application: bool) -> None:
        self._in_application = application
        self._current = None

    def _find(self, wanted: Callable[[ElementaryFile], bool]) -> ElementaryFile:
        for file in self._contents:
            if file.in_application == self._in_application and wanted(file):
                self._require_right(file)
                return file
        raise Refusal(Status.FILE_NOT_FOUND)

    def _require_right(self, file: ElementaryFile) -> None:
        if file not in _FREE:
            self.require_right()
        right = _GUARDED.get(file, 0) if self._guards else 0
        if right & ~self._rights:
            raise Refusal(Status.SECURITY_NOT_SATISFIED)


def _content_length(length: int) -> int:
    """Bytes of content in a data object of `length` bytes with a one-byte tag."""
    header = 2 if length < 0x82 else 3 if length < 0x103 else 4
    return max(length - header, 0)

"""The files of a chip as people keep them: a folder of many spellings, or one EF.SOD."""

from __future__ import annotations

import re
from pathlib import Path

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile, SettingsError
from edge.files.reading import read_named

LARGEST_DATA_GROUP_BYTES = 4_000_000
_EXTENSION = re.compile(r"\.(bin|der|dat|dump|raw|tlv|hex|txt|ef|cms|p7s|p7b)$")
_DATA_GROUP = re.compile(r"(?:dg|datagroup)0*([1-9][0-9]?)")
_NAMES = {
    "sod": ElementaryFile.SOD,
    "com": ElementaryFile.COM,
    "cardaccess": ElementaryFile.CARD_ACCESS,
    **{
        f"{file.fid:04x}": file
        for file in ElementaryFile
        if file.in_application or file is ElementaryFile.CARD_ACCESS
    },
}
_HEXADECIMAL = re.compile(rb"\A(?:[0-9A-Fa-f]{2}\s*)+\Z")
_SEQUENCE, _SOD = 0x30, 0x77


def read(path: Path) -> dict[ElementaryFile, bytes]:
    """Read the files in a folder, or one file as EF.SOD.

    Raises:
        SettingsError: it cannot be read, holds no EF.SOD, or the same file twice.
    """
    if not path.is_dir():
        return {ElementaryFile.SOD: _content(path, ElementaryFile.SOD)}
    found: dict[ElementaryFile, Path] = {}
    for entry in sorted(path.iterdir()):
        file = recognised(entry.name)
        if file is None or not entry.is_file():
            continue
        if file in found:
            raise SettingsError(f"{path}: both {found[file].name} and {entry.name} are {file.name}")
        found[file] = entry
    if ElementaryFile.SOD not in found:
        raise SettingsError(f"no EF.SOD in {path}; expected EF_SOD.bin, DG1.bin and their like")
    return {file: _content(entry, file) for file, entry in found.items()}


def recognised(name: str) -> ElementaryFile | None:
    """Tell which file of the chip a file name means, in any common spelling; None for others."""
    stem = re.sub(r"[^a-z0-9]", "", _EXTENSION.sub("", name.lower()))
    stem = stem.removeprefix("ef")
    group = _DATA_GROUP.fullmatch(stem)
    if group is None:
        return _NAMES.get(stem)
    return ElementaryFile.of_data_group(int(group[1])) if int(group[1]) <= 16 else None


def _content(path: Path, file: ElementaryFile) -> bytes:
    content = read_named(path, LARGEST_DATA_GROUP_BYTES)
    if _HEXADECIMAL.match(content):
        content = bytes.fromhex(content.decode("ascii"))
    if file is ElementaryFile.SOD and content[:1] == bytes((_SEQUENCE,)):
        return tlv.encode(_SOD, content)  # kept without the tag of the file
    return _as_read(content)


def _as_read(content: bytes) -> bytes:
    """Cut the padding a reader would not have read: a file ends where its tag says."""
    try:
        length = tlv.read_header(content).total_length
    except MalformedFile:
        return content
    is_padding = not content[length:].strip(b"\x00") or not content[length:].strip(b"\xff")
    return content[:length] if is_padding else content

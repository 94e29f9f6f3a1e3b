"""LDIF, as the ICAO PKD delivers it, read as a stream (RFC 2849).

A PKD download is too large for memory: the reader takes lines and gives one record at a time.  It
leaves out and counts a value that cannot be read or that is only a URL; the other values stay.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge.errors import LimitExceeded

LARGEST_RECORD_BYTES = 32_000_000
_MODIFICATIONS = frozenset({"add", "replace", "delete"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value; the name of the attribute is lower case, without options (`;binary`)."""

    name: str
    value: bytes


@dataclass(slots=True)
class Record:
    """One entry; `unreadable` counts the values that were left out."""

    name: str = ""
    attributes: list[Attribute] = field(default_factory=list)
    unreadable: int = 0
    deletes: bool = False
    """Whether a change record removes the entry instead of adding it."""


def records(lines: Iterable[bytes]) -> Iterator[Record]:
    """Read the records of an LDIF file from its lines, with or without their line ends.

    Raises:
        LimitExceeded: a record larger than any is.
    """
    gathered: list[bytes] = []
    for line in _unfolded(lines):
        if line:
            gathered.append(line)
        elif gathered:
            yield from _record(gathered)
            gathered = []
    if gathered:
        yield from _record(gathered)


def _unfolded(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join continuation lines (RFC 2849 note 2) and drop comments; an empty line ends a record."""
    parts: list[bytes] = []
    size = 0
    for raw in lines:
        line = raw.rstrip(b"\r\n")
        size = size + len(line) if line else 0
        if size > LARGEST_RECORD_BYTES:
            raise LimitExceeded("an LDIF record larger than any is")
        if line[:1] in {b" ", b"\t"} and parts:
            parts.append(line[1:])
            continue
        if parts and not parts[0].startswith(b"#"):
            yield b"".join(parts)
        parts = [line] if line else []
        if not line:
            yield b""
    if parts and not parts[0].startswith(b"#"):
        yield b"".join(parts)


def _record(lines: list[bytes]) -> Iterator[Record]:
    record = Record()
    brings = True
    for line in lines:
        if line == b"-":  # the end of one modification
            brings = True
            continue
        name, colon, rest = line.partition(b":")
        value = _value(rest) if colon else None
        if value is None:
            record.unreadable += 1
            continue
        key = name.decode("ascii", "replace").split(";")[0].strip().lower()
        if key in _MODIFICATIONS:
            brings = key != "delete"
        elif brings:
            _note(record, key, value)
    if record.name or record.attributes:
        yield record


def _note(record: Record, key: str, value: bytes) -> None:
    match key:
        case "dn":
            record.name = value.decode("utf-8", "replace")
        case "changetype":
            record.deletes = value.strip().lower() == b"delete"
        case "version":
            pass
        case _:
            record.attributes.append(Attribute(key, value))


def _value(rest: bytes) -> bytes | None:
    """The value behind the first colon of a line; None when it cannot be read here."""
    if rest.startswith(b"<"):
        return None
    if not rest.startswith(b":"):
        return rest.strip()
    try:
        return base64.b64decode(b"".join(rest[1:].split()), validate=True)
    except binascii.Error:
        return None

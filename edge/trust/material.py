"""Recognises trust material by its bytes: certificates, revocation, master and deviation lists.

Files have any name, and are DER, PEM, bare base64, PKCS#7 bundles or LDIF.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from asn1crypto import parser

from edge.emrtd import der
from edge.errors import MalformedFile
from edge.trust import deviation_list, ldif, master_list, signed_data
from edge.trust.signatures import UNREADABLE

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_PEM_LABELS = frozenset(
    {
        b"CERTIFICATE",
        b"X509 CERTIFICATE",
        b"TRUSTED CERTIFICATE",
        b"X509 CRL",
        b"CRL",
        b"PKCS7",
        b"CMS",
    }
)
_LDIF = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:#[^\n]*\s+|version:[^\n]*\s+)*dn::?", re.IGNORECASE)
_TIMES = frozenset({0x17, 0x18})
_TELLING_TAGS = 6
_BASE64 = re.compile(rb"\A[A-Za-z0-9+/=\s]+\Z")


MOST_ELEMENTS = 10_000
_PADDING = b"\x00\r\n\t "


class Kind(StrEnum):
    """The kind of a piece of trust material."""

    CERTIFICATE = "certificate"
    MASTER_LIST = "master list"
    DEVIATION_LIST = "deviation list"
    REVOCATION_LIST = "revocation list"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """One piece; nothing in it is verified."""

    kind: Kind
    data: bytes
    source: str
    """The name of its file, for people."""
    is_signer: bool = False
    """Its file says document signer: it never becomes an anchor."""
    publisher: str = ""
    """The state whose master list holds it; empty when it came by itself."""
    imported: str = ""
    """The time of an earlier intake that took it, ISO 8601; empty for a new piece."""
    note: str = ""
    """Why it cannot be used, if that is already known."""


def is_ldif(start: bytes) -> bool:
    """Whether a file that starts like this is LDIF."""
    return _LDIF.match(start) is not None


def pieces(data: bytes, source: str) -> list[Piece]:
    """Split a file that is not LDIF into pieces; material of another sort is of unknown kind."""
    if b"-----BEGIN" in data[:65_536]:
        return _pem(data, source) or [_unknown(data, source, "a PEM file without a certificate")]
    if not data.startswith(b"\x30") and _BASE64.match(data):
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            return [_unknown(data, source, "neither DER, PEM nor LDIF")]
    return _der(data, source)


def pieces_of_ldif(lines: Iterable[bytes], source: str) -> Iterator[Piece]:
    """Split an LDIF file into pieces, record by record; LimitExceeded."""
    for record in ldif.records(lines):
        if record.unreadable:
            yield _unknown(b"", source, "an LDIF value that cannot be read")
        if record.deletes:
            continue
        for attribute in record.attributes:
            yield from _attribute(attribute, record.name, source)


def _attribute(attribute: ldif.Attribute, entry: str, source: str) -> Iterator[Piece]:
    """The content decides the kind; the name of the attribute can only forbid an anchor."""
    if not attribute.value.startswith(b"\x30"):
        return
    is_signer = attribute.name == "usercertificate" and "o=csca" not in entry.lower()
    for piece in _der(attribute.value, source):
        known = piece.kind is not Kind.UNKNOWN
        if known or attribute.name.endswith(("certificate", "list", "content", "data")):
            yield Piece(piece.kind, piece.data, source, is_signer=is_signer, note=piece.note)


def _pem(data: bytes, source: str) -> list[Piece]:
    found: list[Piece] = []
    for label, body in _PEM.findall(data):
        if label not in _PEM_LABELS:
            continue
        text = re.sub(rb"(?m)^[A-Za-z-]+:.*$", b"", body)  # headers, as RFC 1421 has them
        try:
            encoded = base64.b64decode(b"".join(text.split()), validate=True)
        except binascii.Error:
            found.append(_unknown(body, source, "a PEM block that cannot be read"))
            continue
        found += _der(encoded, source)
    return found


def _der(data: bytes, source: str) -> list[Piece]:
    """Split elements that lie one behind the other; padding behind the last does not count."""
    found: list[Piece] = []
    while len(found) < MOST_ELEMENTS:
        try:
            length = parser.peek(data)
        except ValueError:
            return [*found, _unknown(data, source, "neither DER, PEM nor LDIF")]
        found += _element(data[:length], source)
        data = data[length:].lstrip(_PADDING)
        if not data:
            return found
    return [*found, _unknown(data, source, "more than a file holds")]


def _element(data: bytes, source: str) -> list[Piece]:
    try:
        kind = _kind(data)
        if kind is Kind.UNKNOWN:
            return [Piece(Kind.CERTIFICATE, each, source) for each in _bundle(data)]
    except MalformedFile as error:
        return [_unknown(data, source, str(error))]
    return [Piece(kind, data, source)]


def _kind(data: bytes) -> Kind:
    """The kind by structure; UNKNOWN for signed data that may be a bundle of certificates."""
    first = _first_tags(data)
    if first[:1] == [der.OID]:
        content_type = signed_data.content_type_of(data)
        if content_type == master_list.CONTENT_TYPE:
            return Kind.MASTER_LIST
        if content_type == deviation_list.CONTENT_TYPE:
            return Kind.DEVIATION_LIST
        return Kind.UNKNOWN
    if first != [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
        raise MalformedFile("neither a certificate nor a list")
    # A revocation list has a time of its own; a certificate has two, in its validity.
    has_time = not _TIMES.isdisjoint(_first_tags(parser.parse(data)[4]))
    return Kind.REVOCATION_LIST if has_time else Kind.CERTIFICATE


def _first_tags(data: bytes) -> list[int]:
    """The tags of the first elements within the outermost one, in BER of any length form."""
    tags: list[int] = []
    try:
        content = parser.parse(data)[4]
        while content and len(tags) < _TELLING_TAGS:
            tags.append(content[0])
            content = content[parser.peek(content) :]
    except UNREADABLE as error:
        raise MalformedFile("neither DER, PEM nor LDIF") from error
    return tags


def _bundle(data: bytes) -> list[bytes]:
    found = signed_data.certificates_of(data)
    if not found:
        raise MalformedFile("signed data that is neither a master list nor a deviation list")
    return found


def _unknown(data: bytes, source: str, why: str) -> Piece:
    return Piece(Kind.UNKNOWN, data, source, note=why)

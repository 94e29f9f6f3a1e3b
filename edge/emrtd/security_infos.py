"""SecurityInfos: the protocols of the chip, in EF.CardAccess and DG14 (ICAO Doc 9303-11 §9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from edge.emrtd import der, tlv
from edge.errors import MalformedFile

PACE: Final = "0.4.0.127.0.7.2.2.4"
CHIP_AUTHENTICATION: Final = "0.4.0.127.0.7.2.2.3"
TERMINAL_AUTHENTICATION: Final = "0.4.0.127.0.7.2.2.2"
PUBLIC_KEY: Final = "0.4.0.127.0.7.2.2.1"
ACTIVE_AUTHENTICATION: Final = "2.23.136.1.1.5"

MOST_INFOS: Final = 64


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """PACEInfo (§9.2.1); `parameter_id` None: a PACEDomainParameterInfo gives the parameters."""

    protocol: str
    version: int = 2
    parameter_id: int | None = None


@dataclass(frozen=True, slots=True)
class PaceDomainParameterInfo:
    """PACEDomainParameterInfo (§9.2.2); `parameters` is an AlgorithmIdentifier."""

    protocol: str
    parameters: bytes
    parameter_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """ChipAuthenticationInfo (§9.2.5)."""

    protocol: str
    version: int = 1
    key_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationPublicKeyInfo:
    """ChipAuthenticationPublicKeyInfo (§9.2.6); `public_key` is a SubjectPublicKeyInfo."""

    protocol: str
    public_key: bytes
    key_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileId:
    """FileID (Appendix K.2): file identifier, and the short one if there is one."""

    fid: int
    sfi: int | None = None


@dataclass(frozen=True, slots=True)
class TerminalAuthenticationInfo:
    """TerminalAuthenticationInfo (§9.2.8, Appendix K.2); `ef_cvca` only for an unusual file."""

    version: int = 1
    ef_cvca: FileId | None = None

    @property
    def protocol(self) -> str:
        """The general protocol; it does not name the algorithm."""
        return TERMINAL_AUTHENTICATION


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationInfo:
    """ActiveAuthenticationInfo (§9.2.4): the signature algorithm of an ECDSA key."""

    signature_algorithm: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class OtherInfo:
    """An unknown protocol, or an entry that breaks its specification."""

    protocol: str


SecurityInfo: TypeAlias = (
    PaceInfo
    | PaceDomainParameterInfo
    | ChipAuthenticationInfo
    | ChipAuthenticationPublicKeyInfo
    | TerminalAuthenticationInfo
    | ActiveAuthenticationInfo
    | OtherInfo
)


def parse(content: bytes) -> tuple[SecurityInfo, ...]:
    """Read a SET OF SecurityInfo; MalformedFile.

    Bytes behind the SET are ignored: EF.CardAccess may be padded to the size of its file.
    """
    header = tlv.read_header(content)
    entries = tlv.read_one(content[: header.total_length], der.SET).children()
    if len(entries) > MOST_INFOS:
        raise MalformedFile("more SecurityInfos than any chip has protocols")
    return tuple(_parse_info(entry) for entry in entries)


def encode(infos: Iterable[SecurityInfo]) -> bytes:
    """Write a SET OF SecurityInfo in DER; OtherInfo as its protocol with version 1."""
    return tlv.encode(der.SET, *sorted(map(_encode_info, infos)))


def about_pace(infos: Iterable[SecurityInfo]) -> frozenset[SecurityInfo]:
    """Return the entries of PACE, also those that the gate cannot use."""
    return frozenset(
        info
        for info in infos
        if not isinstance(info, ActiveAuthenticationInfo) and info.protocol.startswith(PACE + ".")
    )


def offers_pace(infos: Iterable[SecurityInfo]) -> bool:
    """Whether an entry belongs to PACE, also one that the gate cannot use."""
    return bool(about_pace(infos))


def _parse_info(entry: tlv.Tlv) -> SecurityInfo:
    if entry.tag != der.SEQUENCE:
        raise MalformedFile("a SecurityInfo that is no sequence")
    fields = entry.children()
    protocol = der.decode_oid(tlv.only(fields[:1], der.OID))
    try:
        return _known(protocol, fields[1:])
    except MalformedFile:
        return OtherInfo(protocol)  # issued chips have entries that break the specification


def _known(protocol: str, fields: tuple[tlv.Tlv, ...]) -> SecurityInfo:
    arc = protocol.rpartition(".")[0]
    arcs = arc.rpartition(".")[0]
    match fields:
        case (tlv.Tlv(tag=der.INTEGER) as version, *rest) if arcs in {PACE, CHIP_AUTHENTICATION}:
            kind = PaceInfo if arcs == PACE else ChipAuthenticationInfo
            return kind(protocol, _number(version), _optional_number(rest))
        case (tlv.Tlv(tag=der.SEQUENCE, value=parameters), *rest) if arc == PACE:
            identifier = tlv.encode(der.SEQUENCE, parameters)
            return PaceDomainParameterInfo(protocol, identifier, _optional_number(rest))
        case (tlv.Tlv(tag=der.SEQUENCE, value=key), *rest) if arc == PUBLIC_KEY:
            public_key = tlv.encode(der.SEQUENCE, key)
            return ChipAuthenticationPublicKeyInfo(protocol, public_key, _optional_number(rest))
        case (tlv.Tlv(tag=der.INTEGER) as version, *rest) if protocol == TERMINAL_AUTHENTICATION:
            return TerminalAuthenticationInfo(_number(version), _optional_file(rest))
        case (version, tlv.Tlv(tag=der.OID, value=oid)) if protocol == ACTIVE_AUTHENTICATION:
            return ActiveAuthenticationInfo(der.decode_oid(oid), _number(version))
        case _:
            return OtherInfo(protocol)


def _number(field: tlv.Tlv) -> int:
    return der.decode_integer(tlv.only((field,), der.INTEGER))


def _optional_number(fields: list[tlv.Tlv]) -> int | None:
    return der.decode_integer(tlv.only(tuple(fields), der.INTEGER)) if fields else None


def _optional_file(fields: list[tlv.Tlv]) -> FileId | None:
    if not fields:
        return None
    fid, *sfi = tlv.Tlv(der.SEQUENCE, tlv.only(tuple(fields), der.SEQUENCE)).children()
    numbers = [int.from_bytes(tlv.only((each,), der.OCTET_STRING), "big") for each in (fid, *sfi)]
    if len(numbers) > 2 or numbers[0] > 0xFFFF or max(numbers[1:], default=0) > 0x1F:
        raise MalformedFile("a file identifier of impossible length")
    return FileId(*numbers)


def _encode_info(info: SecurityInfo) -> bytes:
    match info:
        case PaceInfo() | ChipAuthenticationInfo():
            number = info.parameter_id if isinstance(info, PaceInfo) else info.key_id
            return _entry(info.protocol, der.encode_integer(info.version), _encode_optional(number))
        case PaceDomainParameterInfo(protocol, parameters, number):
            return _entry(protocol, parameters, _encode_optional(number))
        case ChipAuthenticationPublicKeyInfo(protocol, public_key, number):
            return _entry(protocol, public_key, _encode_optional(number))
        case TerminalAuthenticationInfo(version, file):
            return _entry(info.protocol, der.encode_integer(version), _encode_file(file))
        case ActiveAuthenticationInfo(algorithm, version):
            number_and_oid = der.encode_integer(version) + der.encode_oid(algorithm)
            return _entry(ACTIVE_AUTHENTICATION, number_and_oid)
        case OtherInfo(protocol):
            return _entry(protocol, der.encode_integer(1))
        case _:
            assert_never(info)


def _entry(protocol: str, *fields: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, der.encode_oid(protocol), *fields)


def _encode_file(file: FileId | None) -> bytes:
    if file is None:
        return b""
    parts = [tlv.encode(der.OCTET_STRING, file.fid.to_bytes(2, "big"))]
    if file.sfi is not None:
        parts.append(tlv.encode(der.OCTET_STRING, bytes((file.sfi,))))
    return tlv.encode(der.SEQUENCE, *parts)


def _encode_optional(number: int | None) -> bytes:
    return b"" if number is None else der.encode_integer(number)

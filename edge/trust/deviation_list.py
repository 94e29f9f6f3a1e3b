"""Deviation lists: faults that states know in documents they issued (Doc 9303-12 §10)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import x509

from edge.checks import Check, CheckId, Result
from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.mrz import MachineReadableZone
from edge.trust import countries, names, signed_data
from edge.trust.certificates import Certificate
from edge.trust.signatures import UNREADABLE
from edge.trust.signed_data import SignedData, SignerId

CONTENT_TYPE = "2.23.136.1.1.7"
LARGEST_BYTES = 4_000_000
COMPOSITE = "composite"

_TYPE, _ISSUER_AND_SERIAL, _KEY_ID, _DIGEST, _NUMBERS = 0x80, 0xA1, 0x82, 0x83, 0xA5
_WRONG_CHECK_DIGIT = "2.23.136.1.1.7.3.2"
_CHIP_KEYS = {
    "2.23.136.1.1.7.1.4": (CheckId.CHIP_ACTIVE_AUTH,),
    "0.4.0.127.0.7.3.1.5.1.4": (CheckId.CHIP_ACTIVE_AUTH,),  # id-ActiveAuthKeyRevoked
    "0.4.0.127.0.7.3.1.5.1.3": (CheckId.CHIP_CHIP_AUTH, CheckId.CHIP_PACE_CAM),  # id-ChipAuthKey...
}
"""Keys of chips that their state reports as stolen, and the checks that such a key passes."""
_EXPLAINED = {
    "2.23.136.1.1.7.1.1": (CheckId.CHIP_DS_CHAIN,),
    "2.23.136.1.1.7.1.2": (CheckId.CHIP_DS_CHAIN, CheckId.CHIP_DS_VALIDITY),
    "2.23.136.1.1.7.1.3": (CheckId.CHIP_DS_CHAIN, CheckId.CHIP_DS_VALIDITY),
    "2.23.136.1.1.7.2.2": (CheckId.CHIP_DG_HASH,),
    "2.23.136.1.1.7.2.3": (CheckId.CHIP_SOD_SIGNATURE,),
    "2.23.136.1.1.7.2.4": (CheckId.CHIP_COM_SOD,),
    "2.23.136.1.1.7.3.1": (CheckId.CHIP_DG1_VS_MRZ,),
    _WRONG_CHECK_DIGIT: (CheckId.CHIP_DG1_VS_MRZ,),
}
"""Checks that a deviation explains when they fail."""
_KINDS = {
    "2.23.136.1.1.7.1.1": "signer's signature is wrong",
    "2.23.136.1.1.7.1.2": "signer is encoded wrongly",
    "2.23.136.1.1.7.1.3": "CSCA is encoded wrongly",
    "2.23.136.1.1.7.1.4": "active authentication key is compromised",
    "0.4.0.127.0.7.3.1.5.1.3": "chip authentication key is compromised",
    "0.4.0.127.0.7.3.1.5.1.4": "active authentication key is compromised",
    "2.23.136.1.1.7.2.1": "a data group is malformed",
    "2.23.136.1.1.7.2.2": "a data group hash is wrong",
    "2.23.136.1.1.7.2.3": "EF.SOD signature is wrong",
    "2.23.136.1.1.7.2.4": "EF.COM is inconsistent",
    "2.23.136.1.1.7.3.1": "MRZ data are wrong",
    _WRONG_CHECK_DIGIT: "MRZ check digit is wrong",
}
_BY_LENGTH = {20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"}


@dataclass(frozen=True, slots=True, repr=False)
class Deviation:
    """One known deviation and the documents it concerns; a field that is None excludes none."""

    oids: tuple[str, ...]
    """Kinds of the deviation (Doc 9303-12, id-Deviation; BSI TR-03129, id-DefectList)."""
    document_type: str | None
    signer: SignerId | None
    signer_digest: bytes | None
    document_numbers: frozenset[str] | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds in words."""
        return tuple(_KINDS.get(oid, f"deviation {oid}") for oid in self.oids)

    @property
    def voids(self) -> frozenset[CheckId]:
        """Checks that prove nothing: a thief with the stolen key passes them."""
        return frozenset(check for oid in self.oids for check in _CHIP_KEYS.get(oid, ()))

    @property
    def explains(self) -> frozenset[CheckId]:
        """Checks of genuine documents that fail for this deviation."""
        return frozenset(check for oid in self.oids for check in _EXPLAINED.get(oid, ()))

    @property
    def excuses_check_digits(self) -> bool:
        """Whether a whole series has a wrong check digit in its MRZ."""
        return _WRONG_CHECK_DIGIT in self.oids

    def concerns_signer(self, certificate: Certificate) -> bool:
        """Whether documents of this signer may be concerned."""
        if self.signer_digest is not None:
            name = _BY_LENGTH.get(len(self.signer_digest), "sha256")
            return hashlib.new(name, certificate.der).digest() == self.signer_digest
        return self.signer is None or self.signer.names(certificate)

    @property
    def names_no_signer(self) -> bool:
        """Whether documents of every signer of the state are meant."""
        return self.signer is None and self.signer_digest is None

    def concerns_document(self, document_code: str, document_number: str) -> bool:
        """Whether a document with this code and number, fillers removed, is concerned."""
        if self.document_type is not None and not document_code.startswith(self.document_type):
            return False
        return self.document_numbers is None or document_number in self.document_numbers


@dataclass(frozen=True, slots=True, repr=False)
class DeviationList:
    """A deviation list as claimed; `edge.trust.signed_list` verifies it."""

    der: bytes
    signed: SignedData
    deviations: tuple[Deviation, ...]

    @property
    def country(self) -> str:
        """The state that publishes the list, about its own documents."""
        return self.signed.signers[0].certificate.country

    def excuses_check_digits(self, issuing_state: str, document_code: str, number: str) -> bool:
        """Whether this state reports wrong check digits in documents of this kind.

        The chip is not read yet, so deviations of a named signer do not count.
        """
        if not countries.may_issue(self.country, issuing_state):
            return False
        return any(
            each.excuses_check_digits
            and each.names_no_signer
            and each.concerns_document(document_code, number)
            for each in self.deviations
        )

    def about(self, certificate: Certificate) -> tuple[Deviation, ...]:
        """The deviations of documents of this signer; a state lists only its own."""
        if certificate.country != self.country:
            return ()
        return tuple(each for each in self.deviations if each.concerns_signer(certificate))


def parse(data: bytes) -> DeviationList:
    """Read a deviation list; MalformedFile."""
    if len(data) > LARGEST_BYTES:
        raise MalformedFile("a deviation list larger than any is")
    signed = signed_data.parse(data)
    if signed.content_type != CONTENT_TYPE:
        raise MalformedFile("signed data that is no deviation list")
    fields = tlv.read_one(signed.content, der.SEQUENCE).children()
    entries = tlv.Tlv(der.SET, tlv.only(fields, der.SET)).children()
    try:
        return DeviationList(data, signed, tuple(_deviation(entry) for entry in entries))
    except UNREADABLE as error:
        raise MalformedFile("a deviation list that cannot be read") from error


def judge_printed_digits(
    check: Check, zone: MachineReadableZone, lists: Iterable[DeviationList]
) -> Check:
    """Judge failed check digits again, with the deviations of the issuing state.

    Cards of some states compute the composite digit in another way than Doc 9303-5 §4.2.4: a
    deviation, no sign of alteration.  No other digit is excused: each protects one field.
    """
    wrong = [digit.name for digit in zone.check_digits if not digit.ok]
    if check.id is not CheckId.MRZ_CHECK_DIGITS or wrong != [COMPOSITE]:
        return check
    document = zone.issuing_state, zone.document_code, zone.document_number
    if not any(each.excuses_check_digits(*document) for each in lists):
        return check
    return Check(CheckId.MRZ_CHECK_DIGITS, Result.UNDETERMINED, f"{COMPOSITE}; a known deviation")


def _deviation(entry: tlv.Tlv) -> Deviation:
    documents = tlv.Tlv(der.SEQUENCE, tlv.only(entry.children(), der.SEQUENCE)).children()
    descriptions = tlv.Tlv(der.SET, tlv.only(entry.children(), der.SET)).children()
    found = {each.tag: each.value for each in documents}
    numbers = found.get(_NUMBERS)
    return Deviation(
        oids=tuple(der.decode_oid(tlv.only(each.children(), der.OID)) for each in descriptions),
        document_type=_text(found[_TYPE]) if _TYPE in found else None,
        signer=_signer(found),
        signer_digest=found.get(_DIGEST),
        document_numbers=None
        if numbers is None
        else frozenset(_text(each.value) for each in tlv.read_all(numbers)),
    )


def _signer(found: dict[int, bytes]) -> SignerId | None:
    if _KEY_ID in found:
        return SignerId(key_id=found[_KEY_ID])
    if _ISSUER_AND_SERIAL not in found:
        return None
    issuer, serial = tlv.read_all(found[_ISSUER_AND_SERIAL])
    name = x509.Name.load(tlv.encode(issuer.tag, issuer.value))
    number = int.from_bytes(serial.value, "big", signed=True)
    return SignerId(issuer=names.canonical(name), serial=number)


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip("< \x00").upper()


def known_of(
    listed: tuple[Deviation, ...] | None, zone: MachineReadableZone | None
) -> tuple[Deviation, ...] | None:
    """The deviations that the issuing state lists for this document; None without a list."""
    if listed is None:
        return None
    return tuple(
        each
        for each in listed
        if zone is None or each.concerns_document(zone.document_code, zone.document_number)
    )


def examine_known(known: tuple[Deviation, ...] | None) -> tuple[Check, ...]:
    """The issuing state knows no fault of this document; no check where it publishes no list."""
    if known is None:
        return ()
    if not known:
        return (Check(CheckId.CHIP_DEVIATION, Result.SUCCESSFUL),)
    kinds = sorted({kind for each in known for kind in each.kinds})
    return (Check(CheckId.CHIP_DEVIATION, Result.UNDETERMINED, "; ".join(kinds)),)


def judge(checks: tuple[Check, ...], known: tuple[Deviation, ...]) -> tuple[Check, ...]:
    """Change the results of checks by the deviations that the state knows (TR-03135-1 §5.8.2).

    A chip that proves a stolen key proves nothing: failed, although the protocol ran well.  A
    failure that the state explains is undetermined, never successful.
    """
    voided = frozenset[CheckId]().union(*(each.voids for each in known))
    explained = frozenset[CheckId]().union(*(each.explains for each in known))
    return tuple(_worth(check, voided, explained) for check in checks)


def _worth(check: Check, voided: frozenset[CheckId], explained: frozenset[CheckId]) -> Check:
    if check.id in voided and check.result is Result.SUCCESSFUL:
        return Check(check.id, Result.FAILED, "the issuing state says that this key is stolen")
    if check.id in explained and check.result is Result.FAILED:
        detail = f"{check.detail}; a known deviation" if check.detail else "a known deviation"
        return Check(check.id, Result.UNDETERMINED, detail)
    return check

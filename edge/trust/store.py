"""The trust store of a gate: CSCA certificates, document signers, and lists about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge.errors import MalformedFile
from edge.trust.anchors import Standing, judge
from edge.trust.certificates import Certificate, split
from edge.trust.deviation_list import DeviationList
from edge.trust.names import Name
from edge.trust.revocation import RevocationList
from edge.trust.signed_data import SignerId


@dataclass(frozen=True, slots=True)
class Rejected:
    """A certificate that is no trust anchor, and the reason."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Everything that the gate trusts; immutable: a new store replaces the old one as a whole."""

    anchors: tuple[Certificate, ...]
    """CSCA certificates, and the link certificates that CSCAs signed."""
    rejected: tuple[Rejected, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()
    deviation_lists: tuple[DeviationList, ...] = ()
    signers: Mapping[str, bytes] = field(default_factory=dict)
    """Document signers (DER) for files that do not hold theirs, by `signer_keys`."""

    @classmethod
    def of(cls, certificates: Iterable[bytes]) -> TrustStore:
        """Take CSCA certificates, DER or PEM; other certificates are listed with a reason."""
        found: list[tuple[int, Certificate]] = []
        rejected: list[Rejected] = []
        for position, data in enumerate(certificates):
            for each in _examine(data):
                if isinstance(each, Certificate):
                    found.append((position, each))
                else:
                    rejected.append(Rejected(position, str(each)))
        anchors: list[Certificate] = []
        judgements = judge([certificate for _, certificate in found])
        for (position, certificate), judgement in zip(found, judgements, strict=True):
            if judgement.standing is Standing.REJECTED:
                rejected.append(Rejected(position, judgement.reason))
            else:
                anchors.append(certificate)
        return cls(tuple(anchors), tuple(sorted(rejected, key=lambda each: each.position)))

    def candidates(self, signer: Certificate) -> list[Certificate]:
        """The anchors that may have issued a signer, the likely ones first.

        Names and key identifiers are only hints: names change their encoding and identifiers
        collide.  So every anchor of the country is tried in the end (Doc 9303-12 §7.1).
        """
        ranked = [
            (_rank(anchor, signer), number, anchor)
            for number, anchor in enumerate(self.anchors)
            if anchor.subject_name == signer.issuer_name or anchor.country == signer.country
        ]
        return [anchor for _, _, anchor in sorted(ranked, key=lambda entry: entry[:2])]

    def signer(self, sought: SignerId) -> Certificate | None:
        """Find the certificate of a signer that a file names but does not hold."""
        data = self.signers.get(_key(sought.issuer, sought.serial, sought.key_id))
        if data is None:
            return None
        try:
            found = Certificate.parse(data)
        except MalformedFile:
            return None
        return found if sought.names(found) else None


def signer_keys(certificate: Certificate) -> tuple[str, ...]:
    """The keys under which a document signer is found in `TrustStore.signers`."""
    by_number = _key(certificate.issuer_name, certificate.serial, None)
    if certificate.key_id is None:
        return (by_number,)
    return by_number, _key(None, None, certificate.key_id)


def _key(issuer: Name | None, serial: int | None, key_id: bytes | None) -> str:
    said = repr(key_id) if key_id is not None else repr((issuer, serial))
    return hashlib.sha256(said.encode()).hexdigest()


def _examine(data: bytes) -> Iterable[Certificate | MalformedFile]:
    """Yield the certificates of one file, and an error for each that cannot be read."""
    try:
        encoded = split(data)
    except MalformedFile as error:
        yield error
        return
    for der in encoded:
        try:
            yield Certificate.parse(der)
        except MalformedFile as error:
            yield error


def _rank(anchor: Certificate, signer: Certificate) -> int:
    same_name = anchor.subject_name == signer.issuer_name
    same_key = anchor.key_id is not None and anchor.key_id == signer.authority_key_id
    return -(same_name + same_key)

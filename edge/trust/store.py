"""The CSCA certificates a gate trusts, and the search for the one that issued a signer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.errors import MalformedFile
from edge.trust.certificates import Certificate, split


@dataclass(frozen=True, slots=True)
class Rejected:
    """A certificate that is no trust anchor, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Trust anchors; immutable, so that a new list replaces the old one as a whole."""

    anchors: tuple[Certificate, ...]
    rejected: tuple[Rejected, ...] = ()

    @classmethod
    def of(cls, certificates: Iterable[bytes]) -> TrustStore:
        """Take CSCA certificates, DER or PEM; what is none is listed with its reason."""
        anchors: list[Certificate] = []
        rejected: list[Rejected] = []
        for position, data in enumerate(certificates):
            for found in _examine(data):
                if isinstance(found, Certificate):
                    anchors.append(found)
                else:
                    rejected.append(Rejected(position, str(found)))
        return cls(tuple(anchors), tuple(rejected))

    def candidates(self, signer: Certificate) -> list[Certificate]:
        """Who may have issued a signer, the likely ones first.

        Names and key identifiers are hints only: names change in encoding and identifiers collide,
        so in the end every anchor of the country is tried (Doc 9303-12 §7.1).
        """
        country = signer.country
        ranked = [
            (_rank(anchor, signer), number, anchor)
            for number, anchor in enumerate(self.anchors)
            if anchor.subject == signer.issuer or anchor.country == country
        ]
        return [anchor for _, _, anchor in sorted(ranked, key=lambda entry: entry[:2])]


def _examine(data: bytes) -> Iterator[Certificate | MalformedFile]:
    """Yield the anchors of one file, and what is wrong with the others."""
    try:
        encoded = split(data)
    except MalformedFile as error:
        yield error
        return
    for der in encoded:
        try:
            certificate = Certificate.parse(der)
            _require_csca(certificate)
        except MalformedFile as error:
            yield error
        else:
            yield certificate


def _rank(anchor: Certificate, signer: Certificate) -> int:
    same_name = anchor.subject == signer.issuer
    same_key = anchor.key_id is not None and anchor.key_id == signer.authority_key_id
    return 2 - same_name - same_key


def _require_csca(certificate: Certificate) -> None:
    """Doc 9303-12 Table 6: a CSCA is a CA that may sign certificates, signed by itself."""
    if not certificate.is_ca:
        raise MalformedFile("not a CA certificate")
    if not certificate.may("key_cert_sign"):
        raise MalformedFile("a key that may not sign certificates")
    if certificate.unknown_critical:
        raise MalformedFile("a critical extension that is not known")
    if not certificate.is_self_issued:
        raise MalformedFile("a link certificate; only self-signed anchors are taken here")
    if not certificate.is_signed_by(certificate):
        raise MalformedFile("its own signature does not verify")

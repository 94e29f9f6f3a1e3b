"""Decides which certificates are trusted CSCAs, and which link a key of a state to its next key.

ICAO Doc 9303-12 §4.1 and §7.1.1 (Tables 5 and 6).  A CSCA certificate is that of a CA and signs
itself.  A trusted CSCA of the same state signs a link certificate; the names may differ.  Key
identifiers collide and names change their spelling, so only signatures decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.trust.certificates import Certificate


class Standing(StrEnum):
    """The result for a certificate or a list."""

    TRUSTED = "trusted"
    LINK = "link"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result for one certificate; `reason` says why it is rejected, or which CSCA links it."""

    standing: Standing
    reason: str = ""


def judge(
    certificates: Sequence[Certificate], known: Iterable[Certificate] = ()
) -> list[Judgement]:
    """Judge certificates as CSCAs, together with the anchors `known`; results in the same order."""
    judged: dict[int, Judgement] = {}
    pending: dict[int, Certificate] = {}
    fresh = list(known)
    for position, certificate in enumerate(certificates):
        judgement = _alone(certificate)
        if judgement is None:
            pending[position] = certificate
            continue
        judged[position] = judgement
        if judgement.standing is Standing.TRUSTED:
            fresh.append(certificate)
    anchors: list[Certificate] = []
    while fresh:
        anchors += fresh
        linked = _linked(pending, fresh)
        judged |= {
            position: Judgement(Standing.LINK, reason) for position, reason in linked.items()
        }
        fresh = [pending.pop(position) for position in linked]
    for position, certificate in pending.items():
        judged[position] = Judgement(Standing.REJECTED, _unlinked(certificate, anchors))
    return [judged[position] for position in range(len(certificates))]


def unfit(certificate: Certificate) -> str:
    """Why a certificate cannot be one of a CSCA, whatever its signature; empty when it can.

    A missing or too large path length is accepted, because states issue such certificates.  Below a
    CSCA the gate follows document signers only.
    """
    if not certificate.is_ca:
        return "not a CA certificate"
    if not certificate.may("key_cert_sign"):
        return "a key that may not sign certificates"
    if certificate.unknown_critical:
        return "a critical extension that is not known"
    return ""


def _alone(certificate: Certificate) -> Judgement | None:
    """The result that a certificate has by itself; None when it needs the signature of another."""
    fault = unfit(certificate)
    if fault:
        return Judgement(Standing.REJECTED, fault)
    if certificate.is_self_issued and certificate.is_signed_by(certificate):
        return Judgement(Standing.TRUSTED)
    return None


def _linked(pending: dict[int, Certificate], anchors: Sequence[Certificate]) -> dict[int, str]:
    """Pending certificates that an anchor of the same state signed."""
    found = {}
    for position, certificate in pending.items():
        for anchor in anchors:
            if anchor.country == certificate.country and certificate.is_signed_by(anchor):
                found[position] = f"signed by {anchor.title}, number {anchor.serial}"
                break
    return found


def _unlinked(certificate: Certificate, anchors: Sequence[Certificate]) -> str:
    if certificate.is_self_issued:
        fault = certificate.fault_under(certificate)
        if fault == "the signature does not verify":
            return "its own signature does not verify, and no trusted CSCA signed it"
        return f"its own signature: {fault}"
    abroad = [each for each in anchors if each.subject_name == certificate.issuer_name]
    if any(each.country != certificate.country for each in abroad):
        return "a link certificate of one country to another"
    return "a link certificate whose issuer is not trusted"

"""Who may publish a list: the way from a signed list to a root given by hand (Doc 9303-12 §8).

A master list speaks for many states, so that it is not enough that some trusted list names its
publisher's CSCA: the publisher's root has to be one the operator gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.trust import signed_data
from edge.trust.anchors import Standing, judge
from edge.trust.certificates import Certificate
from edge.trust.signed_data import SignedData, Signer


class Refused(Exception):
    """A list that is not accepted; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Publication:
    """Who published a list, and when."""

    country: str
    signed_at: datetime


def authorise(
    signed: SignedData, purpose: str, roots: Sequence[Certificate], at: datetime
) -> Publication:
    """Verify every signer of a list; `at` serves where no signing time is given.

    Raises:
        Refused: a signature does not hold, a signer is not for this purpose, or nobody trusted
            stands behind it.
    """
    sent = [each for each in signed.certificates if each.is_ca]
    links = [
        certificate
        for certificate, judgement in zip(sent, judge(sent, roots), strict=True)
        if judgement.standing is Standing.LINK
    ]
    for signer in signed.signers:
        moment = signer.signed_at or at
        fault = (
            signed_data.fault(signer, signed)
            or _unfit(signer.certificate, purpose)
            or _unrooted(signer, (*roots, *links), moment)
        )
        if fault:
            raise Refused(fault)
    first = signed.signers[0]
    return Publication(first.certificate.country, first.signed_at or at)


def _unfit(signer: Certificate, purpose: str) -> str:
    """Doc 9303-12 Table 6: the one purpose, and no other right."""
    if purpose not in (signer.extended_usage or ()):
        return "its signer is not certified for such lists (extended key usage)"
    if signer.is_ca or not signer.may("digital_signature"):
        return "its signer's key may not sign lists"
    if signer.unknown_critical:
        return "its signer has a critical extension that is not known"
    return ""


def _unrooted(signer: Signer, roots: Sequence[Certificate], moment: datetime) -> str:
    certificate = signer.certificate
    issuers = [
        root
        for root in roots
        if root.country == certificate.country and certificate.is_signed_by(root)
    ]
    if not issuers:
        return (
            f"the root of its signer is not here: the CSCA of {certificate.country or '?'} that"
            f" issued {certificate.title} has to be given as a certificate"
        )
    if not certificate.is_valid_at(moment):
        return "its signer was not valid when it signed"
    if not any(issuer.is_valid_at(moment) for issuer in issuers):
        return "the root of its signer was not valid when it signed"
    return ""

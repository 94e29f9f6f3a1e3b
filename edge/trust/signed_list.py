"""Verifies the publisher of a list up to a root that the operator gave (Doc 9303-12 §5.3, §9, §10).

A master list brings certificates of many states.  So the CSCA of its publisher must be a root that
the operator gave; it is not enough that another trusted list names it.
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
    """A list is not accepted; the text says why and what helps."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The publisher of a list, and the time."""

    country: str
    signed_at: datetime


def authorise(
    signed: SignedData, purpose: str, roots: Sequence[Certificate], at: datetime
) -> Publication:
    """Verify every signer of a list; `at` counts when the list has no signing time.

    Raises:
        Refused: a signature does not verify, a signer is not for this purpose, or no trusted root
            issued it.
    """
    sent = signed.certificates
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
    """Why a signer may not sign this list: it needs this one purpose (Doc 9303-12 Table 6)."""
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

"""The path from a document signer to a trusted CSCA: rules 2 to 4 of `edge.trust`.

ICAO Doc 9303-12 §6.1.2 (validation, revocation) and §7.1 (profiles), at one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.checks import Check, CheckId, Result
from edge.trust.certificates import Certificate
from edge.trust.revocation import RevocationList
from edge.trust.store import TrustStore

_ANY_PURPOSE = "2.5.29.37.0"
_OTHER_PURPOSES = ("1.3.6.1.5.5.7.3.", "2.23.136.1.1.")
"""Purposes of the Internet (RFC 5280 §4.2.1.12) and of ICAO: the signing of lists and seals."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A document signer certificate, the CSCA certificate that issued it, and when it signed."""

    signer: Certificate
    issuer: Certificate | None
    signed_at: datetime | None = None


def issuer_of(signer: Certificate, store: TrustStore, at: datetime) -> Certificate | None:
    """Find the trusted CSCA whose key signed a document signer (Doc 9303-11 §5.1.1 step 2).

    A CSCA may certify one key twice: a valid anchor is tried before an expired one.
    """
    for anchor in sorted(store.candidates(signer), key=lambda each: not each.is_valid_at(at)):
        if signer.is_signed_by(anchor):
            return anchor
    return None


def unfit(signer: Certificate, issuer: Certificate | None) -> str:
    """Why a certificate is not one of a document signer; empty when it is.

    Doc 9303-12 §7.1.1, Tables 5 and 6; countryName in issuer and subject must match.
    """
    if issuer is None:
        return "no trusted CSCA issued the signer"
    faults = {
        "the signer is of another country than its CSCA": signer.country != issuer.country,
        "the signer is itself a CA": signer.is_ca,
        "the signer's key may not sign documents": not signer.may("digital_signature"),
        "the signer is certified for another purpose than documents": _has_other_purpose(signer),
        "the signer has a critical extension that is not known": signer.unknown_critical,
    }
    return next((fault for fault, speaks in faults.items() if speaks), "")


def _has_other_purpose(signer: Certificate) -> bool:
    """Whether the extended key usage names a purpose that is not the signing of documents.

    Document signers have none (Table 6).  Purposes of a vendor's own are passed over.
    """
    purposes = signer.extended_usage
    if purposes is None or _ANY_PURPOSE in purposes:
        return False
    return not purposes or any(each.startswith(_OTHER_PURPOSES) for each in purposes)


def chain(chains: Iterable[Chain]) -> Check:
    """Rule 2: a trusted CSCA issued every signer, as a document signer."""
    for each in chains:
        fault = unfit(each.signer, each.issuer)
        if fault:
            return Check(CheckId.CHIP_DS_CHAIN, Result.FAILED, fault)
    return Check(CheckId.CHIP_DS_CHAIN, Result.SUCCESSFUL)


def validity(chains: Iterable[Chain], at: datetime) -> Check:
    """Rule 3: signers and CSCAs are within their validity, and signed while their keys might."""
    faults = sorted({fault for each in chains for fault in _lapsed(each, at)})
    result = Result.FAILED if faults else Result.SUCCESSFUL
    return Check(CheckId.CHIP_DS_VALIDITY, result, "; ".join(faults))


def revocation(chains: Iterable[Chain], store: TrustStore, at: datetime) -> Check:
    """Rule 4: neither the issuing CSCA nor its successor of the same name revoked signer or CSCA.

    A listed serial number counts however old the list is.  A serial number that is not listed
    counts only while the list is fresh.
    """
    doubts = []
    for each in chains:
        check = _revocation(each, store, at)
        if check.result is Result.FAILED:
            return check
        if check.result is not Result.SUCCESSFUL:
            doubts.append(check)
    return doubts[0] if doubts else Check(CheckId.CHIP_DS_REVOCATION, Result.SUCCESSFUL)


def _lapsed(found: Chain, at: datetime) -> Iterator[str]:
    for name, certificate in (("signer", found.signer), ("CSCA", found.issuer)):
        if certificate is not None and not certificate.is_valid_at(at):
            yield f"{name} {'not yet valid' if at < certificate.not_before else 'expired'}"
    period = found.signer.key_period
    if period is not None and found.signed_at is not None and not period.contains(found.signed_at):
        yield "signed when the signer's key was not in use"
    if found.issuer is None or found.issuer.key_period is None:
        return
    ends = found.issuer.key_period.ends
    if ends is not None and found.signer.not_before > ends:
        yield "signer issued when the CSCA's key was no longer in use"


def _revocation(found: Chain, store: TrustStore, at: datetime) -> Check:
    check = CheckId.CHIP_DS_REVOCATION
    if found.issuer is None:
        return Check(check, Result.UNDETERMINED, "no trusted CSCA issued the signer")
    lists = [
        each for each in store.revocation_lists if _speaks_of(each, found.issuer, found.signer)
    ]
    if not lists:
        return Check(check, Result.UNDETERMINED, "no revocation list")
    for each in lists:
        if found.signer.serial in each.revoked:
            return Check(check, Result.FAILED, "the signer is revoked")
        if each.issuer_name == found.issuer.issuer_name and found.issuer.serial in each.revoked:
            return Check(check, Result.FAILED, "the CSCA is revoked")
    if not any(each.is_fresh_at(at) for each in lists):
        newest = max(lists, key=lambda each: each.next_update)
        stale = newest.next_update < at
        when = f"since {newest.next_update:%Y-%m-%d}" if stale else "yet"
        detail = f"the revocation list is {'stale' if stale else 'not valid'} {when}"
        return Check(check, Result.UNDETERMINED, detail)
    return Check(check, Result.SUCCESSFUL)


def _speaks_of(found: RevocationList, issuer: Certificate, signer: Certificate) -> bool:
    """Whether a list covers the certificates of a CSCA: by its name, whatever its key is now."""
    same_name = found.issuer_name in {signer.issuer_name, issuer.subject_name}
    return found.country == issuer.country and same_name

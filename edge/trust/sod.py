"""Passive authentication of EF.SOD, in the order of ICAO Doc 9303-11 §5.1, at one moment.

It needs nothing but EF.SOD, so that it runs while the large data groups still arrive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import constant_time

from edge.checks import Check, CheckId, Result
from edge.errors import MalformedFile
from edge.trust import signatures
from edge.trust.certificates import Certificate
from edge.trust.security_object import SecurityObject, Signer, parse
from edge.trust.signatures import Unverified
from edge.trust.store import TrustStore

_OF_THE_SOD = (
    CheckId.CHIP_SOD_SIGNATURE,
    CheckId.CHIP_DS_CHAIN,
    CheckId.CHIP_DS_VALIDITY,
    CheckId.CHIP_DS_REVOCATION,
)


@dataclass(frozen=True, slots=True, repr=False)
class SodVerdict:
    """What was found out about EF.SOD.

    `is_authentic` says that a trusted CSCA stands behind `hashes`; otherwise they are hearsay.
    """

    checks: tuple[Check, ...]
    is_authentic: bool
    digest: str
    hashes: Mapping[int, bytes]
    country: str
    """Of the document signer, alpha-2; empty when unknown."""


def verify_sod(sod: bytes, store: TrustStore, at: datetime) -> SodVerdict:
    """Verify signature, chain and validity of EF.SOD at a moment; never raises for bad content."""
    try:
        found = parse(sod)
    except MalformedFile as error:
        unread = Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, str(error))
        rest = (Check(check, Result.NOT_PERFORMED) for check in _OF_THE_SOD[1:])
        return SodVerdict((unread, *rest), is_authentic=False, digest="", hashes={}, country="")
    signature = _signature(found)
    issuers = [_issuer(signer.certificate, store, at) for signer in found.signers]
    chain = _chain(found.signers, issuers)
    checks = (signature, chain, _validity(found.signers, issuers, at), _revocation())
    return SodVerdict(
        checks,
        is_authentic=all(c.result is Result.SUCCESSFUL for c in (signature, chain)),
        digest=found.digest,
        hashes=found.hashes,
        country=found.signers[0].certificate.country,
    )


def _signature(found: SecurityObject) -> Check:
    """§5.1 step 3: every signer's signature over the attributes that hold the content's digest."""
    for signer in found.signers:
        fault = _fault_of(signer, found)
        if fault:
            return Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, fault)
    return Check(CheckId.CHIP_SOD_SIGNATURE, Result.SUCCESSFUL, found.signers[0].scheme.digest)


def _fault_of(signer: Signer, found: SecurityObject) -> str:
    if signer.content_type != found.content_type:
        return "the signed content type is another"
    digest = hashlib.new(signer.digest, found.content, usedforsecurity=False).digest()
    if signer.message_digest is None or not constant_time.bytes_eq(signer.message_digest, digest):
        return "the signed digest is not that of the content"
    fault = "nothing is signed"
    for attributes in signer.signed_attributes:
        try:
            key = signer.certificate.public_key
            signatures.verify(key, signer.scheme, signer.signature, attributes)
        except (Unverified, MalformedFile) as error:
            fault = str(error)
        else:
            return ""
    return fault


def _issuer(signer: Certificate, store: TrustStore, at: datetime) -> Certificate | None:
    """§5.1 step 2: the trusted CSCA whose key signed the document signer certificate.

    A key may be certified anew: an anchor that is valid goes before its expired twin.
    """
    for anchor in sorted(store.candidates(signer), key=lambda each: not each.is_valid_at(at)):
        if signer.is_signed_by(anchor):
            return anchor
    return None


def _chain(signers: tuple[Signer, ...], issuers: list[Certificate | None]) -> Check:
    for signer, issuer in zip(signers, issuers, strict=True):
        fault = _unfit(signer.certificate, issuer)
        if fault:
            return Check(CheckId.CHIP_DS_CHAIN, Result.FAILED, fault)
    return Check(CheckId.CHIP_DS_CHAIN, Result.SUCCESSFUL)


def _unfit(signer: Certificate, issuer: Certificate | None) -> str:
    """What speaks against a certificate as document signer (Doc 9303-12 Tables 5 and 6)."""
    if issuer is None:
        return "no trusted CSCA issued the signer"
    if signer.country != issuer.country:
        return "the signer is of another country than its CSCA"
    if signer.is_ca:
        return "the signer is itself a CA"
    if not signer.may("digital_signature"):
        return "the signer's key may not sign documents"
    if signer.unknown_critical:
        return "the signer has a critical extension that is not known"
    return ""


def _validity(
    signers: tuple[Signer, ...], issuers: list[Certificate | None], at: datetime
) -> Check:
    """Whether signer and CSCA are within their validity at the moment of inspection."""
    faults = sorted(set(_lapsed(signers, issuers, at)))
    result = Result.FAILED if faults else Result.SUCCESSFUL
    return Check(CheckId.CHIP_DS_VALIDITY, result, "; ".join(faults))


def _lapsed(
    signers: tuple[Signer, ...], issuers: list[Certificate | None], at: datetime
) -> Iterator[str]:
    for name, certificates in (
        ("signer", [signer.certificate for signer in signers]),
        ("CSCA", [issuer for issuer in issuers if issuer is not None]),
    ):
        for certificate in certificates:
            if not certificate.is_valid_at(at):
                yield f"{name} {'not yet valid' if at < certificate.not_before else 'expired'}"


def _revocation() -> Check:
    """§5.1 step 2 asks for the CSCA's revocation list; none is loaded, so nobody knows."""
    detail = "no revocation list"
    return Check(CheckId.CHIP_DS_REVOCATION, Result.UNDETERMINED, detail)

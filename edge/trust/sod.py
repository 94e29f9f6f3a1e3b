"""Passive authentication of EF.SOD: rules 1 to 5 of `edge.trust` (ICAO Doc 9303-11 §5.1.1).

It needs nothing but EF.SOD, so it runs while the large data groups still arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.checks import Check, CheckId, Result
from edge.errors import MalformedFile
from edge.trust import signed_data, signer
from edge.trust.certificates import Certificate
from edge.trust.deviation_list import Deviation
from edge.trust.security_object import SecurityObject, parse
from edge.trust.signer import Chain
from edge.trust.store import TrustStore

_OF_THE_SOD = (
    CheckId.CHIP_SOD_SIGNATURE,
    CheckId.CHIP_DS_CHAIN,
    CheckId.CHIP_DS_VALIDITY,
    CheckId.CHIP_DS_REVOCATION,
)


@dataclass(frozen=True, slots=True, repr=False)
class SodVerdict:
    """The checks of EF.SOD and what it says.

    `is_authentic`: the path to a trusted CSCA and the signature are verified, and no certificate is
    revoked.  Otherwise `hashes` are claims.
    """

    checks: tuple[Check, ...]
    is_authentic: bool
    digest: str
    hashes: Mapping[int, bytes]
    country: str
    """Country of the document signer, alpha-2; empty when unknown."""
    document_types: frozenset[str] | None = None
    """Document types the signer may sign, as in the MRZ; None: the certificate does not say."""
    deviations: tuple[Deviation, ...] | None = None
    """Known faults in documents of this signer; None: its state publishes no list."""

    @property
    def is_read(self) -> bool:
        """Whether EF.SOD could be read, so that other files can be compared with it."""
        return bool(self.digest)


def verify_sod(
    sod: bytes, store: TrustStore, at: datetime, *, accept_sha1: bool = True
) -> SodVerdict:
    """Verify EF.SOD at a moment; never raises for bad content.

    Documents of ten years ago carry SHA-1, which Doc 9303-12 §4.1.6.4 no longer allows.
    `accept_sha1` says whether SHA-1 still counts, in the signer's certificate too.
    """
    # 1. Read EF.SOD.
    try:
        found = parse(sod, store.signer)
    except MalformedFile as error:
        unread = Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, str(error))
        rest = (Check(check, Result.NOT_PERFORMED) for check in _OF_THE_SOD[1:])
        return SodVerdict((unread, *rest), is_authentic=False, digest="", hashes={}, country="")
    # 2. Certification path.
    chains = [
        Chain(each.certificate, signer.issuer_of(each.certificate, store, at), each.signed_at)
        for each in found.signers
    ]
    issued = signer.chain(chains)
    # 3. Validity.
    validity = signer.validity(chains, at)
    # 4. Revocation.
    revocation = signer.revocation(chains, store, at)
    # 5. Signature.
    signature = _signature(found, accept_sha1=accept_sha1)
    first = found.signers[0].certificate
    return SodVerdict(
        (signature, issued, validity, revocation),
        is_authentic=all(each.result is Result.SUCCESSFUL for each in (signature, issued))
        and revocation.result is not Result.FAILED,
        digest=found.digest,
        hashes=found.hashes,
        country=first.country,
        document_types=first.document_types,
        deviations=_deviations(first, store),
    )


def _signature(found: SecurityObject, *, accept_sha1: bool) -> Check:
    """Every signer signed the attributes that hold the digest of the content."""
    if not accept_sha1 and "sha1" in _digests(found):
        return Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, "SHA-1 is not accepted")
    for each in found.signers:
        fault = signed_data.fault(each, found.signed)
        if fault:
            return Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, fault)
    return Check(CheckId.CHIP_SOD_SIGNATURE, Result.SUCCESSFUL, found.signers[0].scheme.digest)


def _digests(found: SecurityObject) -> set[str]:
    """Every digest that the hashes of the data groups depend on, down to the CSCA's key."""
    of_signers = (
        (each.digest, each.scheme.digest, each.certificate.digest) for each in found.signers
    )
    return {found.digest}.union(*of_signers)


def _deviations(certificate: Certificate, store: TrustStore) -> tuple[Deviation, ...] | None:
    lists = [each for each in store.deviation_lists if each.country == certificate.country]
    if not lists:
        return None
    return tuple(deviation for each in lists for deviation in each.about(certificate))

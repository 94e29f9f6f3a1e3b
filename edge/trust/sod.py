"""Passive authentication of EF.SOD, in the order of ICAO Doc 9303-11 §5.1, at one moment.

It needs nothing but EF.SOD, so that it runs while the large data groups still arrive.
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
    """What was found out about EF.SOD.

    `is_authentic` says that a trusted CSCA stands behind `hashes`; otherwise they are hearsay.
    """

    checks: tuple[Check, ...]
    is_authentic: bool
    digest: str
    hashes: Mapping[int, bytes]
    country: str
    """Of the document signer, alpha-2; empty when unknown."""
    document_types: frozenset[str] | None = None
    """What the signer is certified to sign, as in the MRZ; None: it does not say."""
    deviations: tuple[Deviation, ...] | None = None
    """What its state says is wrong with documents of this signer; None: it publishes no list."""

    @property
    def is_read(self) -> bool:
        """Whether EF.SOD says anything: where it cannot be read nothing can be compared with it."""
        return bool(self.digest)


def verify_sod(
    sod: bytes, store: TrustStore, at: datetime, *, accept_sha1: bool = True
) -> SodVerdict:
    """Verify signature, chain and validity of EF.SOD at a moment; never raises for bad content.

    Documents of ten years ago carry SHA-1, which Doc 9303-12 §4.1 has withdrawn; `accept_sha1` says
    whether it still counts, in the signer's certificate too.
    """
    try:
        found = parse(sod, store.signer)
    except MalformedFile as error:
        unread = Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, str(error))
        rest = (Check(check, Result.NOT_PERFORMED) for check in _OF_THE_SOD[1:])
        return SodVerdict((unread, *rest), is_authentic=False, digest="", hashes={}, country="")
    chains = [
        Chain(each.certificate, signer.issuer_of(each.certificate, store, at), each.signed_at)
        for each in found.signers
    ]
    signature, issued = _signature(found, accept_sha1=accept_sha1), signer.chain(chains)
    revocation = signer.revocation(chains, store, at)
    first = found.signers[0].certificate
    return SodVerdict(
        (signature, issued, signer.validity(chains, at), revocation),
        is_authentic=all(each.result is Result.SUCCESSFUL for each in (signature, issued))
        and revocation.result is not Result.FAILED,
        digest=found.digest,
        hashes=found.hashes,
        country=first.country,
        document_types=first.document_types,
        deviations=_deviations(first, store),
    )


def _signature(found: SecurityObject, *, accept_sha1: bool) -> Check:
    """§5.1 step 3: every signer's signature over the attributes that hold the content's digest."""
    if not accept_sha1 and "sha1" in _digests(found):
        return Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, "SHA-1 is not accepted")
    for each in found.signers:
        fault = signed_data.fault(each, found.signed)
        if fault:
            return Check(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, fault)
    return Check(CheckId.CHIP_SOD_SIGNATURE, Result.SUCCESSFUL, found.signers[0].scheme.digest)


def _digests(found: SecurityObject) -> set[str]:
    """Every digest on which the hashes of the data groups rest, down to the CSCA's key."""
    of_signers = (
        (each.digest, each.scheme.digest, each.certificate.digest) for each in found.signers
    )
    return {found.digest}.union(*of_signers)


def _deviations(certificate: Certificate, store: TrustStore) -> tuple[Deviation, ...] | None:
    lists = [each for each in store.deviation_lists if each.country == certificate.country]
    if not lists:
        return None
    return tuple(deviation for each in lists for deviation in each.about(certificate))

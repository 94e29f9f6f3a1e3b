"""Passive authentication of EF.CardSecurity, which rule 11 of `edge.trust` relies on.

The file is signed as EF.SOD is, by a document signer of the same state (Doc 9303-11 §4.4.3.5.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.checks import Result
from edge.emrtd import security_infos
from edge.emrtd.contents import ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds.card_security import SECURITY_OBJECT
from edge.emrtd.security_infos import SecurityInfo
from edge.errors import MalformedFile
from edge.trust import signed_data, signer
from edge.trust.signed_data import SignedData
from edge.trust.signer import Chain
from edge.trust.store import TrustStore


@dataclass(frozen=True, slots=True, repr=False)
class CardSecurityVerdict:
    """The result for EF.CardSecurity; without `infos` nothing in the file is verified."""

    infos: tuple[SecurityInfo, ...]
    """Empty unless they are authentic."""
    country: str
    """Country of the document signer, alpha-2; empty when unknown."""
    fault: str = ""
    """Why the file is not authentic."""


def verify_card_security(content: bytes, store: TrustStore, at: datetime) -> CardSecurityVerdict:
    """Verify signature, chain, validity and revocation at a moment; never raises."""
    try:
        signed, infos = _parse(content, store)
    except MalformedFile as error:
        return CardSecurityVerdict((), "", str(error))
    chains = [
        Chain(each.certificate, signer.issuer_of(each.certificate, store, at), each.signed_at)
        for each in signed.signers
    ]
    checks = (
        signer.chain(chains),
        signer.validity(chains, at),
        signer.revocation(chains, store, at),
    )
    faults = [
        *(signed_data.fault(each, signed) for each in signed.signers),
        *(check.detail for check in checks if check.result is Result.FAILED),
    ]
    fault = next(filter(None, faults), "")
    return CardSecurityVerdict(() if fault else infos, signed.signers[0].certificate.country, fault)


def card_security_of(
    contents: ChipContents, store: TrustStore, at: datetime
) -> CardSecurityVerdict | None:
    """The verdict on the EF.CardSecurity of a chip; None when none was read."""
    content = contents.files.get(ElementaryFile.CARD_SECURITY)
    return None if content is None else verify_card_security(content, store, at)


def _parse(content: bytes, store: TrustStore) -> tuple[SignedData, tuple[SecurityInfo, ...]]:
    signed = signed_data.parse(content, store.signer)
    if signed.content_type != SECURITY_OBJECT:
        raise MalformedFile("another content type")
    return signed, security_infos.parse(signed.content)

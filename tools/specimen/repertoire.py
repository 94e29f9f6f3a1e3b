"""What this code can speak, found out by asking it; what is added to it is found here unasked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from edge.emrtd import chip_auth, pace_variant
from edge.emrtd import curves as elliptic
from edge.emrtd.ciphers import Cipher
from edge.emrtd.curves import Curve
from edge.emrtd.domain_parameters import STANDARDISED
from edge.emrtd.modp import ModpGroup
from edge.emrtd.pace_variant import PaceVariant
from edge.emrtd.security_infos import (
    PACE,
    PUBLIC_KEY,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
)
from tools.specimen import key_pairs
from tools.specimen.key_pairs import agreement_key

PK_DH: Final = f"{PUBLIC_KEY}.1"
PK_ECDH: Final = f"{PUBLIC_KEY}.2"
_ARCS: Final = range(1, 10)
_PARAMETER_IDS: Final = range(32)
"""All that Doc 9303-11 Table 12 may ever name."""


@dataclass(frozen=True, slots=True)
class ChipAuthenticationChoice:
    """A kind of chip authentication: protocol, cipher, and the parameters of the chip's key."""

    oid: str
    cipher: Cipher
    parameter_id: int


@cache
def pace() -> tuple[PaceVariant, ...]:
    """Every kind of PACE, on every set of standardised domain parameters."""
    offers = (
        PaceInfo(f"{PACE}.{mapping}.{cipher}", parameter_id=number)
        for mapping in _ARCS
        for cipher in _ARCS
        for number in _PARAMETER_IDS
    )
    return tuple(variant for offer in offers for variant in pace_variant.spoken([offer]))


@cache
def chip_authentication() -> tuple[ChipAuthenticationChoice, ...]:
    """Every kind of chip authentication with a key on standardised domain parameters."""
    return tuple(
        ChipAuthenticationChoice(oid, cipher, number)
        for oid, cipher in chip_auth.CIPHERS.items()
        for number in _PARAMETER_IDS
        if number in STANDARDISED and _is_run(oid, number)
    )


def curves() -> dict[int, Curve]:
    """The curves of signatures and static keys, by standardised id."""
    return dict(elliptic.STANDARDISED)


def _is_run(oid: str, number: int) -> bool:
    """Whether the terminal would run this protocol with a key on these parameters."""
    kind = PK_DH if isinstance(STANDARDISED[number], ModpGroup) else PK_ECDH
    held = ChipAuthenticationPublicKeyInfo(kind, key_pairs.public(agreement_key(number)))
    chosen = chip_auth.choose([ChipAuthenticationInfo(oid), held])
    return chosen is not None and chosen.oid == oid

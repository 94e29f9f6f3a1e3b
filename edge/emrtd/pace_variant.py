"""The kinds of PACE, and the choice among the offers of a chip (Doc 9303-11 §4.4.3, §9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge.emrtd import domain_parameters
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.curves import Curve
from edge.emrtd.domain_parameters import STANDARDISED, DomainParameters
from edge.emrtd.groups import Group
from edge.emrtd.modp import ModpGroup
from edge.emrtd.security_infos import PACE, PaceDomainParameterInfo, PaceInfo, SecurityInfo

_VERSION: Final = 2

_ARCS: Final[dict[str, tuple[AccessProtocol, type[DomainParameters]]]] = {
    f"{PACE}.1": (AccessProtocol.PACE_GM, ModpGroup),
    f"{PACE}.2": (AccessProtocol.PACE_GM, Curve),
    f"{PACE}.3": (AccessProtocol.PACE_IM, ModpGroup),
    f"{PACE}.4": (AccessProtocol.PACE_IM, Curve),
    f"{PACE}.6": (AccessProtocol.PACE_CAM, Curve),
}
"""Mapping and key agreement by object identifier (§9.2.3)."""

_CIPHERS: Final = {
    "1": Cipher.TDES,
    "2": Cipher.AES_128,
    "3": Cipher.AES_192,
    "4": Cipher.AES_256,
}

_SECURITY_BITS: Final = {
    Cipher.TDES: 80,
    Cipher.AES_128: 128,
    Cipher.AES_192: 192,
    Cipher.AES_256: 256,
}

_PREFERENCE: Final = (AccessProtocol.PACE_IM, AccessProtocol.PACE_GM, AccessProtocol.PACE_CAM)
"""Order between equals: CAM also proves the chip, and GM is the most common."""


@dataclass(frozen=True, slots=True)
class PaceVariant:
    """A kind of PACE that the gate can run, as one chip offers it."""

    oid: str
    parameter_id: int | None
    """The id of the domain parameters; None when the chip has one set without an id."""
    mapping: AccessProtocol
    cipher: Cipher
    parameters: DomainParameters

    @property
    def group(self) -> Group:
        """The domain parameters as the group they are."""
        return self.parameters


def spoken(infos: Iterable[SecurityInfo]) -> tuple[PaceVariant, ...]:
    """Return every offer among the entries that the gate can run, in their order.

    Explicit domain parameters count only if they are a standardised set.  EF.CardAccess is not
    signed, and weak parameters reveal the password (§9.2.2).
    """
    infos = tuple(infos)
    found = [_variant(info, infos) for info in infos if isinstance(info, PaceInfo)]
    return tuple(each for each in found if each is not None)


def choose(infos: Iterable[SecurityInfo]) -> PaceVariant | None:
    """Return the strongest offer that the gate can run, None for none.

    The choice does not depend on the order of the entries.
    """
    return max(spoken(infos), key=_strength, default=None)


def _variant(info: PaceInfo, infos: tuple[SecurityInfo, ...]) -> PaceVariant | None:
    arc, _, last = info.protocol.rpartition(".")
    cipher = _CIPHERS.get(last)
    if arc not in _ARCS or cipher is None or info.version != _VERSION:
        return None
    mapping, agreement = _ARCS[arc]
    parameters = _parameters(info, infos)
    if not isinstance(parameters, agreement):
        return None
    if mapping is AccessProtocol.PACE_IM and not parameters.maps_numbers:
        return None
    if mapping is AccessProtocol.PACE_CAM and (cipher is Cipher.TDES or info.parameter_id is None):
        return None  # no such protocol; or no id for the key of the chip (§9.2.1)
    return PaceVariant(info.protocol, info.parameter_id, mapping, cipher, parameters)


def _parameters(info: PaceInfo, infos: tuple[SecurityInfo, ...]) -> DomainParameters | None:
    """The domain parameters of an offer: by standardised id, else from another entry."""
    if info.parameter_id is not None and info.parameter_id in STANDARDISED:
        return STANDARDISED[info.parameter_id]
    arc = info.protocol.rpartition(".")[0]
    given = [
        each
        for each in infos
        if isinstance(each, PaceDomainParameterInfo)
        and each.protocol == arc
        and each.parameter_id == info.parameter_id
    ]
    return domain_parameters.recognise(given[0].parameters) if len(given) == 1 else None


def _strength(offer: PaceVariant) -> tuple[int, int, int, int, int, str]:
    """The weakest part first; the last values make the order total."""
    cipher, group = _SECURITY_BITS[offer.cipher], offer.group.security_bits
    number = -1 if offer.parameter_id is None else offer.parameter_id
    preference = _PREFERENCE.index(offer.mapping)
    return min(cipher, group), cipher, group, preference, -number, offer.oid

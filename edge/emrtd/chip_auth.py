"""Chip Authentication version 1, the side of the terminal (ICAO Doc 9303-11 §6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.emrtd import agreement_key, der, tlv
from edge.emrtd.agreement_key import AgreementKey
from edge.emrtd.apdu import OK, SHORT_LE, Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.curves import Curve
from edge.emrtd.dialogue import Dialogue, whole_or_chained
from edge.emrtd.domain_parameters import DomainParameters
from edge.emrtd.groups import Element, Group, UnfitElement, not_reflected
from edge.emrtd.modp import ModpGroup
from edge.emrtd.secure_messaging import LARGEST_SHORT_DATA, SessionKeys
from edge.emrtd.security_infos import (
    CHIP_AUTHENTICATION,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
)
from edge.errors import MalformedFile

DYNAMIC_DATA: Final = 0x7C
PLAIN_KEY, KEY_REFERENCE, PROTOCOL, EPHEMERAL_KEY = 0x91, 0x84, 0x80, 0x80

_DH, _ECDH = f"{CHIP_AUTHENTICATION}.1", f"{CHIP_AUTHENTICATION}.2"
_AGREEMENTS: Final[dict[str, type[DomainParameters]]] = {_DH: ModpGroup, _ECDH: Curve}
_CIPHER_ARCS: Final = {
    "1": Cipher.TDES,
    "2": Cipher.AES_128,
    "3": Cipher.AES_192,
    "4": Cipher.AES_256,
}
CIPHERS: Final = {
    f"{agreement}.{last}": cipher
    for agreement in _AGREEMENTS
    for last, cipher in _CIPHER_ARCS.items()
}
"""By protocol (§9.2.7)."""

_VERSION: Final = 1
_LONGEST_WRAPPING: Final = 8
"""Bytes around a public key: tags, lengths, the number of the key."""


@dataclass(frozen=True, slots=True)
class ChipAuthVariant:
    """A chip authentication that the gate can run: the protocol and the static key of the chip."""

    oid: str
    key_id: int | None
    key: AgreementKey
    public_key: bytes
    """The key as written in DG14, a SubjectPublicKeyInfo."""

    @property
    def cipher(self) -> Cipher:
        """The cipher of the session that follows."""
        return CIPHERS[self.oid]

    @property
    def is_long(self) -> bool:
        """Whether our public key does not fit a protected command of short length."""
        return self.key.group.field_length + _LONGEST_WRAPPING > LARGEST_SHORT_DATA

    @property
    def group(self) -> Group:
        """The domain parameters of the key."""
        return self.key.group


@dataclass(frozen=True, slots=True, repr=False)
class Agreed:
    """The keys agreed, and our public key in short form, which terminal authentication signs."""

    keys: SessionKeys
    terminal_key: bytes

    @override
    def __repr__(self) -> str:
        """Hide the keys."""
        return "Agreed(<redacted>)"


def choose(infos: Iterable[SecurityInfo]) -> ChipAuthVariant | None:
    """Return the strongest offer of DG14 that the gate can run, None for none.

    The choice does not depend on the order of the entries.
    """
    infos = tuple(infos)
    protocols = [info for info in infos if isinstance(info, ChipAuthenticationInfo)]
    keys = [info for info in infos if isinstance(info, ChipAuthenticationPublicKeyInfo)]
    variants = [
        ChipAuthVariant(
            oid, held.key_id if held.key_id is not None else key_id, key, held.public_key
        )
        for held in keys
        for key in _usable(held)
        for oid, key_id in _protocols_of(held, key, protocols, alone=len(keys) == 1)
    ]
    return max(variants, key=_strength, default=None)


def has_unfit_key(infos: Iterable[SecurityInfo]) -> bool:
    """Whether one of the keys is no element of its group: no honest issuer signs such a key."""
    for info in infos:
        if isinstance(info, ChipAuthenticationPublicKeyInfo):
            try:
                agreement_key.parse(info.public_key)
            except UnfitElement:
                return True
            except MalformedFile:
                continue
    return False


def contradict(infos: Iterable[SecurityInfo], others: Iterable[SecurityInfo]) -> bool:
    """Whether two files of a chip have different keys under one number.

    EF.CardSecurity and DG14 have separate signatures: either can bring keys of another chip.
    """
    held, other = _by_number(infos), _by_number(others)
    return any(held[number] != other[number] for number in held.keys() & other.keys())


def agree(
    chosen: ChipAuthVariant, random: Callable[[int], bytes], *, extended_length: bool = True
) -> Dialogue[Agreed | None]:
    """Agree new session keys with the chip's static key; None when the chip refuses.

    After a refusal the state of the old session differs from chip to chip: give it up.  The
    agreement proves nothing yet: a chip knows its private key only if it answers under the new
    keys.
    """
    group = chosen.group
    private = group.private_key(group.scalar(random))
    theirs = not_reflected(group, chosen.key.element, private.public)
    ephemeral = group.encode(private.public)
    accepted = False
    if chosen.cipher is Cipher.TDES:
        accepted = yield from _set_key_agreement(chosen, ephemeral, extended_length)
    if not accepted:  # with 3DES the second way is allowed too, and the field uses it
        accepted = yield from _general_authenticate(chosen, ephemeral, extended_length)
    if not accepted:
        return None
    return Agreed(
        SessionKeys.agreed(chosen.cipher, private.agree(theirs)),
        agreement_key.compress(chosen.key.group, ephemeral),
    )


def _set_key_agreement(
    chosen: ChipAuthVariant, ephemeral: bytes, extended_length: bool
) -> Dialogue[bool]:
    """MSE:Set KAT (§6.2.4.1); it cannot be chained."""
    data = tlv.encode(PLAIN_KEY, ephemeral) + _reference(chosen)
    if len(data) > LARGEST_SHORT_DATA and not extended_length:
        return False
    reply = yield Command(0x00, 0x22, 0x41, 0xA6, data)
    return reply.sw == OK


def _general_authenticate(
    chosen: ChipAuthVariant, ephemeral: bytes, extended_length: bool
) -> Dialogue[bool]:
    """MSE:Set AT, then GENERAL AUTHENTICATE, chained if the chip finds it too long (§6.2.4.2)."""
    data = tlv.encode(PROTOCOL, der.oid_value(chosen.oid)) + _reference(chosen)
    reply = yield Command(0x00, 0x22, 0x41, 0xA4, data)
    if reply.sw != OK:
        return False
    data = tlv.encode(DYNAMIC_DATA, tlv.encode(EPHEMERAL_KEY, ephemeral))
    command = Command(0x00, 0x86, 0x00, 0x00, data, SHORT_LE)
    reply = yield from whole_or_chained(
        command, LARGEST_SHORT_DATA, extended_length=extended_length
    )
    return reply.sw == OK


def _reference(chosen: ChipAuthVariant) -> bytes:
    if chosen.key_id is None:
        return b""
    width = (chosen.key_id.bit_length() + 7) // 8 or 1
    return tlv.encode(KEY_REFERENCE, chosen.key_id.to_bytes(width, "big"))


def _usable(held: ChipAuthenticationPublicKeyInfo) -> list[AgreementKey]:
    """The key, or nothing when it is no valid key of a known group."""
    try:
        return [agreement_key.parse(held.public_key)]
    except MalformedFile:
        return []


def _by_number(
    infos: Iterable[SecurityInfo],
) -> dict[tuple[str, int | None], set[tuple[DomainParameters, Element]]]:
    """The keys we can read, by kind and number."""
    found: dict[tuple[str, int | None], set[tuple[DomainParameters, Element]]] = {}
    for info in infos:
        if isinstance(info, ChipAuthenticationPublicKeyInfo):
            keys = found.setdefault((info.protocol, info.key_id), set())
            keys.update((key.group, key.element) for key in _usable(info))
    return found


def _protocols_of(
    held: ChipAuthenticationPublicKeyInfo,
    key: AgreementKey,
    protocols: list[ChipAuthenticationInfo],
    *,
    alone: bool,
) -> list[tuple[str, int | None]]:
    """The protocols this key can be used with, each with its key id.

    3DES when DG14 names no protocol, as early issuers did.  With a single key, an entry without a
    number means this key.
    """
    agreement = _DH if isinstance(key.group, ModpGroup) else _ECDH
    if not protocols:
        return [(f"{agreement}.1", None)]
    return [
        (each.protocol, each.key_id)
        for each in protocols
        if each.version == _VERSION
        and each.protocol in CIPHERS
        and each.protocol.startswith(f"{agreement}.")
        and (each.key_id == held.key_id or (alone and None in (each.key_id, held.key_id)))
    ]


def _strength(candidate: ChipAuthVariant) -> tuple[int, int, str, int]:
    """Order by cipher, group, and then by values that make the order total."""
    cipher = candidate.cipher
    strong = 0 if cipher is Cipher.TDES else cipher.key_length
    number = -1 if candidate.key_id is None else candidate.key_id
    return strong, candidate.group.security_bits, candidate.oid, -number

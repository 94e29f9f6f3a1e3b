"""PACE, the side of the terminal, and what both sides share (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.hazmat.primitives import constant_time

from edge.emrtd import der, key_derivation, tlv
from edge.emrtd.apdu import OK, SHORT_LE, Command
from edge.emrtd.ciphers import Cipher, pad
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.curves import STANDARDISED, Curve, Point
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import PACE, PaceInfo, SecurityInfo
from edge.errors import AccessDenied, MalformedFile

DYNAMIC_DATA: Final = 0x7C
NONCE, MAP_TERMINAL, MAP_CHIP = 0x80, 0x81, 0x82
KEY_TERMINAL, KEY_CHIP, TOKEN_TERMINAL, TOKEN_CHIP = 0x83, 0x84, 0x85, 0x86
"""Data objects of the steps (§4.4.4.2)."""

_CHAINING: Final = 0x10
_LONGEST_NONCE: Final = 64
_VERSION: Final = 2

Random: TypeAlias = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Variant:
    """A PACE protocol we can speak: mapping, cipher and curve."""

    oid: str
    parameter_id: int
    mapping: AccessProtocol
    cipher: Cipher

    @property
    def curve(self) -> Curve:
        """The standardised domain parameters."""
        return STANDARDISED[self.parameter_id]


_MAPPING_ARCS: Final = {f"{PACE}.2": AccessProtocol.PACE_GM}
_CIPHER_ARCS: Final = {
    "1": Cipher.TDES,
    "2": Cipher.AES_128,
    "3": Cipher.AES_192,
    "4": Cipher.AES_256,
}


def variant(info: PaceInfo) -> Variant | None:
    """Return how to speak this protocol, or None when we cannot.

    Explicit domain parameters are never used: EF.CardAccess is not signed, and weak parameters
    give the password away (§9.2.2).
    """
    arc, _, last = info.protocol.rpartition(".")
    mapping, cipher = _MAPPING_ARCS.get(arc), _CIPHER_ARCS.get(last)
    identifier = info.parameter_id
    if mapping is None or cipher is None or info.version != _VERSION:
        return None
    if identifier is None or identifier not in STANDARDISED:
        return None
    return Variant(info.protocol, identifier, mapping, cipher)


def choose(infos: Iterable[SecurityInfo]) -> Variant | None:
    """Return the strongest offered protocol we can speak; of equals, the first."""
    spoken = [variant(info) for info in infos if isinstance(info, PaceInfo)]
    usable = [each for each in spoken if each is not None]
    return max(usable, key=_strength, default=None)


def establish(key: AccessKey, chosen: Variant, random: Random) -> Dialogue[SessionKeys]:
    """Run PACE and agree session keys; AccessDenied whatever goes wrong."""
    try:
        yield from _choose_protocol(key, chosen)
        nonce = yield from _fetch_nonce(key, chosen)
        base = yield from _MAPPINGS[chosen.mapping](chosen.curve, nonce, random)
        return (yield from _agree(chosen, base, random))
    except MalformedFile as error:
        raise AccessDenied(f"PACE: {error}") from error


def nonce_key(key: AccessKey, cipher: Cipher) -> bytes:
    """Derive the key K_pi that encrypts the nonce (§9.7.3)."""
    return key_derivation.derive(cipher, key.encoded(), key_derivation.PASSWORD)


def generic_base(curve: Curve, nonce: bytes, shared: Point) -> Point:
    """Map the nonce to a base point: s·G + H (§4.4.3.3.1); MalformedFile for infinity."""
    scalar = int.from_bytes(nonce, "big") % curve.order
    return curve.add(curve.multiply(curve.base, scalar), shared)


def token(chosen: Variant, mac_key: bytes, public: Point) -> bytes:
    """Authenticate the other side's ephemeral public key: 8 bytes (§4.4.3.4)."""
    point = tlv.encode(0x86, chosen.curve.encode(public))
    message = tlv.encode(0x7F49, der.encode_oid(chosen.oid), point)
    if chosen.cipher is Cipher.TDES:
        message = pad(message, Cipher.TDES.block_length)
    return chosen.cipher.checksum(mac_key, message)


def _strength(candidate: Variant) -> tuple[int, int]:
    strong = candidate.cipher.key_length if candidate.cipher is not Cipher.TDES else 0
    return strong, candidate.curve.order.bit_length()


def _choose_protocol(key: AccessKey, chosen: Variant) -> Dialogue[None]:
    """MSE:Set AT; the domain parameters are always named, some chips insist (§4.4.4.1)."""
    data = (
        tlv.encode(0x80, der.oid_value(chosen.oid))
        + tlv.encode(0x83, bytes((key.password,)))
        + tlv.encode(0x84, bytes((chosen.parameter_id,)))
    )
    reply = yield Command(0x00, 0x22, 0xC1, 0xA4, data)
    if reply.sw != OK and reply.sw >> 4 != 0x63C:  # 63Cx: attempts left, after wrong ones
        raise AccessDenied(f"PACE: the chip refuses the protocol it offers (SW {reply.sw:04X})")


def _fetch_nonce(key: AccessKey, chosen: Variant) -> Dialogue[bytes]:
    encrypted = yield from _step("nonce", b"", NONCE)
    if len(encrypted) > _LONGEST_NONCE or len(encrypted) % chosen.cipher.block_length:
        raise MalformedFile("a nonce of impossible length")
    cipher = chosen.cipher
    return cipher.decrypt(nonce_key(key, cipher), cipher.zero_iv, encrypted)


def _map_generically(curve: Curve, nonce: bytes, random: Random) -> Dialogue[Point]:
    private = curve.scalar(random)
    public = curve.multiply(curve.base, private)
    sent = tlv.encode(MAP_TERMINAL, curve.encode(public))
    received = yield from _step("mapping", sent, MAP_CHIP)
    theirs = _not_ours(curve.decode(received), public)
    return generic_base(curve, nonce, curve.multiply(theirs, private))


def _agree(chosen: Variant, base: Point, random: Random) -> Dialogue[SessionKeys]:
    """Agree on keys over the mapped base point and exchange tokens (§4.4.1 step 3)."""
    curve = chosen.curve
    private = curve.scalar(random)
    public = curve.multiply(base, private)
    sent = tlv.encode(KEY_TERMINAL, curve.encode(public))
    received = yield from _step("key agreement", sent, KEY_CHIP)
    theirs = _not_ours(curve.decode(received), public)
    shared = curve.coordinate(curve.multiply(theirs, private).x)
    keys = SessionKeys.agreed(chosen.cipher, shared)
    sent = tlv.encode(TOKEN_TERMINAL, token(chosen, keys.mac, theirs))
    received = yield from _step("authentication", sent, TOKEN_CHIP)
    if not constant_time.bytes_eq(received, token(chosen, keys.mac, public)):
        raise AccessDenied("PACE: the chip does not know the key")
    return keys


def _step(name: str, sent: bytes, wanted: int) -> Dialogue[bytes]:
    """GENERAL AUTHENTICATE, chained but for the last step: the data object asked for."""
    cla = 0x00 if wanted == TOKEN_CHIP else _CHAINING
    data = tlv.encode(DYNAMIC_DATA, sent)
    reply = yield Command(cla, 0x86, 0x00, 0x00, data, SHORT_LE)
    if reply.sw in {0x6300, 0x6982, 0x6985} or reply.sw >> 4 == 0x63C:
        raise AccessDenied(f"PACE {name}: the key does not fit the chip (SW {reply.sw:04X})")
    if reply.sw != OK:
        raise AccessDenied(f"PACE {name}: the chip gave up (SW {reply.sw:04X})")
    value = tlv.only(tlv.read_one(reply.data, DYNAMIC_DATA).children(), wanted)
    if not value:
        raise MalformedFile("an empty answer")
    return value


def _not_ours(theirs: Point, ours: Point) -> Point:
    """Refuse our own point sent back (§4.4.1 step 3 d), or its mirror image."""
    if theirs.x == ours.x:
        raise MalformedFile("the chip sent our own public key back")
    return theirs


_MAPPINGS: Final[Mapping[AccessProtocol, Callable[[Curve, bytes, Random], Dialogue[Point]]]] = {
    AccessProtocol.PACE_GM: _map_generically,
}

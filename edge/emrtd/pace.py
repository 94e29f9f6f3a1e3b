"""PACE, the side of the terminal, and the parts that both sides share (Doc 9303-11 §4.4).

The terminal takes these steps, those of §4.4.1:

1. MSE:Set AT (§4.4.4.1) names protocol, password and domain parameters.
2. Nonce (§4.4.3.3).  The chip sends it, encrypted under the password.  Verified: nothing.
3. Mapping (§4.4.3.3).  Chip and terminal map the nonce to a generator, by an agreement or by a
   second nonce.
4. Key agreement (step 3 c, d) over this generator.  A public key of our own is refused.
5. Tokens (§4.4.3.4) under the new keys.  Verified: the chip knows the password.
6. PACE-CAM (§4.4.3.5).  Claimed: a private key of the chip.  Rule 11 of `edge.trust` verifies it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.hazmat.primitives import constant_time

from edge.emrtd import der, integrated_mapping, key_derivation, pace_cam, tlv
from edge.emrtd.apdu import EXTENDED_LE, OK, SHORT_LC, SHORT_LE, WRONG_LENGTH, Command, Response
from edge.emrtd.ciphers import Cipher, pad
from edge.emrtd.contents import AccessProtocol, ChipAuthenticationMapping
from edge.emrtd.dialogue import Dialogue, chained
from edge.emrtd.groups import Element, Group, IdentityElement, IdentityGenerator, not_reflected
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.pace_variant import PaceVariant
from edge.emrtd.refusals import is_breakdown, is_wrong_key
from edge.emrtd.secure_messaging import SessionKeys
from edge.errors import AccessDenied, ChipError, MalformedFile, PaceFailed, WrongKey

DYNAMIC_DATA: Final = 0x7C
NONCE, MAP_TERMINAL, MAP_CHIP = 0x80, 0x81, 0x82
KEY_TERMINAL, KEY_CHIP, TOKEN_TERMINAL, TOKEN_CHIP = 0x83, 0x84, 0x85, 0x86
CHIP_AUTHENTICATION_DATA: Final = 0x8A
"""Data objects of the steps (§4.4.5)."""

PROTOCOL, PASSWORD, DOMAIN = 0x80, 0x83, 0x84
"""Data objects of MSE:Set AT (§4.4.4.1)."""

END_OF_CHAIN: Final = Command(0x00, 0x86, 0x00, 0x00, tlv.encode(DYNAMIC_DATA), SHORT_LE)
"""After a failure some chips wait for the end of the chain; the answer does not matter."""

_CHAINING: Final = 0x10
_LONGEST_NONCE: Final = 64

Random: TypeAlias = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Established:
    """The result of PACE: session keys, and with PACE-CAM the claim of the chip."""

    keys: SessionKeys
    chip: ChipAuthenticationMapping | None = None


def establish(
    key: AccessKey, chosen: PaceVariant, random: Random, *, extended_length: bool = True
) -> Dialogue[Established]:
    """Run PACE; WrongKey when the chip reports it, PaceFailed for every other failure."""
    try:
        try:
            return (yield from _Terminal(key, chosen, random, extended_length).run())
        except _TooLong:  # the state of the chip is unknown: start again
            return (yield from _Terminal(key, chosen, random, extended_length=False).run())
    except MalformedFile as error:
        raise PaceFailed(f"PACE: {error}") from error


def nonce_key(key: AccessKey, cipher: Cipher) -> bytes:
    """Derive the key K_pi that encrypts the nonce (§9.7.3)."""
    return key_derivation.derive(cipher, key.encoded(), key_derivation.PASSWORD)


def generic_base(group: Group, nonce: bytes, shared: Element) -> Element:
    """Map the nonce to a generator: s·G + H (§4.4.3.3.1); IdentityGenerator."""
    scalar = int.from_bytes(nonce, "big") % group.order
    try:
        return group.add(group.multiply(group.base, scalar), shared)
    except IdentityElement as error:
        raise IdentityGenerator("the nonce maps to the identity, no generator") from error


def integrated_base(chosen: PaceVariant, s: bytes, t: bytes) -> Element:
    """Map both nonces to a generator (§4.4.3.3.2); NoMappedElement, IdentityGenerator."""
    number = integrated_mapping.field_element(chosen.cipher, s, t, chosen.parameters.prime)
    return generator_from(chosen.group, number)


def generator_from(group: Group, number: int) -> Element:
    """Map a field element to a generator; NoMappedElement, IdentityGenerator."""
    try:
        return group.element_from(number)
    except IdentityElement as error:
        raise IdentityGenerator("the nonces map to the identity, no generator") from error


def token(chosen: PaceVariant, mac_key: bytes, public: bytes) -> bytes:
    """Authenticate the other side's ephemeral public key, as it sent it: 8 bytes (§4.4.3.4)."""
    message = token_input(chosen, public)
    if chosen.cipher is Cipher.TDES:
        message = pad(message, Cipher.TDES.block_length)
    return chosen.cipher.checksum(mac_key, message)


def token_input(chosen: PaceVariant, public: bytes) -> bytes:
    """The public key data object that a token is computed over (§9.4)."""
    element = tlv.encode(chosen.group.public_key_tag, public)
    return tlv.encode(0x7F49, der.encode_oid(chosen.oid), element)


class _TooLong(ChipError):
    """The chip does not take a command of extended length."""


class _Terminal:
    """One run of the protocol."""

    def __init__(
        self, key: AccessKey, chosen: PaceVariant, random: Random, extended_length: bool
    ) -> None:
        self._key = key
        self._chosen = chosen
        self._group = chosen.group
        self._random = random
        self._extended_length = extended_length
        self._mapping_key = b""
        """The chip's public key of the mapping, as sent."""

    def run(self) -> Dialogue[Established]:
        yield from self._choose_protocol()
        nonce = yield from self._fetch_nonce()
        if self._chosen.mapping is AccessProtocol.PACE_IM:
            base = yield from self._map_by_integration(nonce)
        else:
            base = yield from self._map_generically(nonce)
        return (yield from self._agree(base))

    # 1. MSE:Set AT.
    def _choose_protocol(self) -> Dialogue[None]:
        """MSE:Set AT; domain parameters with an id are always named, because some chips need it."""
        data = tlv.encode(PROTOCOL, der.oid_value(self._chosen.oid))
        data += tlv.encode(PASSWORD, bytes((self._key.password,)))
        number = self._chosen.parameter_id
        if number is not None:
            width = (number.bit_length() + 7) // 8 or 1
            data += tlv.encode(DOMAIN, number.to_bytes(width, "big"))
        reply = yield Command(0x00, 0x22, 0xC1, 0xA4, data)
        if reply.sw != OK and reply.sw >> 4 != 0x63C:  # 63Cx: attempts left, after wrong ones
            raise PaceFailed(f"PACE: the chip refuses the protocol it offers (SW {reply.sw:04X})")

    # 2. Nonce.
    def _fetch_nonce(self) -> Dialogue[bytes]:
        cipher = self._chosen.cipher
        encrypted = yield from self._exchange("nonce", b"", NONCE)
        fits = 0 < len(encrypted) <= _LONGEST_NONCE and len(encrypted) % cipher.block_length == 0
        if self._chosen.mapping is AccessProtocol.PACE_IM:
            fits = len(encrypted) == integrated_mapping.nonce_length(cipher)
        if not fits:
            raise MalformedFile("a nonce of impossible length")
        return cipher.decrypt(nonce_key(self._key, cipher), cipher.zero_iv, encrypted)

    # 3. Mapping.
    def _map_generically(self, nonce: bytes) -> Dialogue[Element]:
        group = self._group
        private = group.private_key(group.scalar(self._random))
        sent = tlv.encode(MAP_TERMINAL, group.encode(private.public))
        self._mapping_key = yield from self._exchange("mapping", sent, MAP_CHIP)
        theirs = not_reflected(group, group.decode(self._mapping_key), private.public)
        return generic_base(group, nonce, private.multiply(theirs))

    def _map_by_integration(self, nonce: bytes) -> Dialogue[Element]:
        ours = self._random(self._chosen.cipher.key_length)
        answer = yield from self._ask("mapping", tlv.encode(MAP_TERMINAL, ours))
        if any(each.value for each in answer):
            raise MalformedFile("mapping data where there is none")
        return integrated_base(self._chosen, nonce, ours)

    def _agree(self, base: Element) -> Dialogue[Established]:
        """Agree on keys over the mapped generator and exchange tokens."""
        # 4. Key agreement.
        group, chosen = self._group, self._chosen
        private = group.private_key(group.scalar(self._random))
        public = private.multiply(base)
        encoded = group.encode(public)
        sent = tlv.encode(KEY_TERMINAL, encoded)
        received = yield from self._exchange("key agreement", sent, KEY_CHIP)
        theirs = not_reflected(group, group.decode(received), public)
        keys = SessionKeys.agreed(chosen.cipher, private.agree(theirs))
        # 5. Tokens.
        sent = tlv.encode(TOKEN_TERMINAL, token(chosen, keys.mac, received))
        answer = yield from self._ask("authentication", sent)
        expected = token(chosen, keys.mac, encoded)
        if not constant_time.bytes_eq(_only(answer, TOKEN_CHIP), expected):
            raise PaceFailed("PACE: the chip does not know the key")
        return Established(keys, self._claim(keys, answer))

    # 6. PACE-CAM.
    def _claim(
        self, keys: SessionKeys, answer: tuple[tlv.Tlv, ...]
    ) -> ChipAuthenticationMapping | None:
        """The claim of the chip about itself; without it the chip is still open."""
        number = self._chosen.parameter_id
        if self._chosen.mapping is not AccessProtocol.PACE_CAM or number is None:
            return None
        sealed = [each.value for each in answer if each.tag == CHIP_AUTHENTICATION_DATA]
        data = pace_cam.unseal(keys, sealed[0]) if len(sealed) == 1 else b""
        return ChipAuthenticationMapping(number, self._mapping_key, data)

    def _exchange(self, step: str, sent: bytes, wanted: int) -> Dialogue[bytes]:
        return _only((yield from self._ask(step, sent)), wanted)

    def _ask(self, step: str, sent: bytes) -> Dialogue[tuple[tlv.Tlv, ...]]:
        """GENERAL AUTHENTICATE: the data objects of the answer, possibly none."""
        cla = 0x00 if sent[:1] == bytes((TOKEN_TERMINAL,)) else _CHAINING
        reply = yield from self._send(cla, tlv.encode(DYNAMIC_DATA, sent))
        if reply.sw != OK:
            raise _refusal(step, reply.sw)
        return tlv.read_one(reply.data, DYNAMIC_DATA).children() if reply.data else ()

    def _send(self, cla: int, data: bytes) -> Dialogue[Response]:
        """Send long data at extended length, or chained if the chip cannot do that (§9.3)."""
        if len(data) <= SHORT_LC:
            return (yield Command(cla, 0x86, 0x00, 0x00, data, SHORT_LE))
        if not self._extended_length:
            whole = Command(cla, 0x86, 0x00, 0x00, data, SHORT_LE)
            return (yield from chained(whole, SHORT_LC))
        reply = yield Command(cla, 0x86, 0x00, 0x00, data, EXTENDED_LE)
        if reply.sw == WRONG_LENGTH:
            raise _TooLong("the chip takes no commands of extended length")
        return reply


def _only(objects: tuple[tlv.Tlv, ...], wanted: int) -> bytes:
    value = tlv.only(objects, wanted)
    if not value:
        raise MalformedFile("an empty answer")
    return value


def _refusal(step: str, sw: int) -> AccessDenied:
    if is_wrong_key(sw):
        return WrongKey(f"PACE {step}: the key does not fit the chip (SW {sw:04X})")
    if is_breakdown(sw):
        return PaceFailed(
            f"PACE {step}: the chip broke down (SW {sw:04X}): it is damaged, or PACE is suppressed"
        )
    return PaceFailed(f"PACE {step}: the chip gave up (SW {sw:04X})")

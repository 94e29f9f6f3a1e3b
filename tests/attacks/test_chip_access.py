"""Attacks on access control: PACE answers of the attacker's making, and the downgrade to BAC.

Every one ends with the chip shut: PaceFailed, which the gate turns into R-CHIP-DOWNGRADE, or
WrongKey, which it turns into R-CHIP-ACCESS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.virtual.chip.personalisation import Personalisation
from edge.emrtd import (
    bac,
    modp,
    pace,
    pace_cam,
    pace_variant,
    security_infos,
    tlv,
)
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.curves import STANDARDISED, Point
from edge.emrtd.dialogue import Transmit
from edge.emrtd.files import ElementaryFile
from edge.emrtd.groups import (
    Group,
    IdentityElement,
    IdentityGenerator,
    NoMappedElement,
    NotAnElement,
    ReflectedElement,
    SmallOrderElement,
    UnfitElement,
)
from edge.emrtd.key_derivation import basic_access_keys
from edge.emrtd.modp import Residue
from edge.emrtd.security_infos import PACE, PaceDomainParameterInfo, PaceInfo, SecurityInfo
from edge.errors import AccessDenied, PaceFailed
from tests.support.emrtd.domains import explicit_parameters
from tests.support.emrtd.specimens import (
    KEY,
    PACE_AES_128,
    insert,
    read,
    speaking_cam,
    specimen,
)

CURVE = STANDARDISED[13]
Forge = Callable[[bytes], bytes]


def forging(sent: int, forge: Forge, info: PaceInfo = PACE_AES_128) -> tuple[Transmit, list[int]]:
    """A chip whose answer to the PACE step that sends `sent` is forged from what was sent.

    Also returns the instructions the gate has sent, to see that no BAC follows.
    """
    chip = insert(specimen(pace=info))
    instructions: list[int] = []

    def transmit(raw: bytes) -> bytes:
        command = Command.parse(raw)
        instructions.append(command.ins)
        reply = chip.transmit(raw)
        if command.ins == 0x86:
            objects = tlv.read_one(command.data, 0x7C).children()
            if (objects[0].tag if objects else 0x80) == sent:
                return forge(objects[0].value if objects else b"")
        return reply

    return transmit, instructions


def answer(tag: int, value: bytes) -> bytes:
    return tlv.encode(0x7C, tlv.encode(tag, value)) + b"\x90\x00"


def mirrored(own: bytes) -> bytes:
    point = CURVE.decode(own)
    return CURVE.encode(Point(point.x, CURVE.prime - point.y))


FORGERIES: dict[str, tuple[int, Forge]] = {
    "mapping-key-reflected": (pace.MAP_TERMINAL, lambda own: answer(pace.MAP_CHIP, own)),
    "mapping-key-mirrored": (pace.MAP_TERMINAL, lambda own: answer(pace.MAP_CHIP, mirrored(own))),
    "mapping-key-off-curve": (
        pace.MAP_TERMINAL,
        lambda _: answer(pace.MAP_CHIP, b"\x04" + b"\x01" * 64),
    ),
    "mapping-key-infinity": (pace.MAP_TERMINAL, lambda _: answer(pace.MAP_CHIP, b"\x00")),
    "mapping-key-origin": (
        pace.MAP_TERMINAL,
        lambda _: answer(pace.MAP_CHIP, b"\x04" + bytes(64)),
    ),
    "session-key-reflected": (pace.KEY_TERMINAL, lambda own: answer(pace.KEY_CHIP, own)),
    "session-key-mirrored": (pace.KEY_TERMINAL, lambda own: answer(pace.KEY_CHIP, mirrored(own))),
    "session-key-off-curve": (
        pace.KEY_TERMINAL,
        lambda _: answer(pace.KEY_CHIP, b"\x04" + b"\x02" * 64),
    ),
    "session-key-compressed": (
        pace.KEY_TERMINAL,
        lambda own: answer(pace.KEY_CHIP, b"\x02" + own[1:33]),
    ),
    "session-key-too-small": (
        pace.KEY_TERMINAL,
        lambda _: answer(pace.KEY_CHIP, CURVE.encode(CURVE.base)[:-1]),
    ),
    "token-reflected": (pace.TOKEN_TERMINAL, lambda own: answer(pace.TOKEN_CHIP, own)),
    "token-of-zeros": (pace.TOKEN_TERMINAL, lambda _: answer(pace.TOKEN_CHIP, bytes(8))),
    "token-of-no-bytes": (pace.TOKEN_TERMINAL, lambda _: answer(pace.TOKEN_CHIP, b"")),
    "token-missing": (pace.TOKEN_TERMINAL, lambda _: b"\x90\x00"),
    "token-cut-off": (pace.TOKEN_TERMINAL, lambda own: answer(pace.TOKEN_CHIP, own[:4])),
    "nonce-odd-length": (pace.NONCE, lambda _: answer(pace.NONCE, bytes(15))),
    "nonce-too-long": (pace.NONCE, lambda _: answer(pace.NONCE, bytes(80))),
    "nonce-twice": (
        pace.NONCE,
        lambda _: tlv.encode(0x7C, tlv.encode(0x80, bytes(16)) * 2) + b"\x90\x00",
    ),
    "not-tlv": (pace.NONCE, lambda _: b"\xff\xff\xff\x90\x00"),
    "refused-late": (pace.TOKEN_TERMINAL, lambda _: b"\x63\xc2"),
    "broken-first": (pace.NONCE, lambda _: b"\x6f\xff"),
}


REASONS = {
    "key-reflected": "our own public key",
    "key-mirrored": "our own public key",
    "key-off-curve": "not on",
    "key-origin": "not on",
    "key-infinity": "infinity",
    "key-compressed": "not an uncompressed point",
    "key-too-small": "not an uncompressed point",
    "token-reflected": "does not know the key",
    "token-of-zeros": "does not know the key",
    "token-cut-off": "does not know the key",
    "refused-late": "does not fit",
    "broken-first": "PACE is suppressed",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_pace_forgery_is_refused_and_bac_is_not_tried(name: str) -> None:
    transmit, instructions = forging(*FORGERIES[name])
    reason = next((text for part, text in REASONS.items() if name.endswith(part)), "PACE")
    with pytest.raises(AccessDenied, match=reason):
        read(transmit)
    assert not {0x84, 0x82} & set(instructions)


def test_downgrade_by_refusing_pace() -> None:
    """EF.CardAccess offers PACE, MSE:Set AT is refused, BAC would work: it is not tried."""
    chip = insert(specimen(pace=PACE_AES_128))
    instructions: list[int] = []

    def transmit(raw: bytes) -> bytes:
        instructions.append(raw[1])
        return b"\x6f\xff" if raw[1] == 0x22 else chip.transmit(raw)

    with pytest.raises(AccessDenied, match="refuses the protocol it offers"):
        read(transmit)
    assert not {0x84, 0x82} & set(instructions)


def test_nonce_of_zero() -> None:
    """s = 0 would leave the mapped base point to the mapping key alone."""
    cipher = Cipher.AES_128
    zero = cipher.encrypt(pace.nonce_key(KEY, cipher), cipher.zero_iv, bytes(16))
    transmit, _ = forging(pace.NONCE, lambda _: answer(pace.NONCE, zero))
    with pytest.raises(PaceFailed, match="no generator") as caught:
        read(transmit)
    assert isinstance(caught.value.__cause__, IdentityGenerator)


Answer = Callable[[bytes], bytes]
Causes = list[tuple[str, PaceInfo, int, Answer, type[UnfitElement]]]

DH, ECDH = PaceInfo(f"{PACE}.1.2", 2, 1), PACE_AES_128
DH_IM, ECDH_IM = PaceInfo(f"{PACE}.3.2", 2, 1), PaceInfo(f"{PACE}.4.2", 2, 13)
GROUP = modp.STANDARDISED[1]


def number(element: int) -> Answer:
    return lambda _: GROUP.secret(Residue(element))


def inverse(own: bytes) -> bytes:
    return GROUP.encode(Residue(pow(int.from_bytes(own, "big"), -1, GROUP.prime)))


def of_small_order() -> int:
    """A number whose order divides the cofactor: it tells the private key modulo that order."""
    return next(
        found
        for seed in range(2, 100)
        if (found := pow(seed, GROUP.order, GROUP.prime)) not in {1, GROUP.prime - 1}
    )


ELEMENTS: Causes = [
    ("off-curve", ECDH, 65, lambda _: b"\x04" + b"\x01" * 64, NotAnElement),
    ("infinity", ECDH, 1, lambda _: b"\x00", IdentityElement),
    ("own-point", ECDH, 65, lambda own: own, ReflectedElement),
    ("mirrored-point", ECDH, 65, mirrored, ReflectedElement),
    ("zero", DH, 256, number(0), NotAnElement),
    ("prime", DH, 256, number(GROUP.prime), NotAnElement),
    ("too-long", DH, 257, lambda _: b"\x00" * 257, NotAnElement),
    ("one", DH, 256, number(1), IdentityElement),
    ("minus-one", DH, 256, number(GROUP.prime - 1), SmallOrderElement),
    ("small-order", DH, 256, number(of_small_order()), SmallOrderElement),
    ("not-in-the-subgroup", DH, 256, number(2), SmallOrderElement),
    ("own-number", DH, 256, lambda own: own, ReflectedElement),
    ("inverse-number", DH, 256, inverse, ReflectedElement),
]


@pytest.mark.parametrize("step", ["mapping", "key-agreement"])
@pytest.mark.parametrize("attack", ELEMENTS, ids=lambda attack: attack[0])
def test_unfit_element(
    attack: tuple[str, PaceInfo, int, Answer, type[UnfitElement]], step: str
) -> None:
    _, info, _, forge, cause = attack
    sent, wanted = {
        "mapping": (pace.MAP_TERMINAL, pace.MAP_CHIP),
        "key-agreement": (pace.KEY_TERMINAL, pace.KEY_CHIP),
    }[step]
    transmit, instructions = forging(sent, lambda own: answer(wanted, forge(own)), info)
    with pytest.raises(PaceFailed) as caught:
        read(transmit)
    assert type(caught.value.__cause__) is cause
    assert not {0x84, 0x82} & set(instructions)


class TestIntegratedMapping:
    @pytest.mark.parametrize(
        ("group", "element", "cause"),
        [
            (CURVE, 0, NoMappedElement),
            (CURVE, 1, NoMappedElement),
            (CURVE, CURVE.prime - 1, NoMappedElement),
            (GROUP, 0, NoMappedElement),
            (GROUP, GROUP.prime, NoMappedElement),
            (GROUP, 1, IdentityGenerator),
            (GROUP, GROUP.prime - 1, IdentityGenerator),
        ],
    )
    def test_nonces_that_map_to_no_generator(
        self, group: Group, element: int, cause: type[UnfitElement]
    ) -> None:
        with pytest.raises(cause) as caught:
            pace.generator_from(group, element)
        assert type(caught.value) is cause

    def test_mapping_data_where_there_is_none(self) -> None:
        forged = answer(pace.MAP_CHIP, b"\x01")
        transmit, _ = forging(pace.MAP_TERMINAL, lambda _: forged, ECDH_IM)
        with pytest.raises(PaceFailed, match="mapping data where there is none"):
            read(transmit)

    @pytest.mark.parametrize("forged", [b"\x90\x00", b"\x7c\x00\x90\x00"])
    def test_an_answer_without_the_empty_object_is_borne(self, forged: bytes) -> None:
        transmit, _ = forging(pace.MAP_TERMINAL, lambda _: forged, ECDH_IM)
        assert read(transmit).access.protocol is AccessProtocol.PACE_IM

    @pytest.mark.parametrize("length", [8, 32])
    def test_nonce_of_another_length(self, length: int) -> None:
        transmit, _ = forging(pace.NONCE, lambda _: answer(pace.NONCE, bytes(length)), ECDH_IM)
        with pytest.raises(PaceFailed, match="impossible length"):
            read(transmit)


class TestChipAuthenticationMapping:
    """A clone that speaks PACE-CAM is opened; what it cannot do is prove the key."""

    @staticmethod
    def proven(chip: Personalisation, transmit: Transmit | None = None) -> bool:
        contents = read(transmit or insert(chip).transmit)
        assert contents.access.protocol is AccessProtocol.PACE_CAM
        claim = contents.chip_authentication_mapping
        assert claim is not None
        infos = security_infos.parse(chip.files[ElementaryFile.CARD_SECURITY])
        return pace_cam.proves(claim, infos)

    def test_genuine(self) -> None:
        assert self.proven(speaking_cam())

    def test_clone_without_the_key(self) -> None:
        assert not self.proven(replace(speaking_cam(), pace_cam_key=None))

    def test_clone_with_a_key_of_its_own(self) -> None:
        assert not self.proven(replace(speaking_cam(), pace_cam_key=speaking_cam().pace_cam_key))

    def test_clone_with_a_key_on_another_curve(self) -> None:
        foreign = speaking_cam(2, 12).pace_cam_key
        assert not self.proven(replace(speaking_cam(), pace_cam_key=foreign))

    @pytest.mark.parametrize(
        "forge",
        [
            lambda token: token,
            lambda token: token + tlv.encode(0x8A),
            lambda token: token + tlv.encode(0x8A, bytes(15)),
            lambda token: token + tlv.encode(0x8A, bytes(16)),
            lambda token: token + tlv.encode(0x8A, bytes(160)),
            lambda token: token + tlv.encode(0x8A, bytes(48)) * 2,
        ],
        ids=["missing", "empty", "cut-off", "unpadded", "too-long", "twice"],
    )
    def test_chip_authentication_data_of_its_own_making(self, forge: Forge) -> None:
        chip = speaking_cam()
        inserted = insert(chip)

        def transmit(raw: bytes) -> bytes:
            reply = inserted.transmit(raw)
            if raw[:2] != b"\x00\x86":
                return reply
            token = tlv.only(tlv.read_one(reply[:-2], 0x7C).children(), pace.TOKEN_CHIP)
            return tlv.encode(0x7C, forge(tlv.encode(pace.TOKEN_CHIP, token))) + b"\x90\x00"

        assert not self.proven(chip, transmit)

    def test_card_security_swapped_for_one_without_the_key(self) -> None:
        chip, other = speaking_cam(), speaking_cam()
        card_security = other.files[ElementaryFile.CARD_SECURITY]
        files = {**chip.files, ElementaryFile.CARD_SECURITY: card_security}
        assert not self.proven(replace(chip, files=files))


def test_weak_explicit_domain_parameters_are_never_used() -> None:
    """EF.CardAccess offers a curve of the attacker's making beside the name of a good protocol."""
    curve = STANDARDISED[13]
    parameters = explicit_parameters(curve, base=curve.multiply(curve.base, 2))
    infos: list[SecurityInfo] = [
        PaceInfo(f"{PACE}.2.2", 2, None),
        PaceDomainParameterInfo(f"{PACE}.2", parameters),
    ]
    assert pace_variant.choose(infos) is None


def test_bac_answer_to_other_challenges() -> None:
    """An answer sealed with the right keys, but for another run."""
    chip = insert(specimen())
    sealed = bac.seal(*basic_access_keys(KEY), bytes(32))

    def transmit(raw: bytes) -> bytes:
        return sealed + b"\x90\x00" if raw[1] == 0x82 else chip.transmit(raw)

    with pytest.raises(AccessDenied, match="other challenges"):
        read(transmit)


@pytest.mark.parametrize("length", [0, 7, 9])
def test_bac_challenge_of_wrong_length(length: int) -> None:
    chip = insert(specimen())

    def transmit(raw: bytes) -> bytes:
        return bytes(length) + b"\x90\x00" if raw[1] == 0x84 else chip.transmit(raw)

    with pytest.raises(AccessDenied):
        read(transmit)


@pytest.mark.parametrize("length", [0, 8, 16, 39, 41, 200])
def test_bac_answer_of_wrong_length(length: int) -> None:
    chip = insert(specimen())

    def transmit(raw: bytes) -> bytes:
        return bytes(length) + b"\x90\x00" if raw[1] == 0x82 else chip.transmit(raw)

    with pytest.raises(AccessDenied):
        read(transmit)


def test_bac_answer_too_short_but_sealed() -> None:
    chip = insert(specimen())
    encryption, mac = basic_access_keys(KEY)
    short = bac.seal(encryption, mac, bytes(24))

    def transmit(raw: bytes) -> bytes:
        return short + b"\x90\x00" if raw[1] == 0x82 else chip.transmit(raw)

    with pytest.raises(AccessDenied):
        read(transmit)

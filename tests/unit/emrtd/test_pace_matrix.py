"""Terminal against virtual chip: every mapping, agreement, group and cipher of PACE.

By default every group with every mapping once, ciphers, passwords and lengths in turn; every
combination with `pytest -m whole`.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, replace

import pytest
from typing_extensions import override

from drivers.virtual.chip.personalisation import Personalisation
from edge.emrtd import curves, modp, pace_cam, security_infos
from edge.emrtd.access import open_chip
from edge.emrtd.apdu import Command
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.dialogue import run, with_get_response
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.security_infos import PACE, PaceInfo
from tests.support.emrtd.specimens import CAN, KEY, insert, speaking_cam, specimen

P224 = 10
CURVES, GROUPS = sorted(curves.STANDARDISED), sorted(modp.STANDARDISED)
CIPHERS = (1, 2, 3, 4)
KEYS = (KEY, AccessKey.of_can(CAN))
LARGEST_RESPONSES = (65_536, 256)

KINDS: dict[int, tuple[AccessProtocol, list[int], tuple[int, ...]]] = {
    1: (AccessProtocol.PACE_GM, GROUPS, CIPHERS),
    2: (AccessProtocol.PACE_GM, CURVES, CIPHERS),
    3: (AccessProtocol.PACE_IM, GROUPS, CIPHERS),
    4: (AccessProtocol.PACE_IM, [curve for curve in CURVES if curve != P224], CIPHERS),
    6: (AccessProtocol.PACE_CAM, CURVES, (2, 3, 4)),
}
"""Last arcs of the object identifiers (ICAO Doc 9303-11 §9.2.3), domain parameters, ciphers."""


@dataclass(frozen=True, slots=True)
class Combination:
    kind: int
    cipher: int
    parameter_id: int
    key: AccessKey
    max_response: int

    @override
    def __str__(self) -> str:
        password = self.key.password.name.lower()
        return f"{self.kind}.{self.cipher}-{self.parameter_id}-{password}-{self.max_response}"

    def chip(self) -> Personalisation:
        if self.kind == 6:
            chip = speaking_cam(self.cipher, self.parameter_id)
        else:
            chip = specimen(
                pace=PaceInfo(f"{PACE}.{self.kind}.{self.cipher}", 2, self.parameter_id)
            )
        return replace(chip, max_response=self.max_response)


def whole() -> list[Combination]:
    return [
        Combination(kind, *each)
        for kind, (_, parameters, ciphers) in KINDS.items()
        for each in itertools.product(ciphers, parameters, KEYS, LARGEST_RESPONSES)
    ]


def sampled() -> list[Combination]:
    rotations = itertools.product(LARGEST_RESPONSES, KEYS, range(12))
    turn = itertools.cycle(rotations)
    return [
        Combination(kind, ciphers[number % len(ciphers)], parameter_id, key, max_response)
        for kind, (_, parameters, ciphers) in KINDS.items()
        for parameter_id, (max_response, key, number) in zip(parameters, turn, strict=False)
    ]


def opens(combination: Combination) -> None:
    chip = insert(combination.chip())
    opening = open_chip(combination.key, secrets.token_bytes)
    sent: list[Command] = []

    def transmit(raw: bytes) -> bytes:
        sent.append(Command.parse(raw))
        return chip.transmit(raw)

    opened = run(with_get_response(opening), transmit)
    general = [each for each in sent if each.ins == 0x86]
    assert {(each.p1, each.p2) for each in general} == {(0, 0)}  # Doc 9303-11 §4.4.4.2
    assert opened.access.protocol is KINDS[combination.kind][0]
    assert opened.session is not None
    claim = opened.chip_authentication_mapping
    assert (claim is not None) is (combination.kind == 6)
    if claim is not None and opened.card_security is not None:
        assert pace_cam.proves(claim, security_infos.parse(opened.card_security))


@pytest.mark.parametrize("combination", sampled(), ids=str)
def test_sample(combination: Combination) -> None:
    opens(combination)


@pytest.mark.whole
@pytest.mark.parametrize("combination", whole(), ids=str)
def test_whole(combination: Combination) -> None:
    opens(combination)


def test_the_sample_has_everything_once() -> None:
    found = sampled()
    assert {(each.kind, each.parameter_id) for each in found} == {
        (each.kind, each.parameter_id) for each in whole()
    }
    assert {(each.kind in {1, 3}, each.cipher) for each in found} == {
        (agreement, cipher) for agreement in (True, False) for cipher in CIPHERS
    }
    assert {(each.key.password, each.max_response) for each in found} == {
        (key.password, size) for key in KEYS for size in LARGEST_RESPONSES
    }

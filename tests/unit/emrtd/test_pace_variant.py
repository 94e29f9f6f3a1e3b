"""Which kind of PACE is chosen from what a chip offers."""

from __future__ import annotations

import itertools
import secrets

import pytest

from edge.emrtd import pace, pace_variant, security_infos, tlv
from edge.emrtd.access import open_chip
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.dialogue import run
from edge.emrtd.domain_parameters import STANDARDISED as DOMAINS
from edge.emrtd.files import ElementaryFile
from edge.emrtd.modp import ModpGroup
from edge.emrtd.pace_variant import PaceVariant
from edge.emrtd.security_infos import (
    PACE,
    OtherInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
)
from edge.errors import PaceFailed
from tests.support.emrtd.domains import by_id, explicit_group, explicit_parameters
from tests.support.emrtd.specimens import KEY, insert, specimen

GM = f"{PACE}.2"
CURVE = STANDARDISED[13]


def chosen(*infos: SecurityInfo) -> PaceVariant:
    found = pace_variant.choose(infos)
    assert found is not None
    assert {pace_variant.choose(each) for each in itertools.permutations(infos)} == {found}
    return found


def test_the_strongest() -> None:
    found = chosen(
        OtherInfo("1.2.3"),
        PaceInfo(f"{GM}.1", 2, 18),
        PaceInfo(f"{GM}.2", 2, 13),
        PaceInfo(f"{GM}.4", 2, 12),
        PaceInfo(f"{GM}.4", 2, 16),
    )
    assert (found.cipher, found.parameter_id) == (Cipher.AES_256, 16)


def test_none() -> None:
    assert pace_variant.choose([]) is None
    assert pace_variant.choose([OtherInfo(f"{GM}.2")]) is None


def test_a_strong_cipher_does_not_make_up_for_a_weak_group() -> None:
    found = chosen(PaceInfo(f"{GM}.4", 2, 8), PaceInfo(f"{GM}.2", 2, 12))
    assert found.parameter_id == 12


def test_3des_comes_last() -> None:
    found = chosen(PaceInfo(f"{GM}.1", 2, 18), PaceInfo(f"{PACE}.1.2", 2, 0))
    assert found.cipher is Cipher.AES_128


def test_between_equals_the_mapping_that_proves_the_chip() -> None:
    """As issued by Germany and Finland: GM and CAM."""
    assert chosen(PaceInfo(f"{GM}.2", 2, 13), PaceInfo(f"{PACE}.6.2", 2, 13)).mapping is (
        AccessProtocol.PACE_CAM
    )


def test_between_equals_generic_mapping() -> None:
    """As issued by France: GM and IM."""
    assert chosen(PaceInfo(f"{PACE}.4.2", 2, 13), PaceInfo(f"{GM}.2", 2, 13)).mapping is (
        AccessProtocol.PACE_GM
    )


def test_between_equals_the_lower_parameter_id() -> None:
    assert chosen(PaceInfo(f"{GM}.2", 2, 13), PaceInfo(f"{GM}.2", 2, 12)).parameter_id == 12


def test_integrated_mapping_alone() -> None:
    """The EF.CardAccess of Turkey: AES-256 on P-521."""
    content = bytes.fromhex("31143012060A04007F00070202040404020102020112")
    found = chosen(*security_infos.parse(content))
    assert found.mapping is AccessProtocol.PACE_IM
    assert (found.cipher, found.parameter_id) == (Cipher.AES_256, 18)


class TestParametersWithoutStandardisedId:
    def test_spelt_out(self) -> None:
        given = PaceDomainParameterInfo(GM, explicit_parameters(CURVE))
        found = chosen(PaceInfo(f"{GM}.2", 2, None), given)
        assert (found.parameters, found.parameter_id) == (CURVE, None)

    def test_with_a_name_of_their_own(self) -> None:
        given = PaceDomainParameterInfo(GM, explicit_parameters(CURVE), 40)
        found = chosen(PaceInfo(f"{GM}.2", 2, 40), given)
        assert (found.parameters, found.parameter_id) == (CURVE, 40)

    def test_named_by_another_entry(self) -> None:
        given = PaceDomainParameterInfo(GM, by_id(13))
        assert chosen(PaceInfo(f"{GM}.2", 2, None), given).parameters is CURVE

    def test_of_finite_fields(self) -> None:
        group = DOMAINS[2]
        assert isinstance(group, ModpGroup)
        given = PaceDomainParameterInfo(f"{PACE}.1", explicit_group(group))
        assert chosen(PaceInfo(f"{PACE}.1.2", 2, None), given).parameters is group

    @pytest.mark.parametrize(
        "given",
        [
            (),
            (PaceDomainParameterInfo(GM, explicit_parameters(CURVE), 41),),
            (PaceDomainParameterInfo(f"{PACE}.4", explicit_parameters(CURVE), 40),),
            (PaceDomainParameterInfo(GM, b"\x30\x00", 40),),
            (PaceDomainParameterInfo(GM, by_id(0), 40),),
            (
                PaceDomainParameterInfo(GM, by_id(13), 40),
                PaceDomainParameterInfo(GM, by_id(12), 40),
            ),
        ],
        ids=["none", "another-id", "another-mapping", "broken", "another-agreement", "ambiguous"],
    )
    def test_that_cannot_be_told(self, given: tuple[SecurityInfo, ...]) -> None:
        assert pace_variant.choose([PaceInfo(f"{GM}.2", 2, 40), *given]) is None

    def test_chip_authentication_mapping_needs_a_name(self) -> None:
        given = PaceDomainParameterInfo(f"{PACE}.6", explicit_parameters(CURVE))
        assert pace_variant.choose([PaceInfo(f"{PACE}.6.2", 2, None), given]) is None

    @pytest.mark.parametrize(
        ("number", "named"), [(None, b""), (40, b"\x84\x01\x28"), (300, b"\x84\x02\x01\x2c")]
    )
    def test_are_used_and_named_as_the_chip_names_them(
        self, number: int | None, named: bytes
    ) -> None:
        infos: list[SecurityInfo] = [
            PaceInfo(f"{GM}.2", 2, number),
            PaceDomainParameterInfo(GM, explicit_parameters(CURVE), number),
        ]
        chip = specimen()
        card_access = security_infos.encode(infos)
        files = {**chip.files, ElementaryFile.CARD_ACCESS: card_access}
        inserted = insert(type(chip)(chip.mrz_information, files))
        selected: list[bytes] = []

        def transmit(raw: bytes) -> bytes:
            if raw[1:3] == b"\x22\xc1":
                selected.append(Command.parse(raw).data)
            return inserted.transmit(raw)

        opened = run(open_chip(KEY, secrets.token_bytes), transmit)
        assert opened.access.protocol is AccessProtocol.PACE_GM
        assert selected[0].endswith(b"\x83\x01\x01" + named)


def test_standardised_parameters_are_always_named() -> None:
    """Chips of Ukraine answer 6A87 without DO'84', although there is but one choice."""
    found = chosen(PaceInfo(f"{GM}.2", 2, 13))
    command = next(pace.establish(KEY, found, secrets.token_bytes))
    assert command.data.endswith(b"\x84\x01\x0d")


def test_zero_is_a_name_too() -> None:
    found = chosen(PaceInfo(f"{PACE}.1.2", 2, 0))
    command = next(pace.establish(KEY, found, secrets.token_bytes))
    assert command.data.endswith(b"\x84\x01\x00")


def test_a_chip_that_refuses_what_it_offers() -> None:
    found = chosen(PaceInfo(f"{GM}.2", 2, 13))
    with pytest.raises(PaceFailed, match="6A80"):
        run(pace.establish(KEY, found, secrets.token_bytes), lambda _: b"\x6a\x80")


@pytest.mark.parametrize(
    ("length", "fits"), [(15, False), (16, True), (24, False), (32, True), (64, True), (80, False)]
)
def test_a_nonce_is_whole_blocks_of_64_bytes_at_most(length: int, fits: bool) -> None:
    """Doc 9303-11 §4.4.3.3: as long as the chip likes with the generic mapping."""
    dialogue = pace.establish(KEY, chosen(PaceInfo(f"{GM}.2", 2, 13)), secrets.token_bytes)
    next(dialogue)
    dialogue.send(Response(b"", 0x9000))
    answer = Response(tlv.encode(0x7C, tlv.encode(0x80, bytes(length))), 0x9000)
    if fits:
        assert dialogue.send(answer).data[2:3] == b"\x81"
    else:
        with pytest.raises(PaceFailed, match="a nonce of impossible length"):
            dialogue.send(answer)

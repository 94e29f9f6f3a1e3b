"""Attacks on what proves a chip, or opens it to us: chip, active and terminal authentication.

Numbers are those of facts/chip.md section 6.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.border.decide import Evidence, decide
from edge.border.decision import Refer
from edge.checks import Check, CheckId, Reason, Result
from edge.emrtd import active_auth, agreement_key, chip_auth, der, tlv
from edge.emrtd.apdu import Command
from edge.emrtd.contents import ChipContents, TerminalAuthentication
from edge.emrtd.curves import Point
from edge.emrtd.dialogue import Transmit, run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.groups import ReflectedElement, UnfitElement
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
)
from edge.errors import MalformedFile
from tests.support.emrtd.cv_authority import state
from tests.support.emrtd.domains import explicit_parameters
from tests.support.emrtd.guarded_chip import guarded, shown
from tests.support.emrtd.specimens import (
    CA_AES_128,
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    read,
    rsa_key,
    specimen,
    spki,
)
from tests.support.emrtd.unfit_keys import (
    CURVE,
    EC_KEY,
    UNFIT,
    point_key,
    representative,
    rsa_spki,
)
from tests.support.plain_policy import POLICY

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class TestStaticKeys:
    """Attack 9: a static key that makes every secret the same."""

    @pytest.mark.parametrize("name", UNFIT)
    def test_an_unfit_key_is_never_used(self, name: str) -> None:
        kind, protocol, key = UNFIT[name]
        infos: list[SecurityInfo] = [
            ChipAuthenticationInfo(protocol),
            ChipAuthenticationPublicKeyInfo(kind, key),
        ]
        with pytest.raises(UnfitElement):
            agreement_key.parse(key)
        assert chip_auth.choose(infos) is None
        assert chip_auth.has_unfit_key(infos)

    def test_a_fit_one_is_no_suspect(self) -> None:
        infos: list[SecurityInfo] = [
            ChipAuthenticationPublicKeyInfo(EC_KEY, spki(ec_key())),
            ChipAuthenticationPublicKeyInfo(EC_KEY, b"\x30\x00"),
            ChipAuthenticationInfo(CA_AES_128),
        ]
        assert not chip_auth.has_unfit_key(infos)

    @pytest.mark.parametrize("mirrored", [False, True])
    def test_our_own_key_as_the_chips(self, mirrored: bool) -> None:
        """With a random source that was foreseen; nothing is sent."""
        drawn = secrets.token_bytes(40)
        own = CURVE.multiply(CURVE.base, CURVE.scalar(lambda n: drawn[:n]))
        if mirrored:
            own = Point(own.x, CURVE.prime - own.y)
        infos: list[SecurityInfo] = [
            ChipAuthenticationInfo(CA_AES_128),
            ChipAuthenticationPublicKeyInfo(EC_KEY, point_key(CURVE.encode(own))),
        ]
        chosen = chip_auth.choose(infos)
        assert chosen is not None
        with pytest.raises(ReflectedElement):
            next(chip_auth.agree(chosen, lambda n: drawn[:n]))

    @pytest.mark.parametrize("value", [b"\x00", b"\x04" + b"\x01" * 64, b"", b"\x04" + bytes(64)])
    def test_the_chip_refuses_such_keys_of_ours(self, value: bytes) -> None:
        chip = insert(replace(specimen(chip_auth=CA_AES_128), bac=False))
        agreed = answer_to(chip.transmit, value)
        assert agreed == 0x6A80

    def test_the_chip_refuses_its_own_key(self) -> None:
        key = ec_key()
        chip = insert(replace(specimen(chip_auth=CA_AES_128, chip_auth_key=key), bac=False))
        numbers = key.public_key().public_numbers()
        own = CURVE.encode(Point(numbers.x, numbers.y))
        assert answer_to(chip.transmit, own) == 0x6A80


class TestKeysInTwoFiles:
    """Attack 25: EF.CardSecurity with a key that is not the one in DG14."""

    @staticmethod
    def key(content: bytes, number: int | None = 1) -> list[SecurityInfo]:
        info = ChipAuthenticationPublicKeyInfo(EC_KEY, content, number)
        return [ChipAuthenticationInfo(CA_AES_128, key_id=number), info]

    def test_another_key_of_the_same_number(self) -> None:
        own, other = spki(ec_key()), point_key(CURVE.encode(CURVE.base))
        assert chip_auth.contradict(self.key(own), self.key(other))
        assert chip_auth.contradict(self.key(own, None), self.key(other, None))

    def test_a_key_that_cannot_be_read_in_place_of_one_that_can(self) -> None:
        assert chip_auth.contradict(self.key(spki(ec_key())), self.key(b"\x30\x00"))

    def test_the_same_key_spelt_otherwise_is_the_same(self) -> None:
        numbers = ec_key().public_key().public_numbers()
        point = CURVE.encode(Point(numbers.x, numbers.y))
        explicit = tlv.encode(
            der.SEQUENCE, explicit_parameters(CURVE), tlv.encode(der.BIT_STRING, b"\x00", point)
        )
        assert not chip_auth.contradict(self.key(spki(ec_key())), self.key(explicit))

    def test_keys_of_other_numbers_do_not_matter(self) -> None:
        own, other = spki(ec_key()), point_key(CURVE.encode(CURVE.base))
        assert not chip_auth.contradict(self.key(own), self.key(other, 2))
        assert not chip_auth.contradict(self.key(own), [])


class TestFailureOfChipAuthentication:
    """Attack 24: what did not work is told, and nothing of that session is relied upon."""

    @pytest.mark.parametrize(
        "refusal",
        ["6A80", "6A88", "6300", "6F00", "6D00", "9000"],
    )
    @pytest.mark.parametrize("protected", [True, False])
    def test_refused(self, refusal: str, protected: bool) -> None:
        chip = insert(specimen(pace=PACE_AES_128, chip_auth=CA_AES_256))
        accesses = 0
        status = int(refusal, 16)

        def transmit(raw: bytes) -> bytes:
            nonlocal accesses
            accesses += raw[1:4] == b"\x22\xc1\xa4"
            if raw[0] & 0x0C != 0x0C or raw[1] != 0x22:
                return chip.transmit(raw)
            if not protected:
                return bytes.fromhex(refusal)
            return refused_inside(chip, raw, status)

        contents = read(transmit)
        done = contents.chip_authentication
        assert done is not None
        assert not done.succeeded
        assert accesses == 2, "access control is run anew"
        assert ElementaryFile.DG2 in contents.files

    def test_terminal_authentication_is_not_tried_after_it(self) -> None:
        chip = replace(guarded(), chip_auth_key=None)
        contents = shown(chip, state().gate())
        assert contents.terminal_authentication is None
        assert ElementaryFile.DG3 not in contents.files

    def test_it_refers(self) -> None:
        failed = Check(CheckId.CHIP_CHIP_AUTH, Result.FAILED)
        assert reasons(failed) == {Reason.CHIP_CLONE}


class TestActiveAuthentication:
    """Attacks 7 and 8: answers that prove nothing."""

    def test_the_challenge_is_new_every_time(self) -> None:
        chip = specimen(active_auth_key=ec_key())
        asked = {challenge(read(insert(chip).transmit)) for _ in range(5)}
        assert len(asked) == 5

    def test_a_challenge_that_repeats_is_seen_in_the_record(self) -> None:
        """What was asked is kept beside the answer, so that nobody verifies another question."""
        contents = read(insert(specimen(active_auth_key=ec_key())).transmit)
        done = contents.active_authentication
        assert done is not None
        assert active_auth.verify(spki(ec_key()), None, done.challenge, done.response)

    @pytest.mark.parametrize("key", [ec_key(), rsa_key(1024)], ids=["ecdsa", "rsa"])
    def test_an_answer_of_another_session(self, key: object) -> None:
        chip = specimen(active_auth_key=key)  # type: ignore[arg-type]
        recorded = read(insert(chip).transmit).active_authentication
        fresh = read(insert(chip).transmit).active_authentication
        assert recorded is not None
        assert fresh is not None
        public = spki(key)  # type: ignore[arg-type]
        assert active_auth.verify(public, None, fresh.challenge, recorded.response) is False

    @pytest.mark.parametrize("exponent", [0, 1, 2])
    def test_an_exponent_that_signs_everything(self, exponent: int) -> None:
        """With e = 1 the message is its own signature."""
        modulus = rsa_key(1024).public_key().public_numbers().n
        assert not active_auth.verify(
            rsa_spki(modulus, exponent), None, bytes(8), representative(1024)
        )

    @pytest.mark.parametrize("bits", [512, 768, 1023])
    def test_a_modulus_that_can_be_factored(self, bits: int) -> None:
        modulus = (1 << bits - 1) + 1
        assert (
            active_auth.verify(rsa_spki(modulus, 3), None, bytes(8), representative(bits)) is False
        )

    def test_a_refusal_after_chip_authentication_is_asked_again_without_it(self) -> None:
        """Some genuine chips do but one of the two in a session."""
        chip = insert(specimen(chip_auth=CA_AES_128, active_auth_key=ec_key()))
        contents = read(not_after_chip_authentication(chip.transmit))
        assert contents.chip_authentication is not None
        assert contents.chip_authentication.succeeded
        done = contents.active_authentication
        assert done is not None
        assert active_auth.verify(spki(ec_key()), None, done.challenge, done.response)

    def test_a_clone_that_refuses_it_every_time(self) -> None:
        genuine = specimen(chip_auth=CA_AES_128, active_auth_key=ec_key())
        contents = read(insert(replace(genuine, active_auth_key=None)).transmit)
        assert contents.active_authentication is not None
        assert contents.active_authentication.response == b""

    def test_a_chip_that_does_not_open_a_second_time(self) -> None:
        genuine = specimen(chip_auth=CA_AES_128, active_auth_key=ec_key())
        chip = insert(replace(genuine, active_auth_key=None))
        opened = 0

        def transmit(raw: bytes) -> bytes:
            nonlocal opened
            opened += raw[1] == 0x84
            return b"\x69\x85" if opened > 1 else chip.transmit(raw)

        contents = read(transmit)
        assert contents.active_authentication is not None
        assert contents.active_authentication.response == b""
        assert ElementaryFile.DG2 in contents.files

    def test_it_refers(self) -> None:
        failed = Check(CheckId.CHIP_ACTIVE_AUTH, Result.FAILED)
        assert reasons(failed) == {Reason.CHIP_CLONE}


class TestTerminalAuthentication:
    def test_it_refers_when_it_fails(self) -> None:
        failed = Check(CheckId.CHIP_TERMINAL_AUTH, Result.FAILED)
        assert reasons(failed) == {Reason.CHIP_ACCESS}

    @pytest.mark.parametrize(
        "reply",
        [b"", b"\x00" * 36, b"\x42\x01", b"\x42\x03ABC" * 4, b"\x42\x02\x00\x01" + bytes(32)],
    )
    def test_trust_points_of_the_attackers_making_end_in_a_failure(self, reply: bytes) -> None:
        from edge.emrtd import terminal_auth

        dialogue = terminal_auth.read_trust_points([])
        try:
            found = run(dialogue, lambda _: reply + b"\x90\x00")
        except MalformedFile:
            return
        assert found == ()

    def test_a_result_says_whether_it_succeeded(self) -> None:
        assert TerminalAuthentication(("A",)).succeeded
        assert not TerminalAuthentication(("A",), "why").succeeded


def reasons(check: Check) -> frozenset[Reason]:
    decision = decide(Evidence((check,)), POLICY)
    assert isinstance(decision, Refer)
    return decision.reasons


def challenge(contents: ChipContents) -> bytes:
    assert contents.active_authentication is not None
    return contents.active_authentication.challenge


def answer_to(transmit: Transmit, ephemeral: bytes) -> int:
    """The status word of chip authentication with this key of ours."""
    data = tlv.encode(0x80, der.oid_value(CA_AES_128))
    assert transmit(bytes(Command(0x00, 0x22, 0x41, 0xA4, data))) == b"\x90\x00"
    data = tlv.encode(0x7C, tlv.encode(0x80, ephemeral))
    return int.from_bytes(transmit(bytes(Command(0x00, 0x86, 0x00, 0x00, data, 256))), "big")


def refused_inside(chip: object, raw: bytes, status: int) -> bytes:
    """Let the chip answer a protected MSE with this status word, properly protected."""
    from drivers.virtual.chip.virtual_chip import VirtualChip
    from edge.emrtd.apdu import Response

    assert isinstance(chip, VirtualChip)
    session = chip._session
    assert session is not None
    plain = session.open_command(Command.parse(raw))
    return bytes(session.protect_response(Response(b"", status), plain.ins))


def not_after_chip_authentication(transmit: Callable[[bytes], bytes]) -> Transmit:
    """A chip that answers INTERNAL AUTHENTICATE only before chip authentication."""
    from edge.emrtd.apdu import Response

    chip = transmit.__self__  # type: ignore[attr-defined]
    genuine = chip._internal_authenticate

    def internal_authenticate(command: Command) -> Response:
        if chip._chip_auth.terminal_key:
            return Response(b"", 0x6F00)
        answer: Response = genuine(command)
        return answer

    chip._internal_authenticate = internal_authenticate

    def line(raw: bytes) -> bytes:
        if raw[0] == 0x00 and raw[1] == 0xA4:
            chip._chip_auth.terminal_key = b""
        return transmit(raw)

    return line

"""Terminal against virtual chip: terminal authentication, and who gets at fingerprints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge.emrtd import ef_cvca, security_infos, terminal_auth, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.contents import ChipContents
from edge.emrtd.cv_certificate import READ_DG3, READ_DG4, HolderRole
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg14
from edge.emrtd.read import ReadPlan
from edge.emrtd.security_infos import FileId, TerminalAuthenticationInfo
from edge.emrtd.terminal_auth import Terminal
from edge.emrtd.terminal_signature import ALGORITHMS, TERMINAL_AUTHENTICATION
from edge.errors import MalformedFile
from tests.support.emrtd import cv_authority
from tests.support.emrtd.cv_authority import BOTH, TODAY, VALID, Pki, Signer, new_key, parsed, state
from tests.support.emrtd.guarded_chip import DG3, DG4, FINGERS, IRISES, guarded, shown
from tests.support.emrtd.specimens import (
    CA_AES_128,
    PACE_AES_128,
    insert,
    read,
    rsa_key,
    speaking_cam,
    specimen,
)


def failure(contents: ChipContents) -> str:
    done = contents.terminal_authentication
    assert done is not None
    assert not {DG3, DG4} & contents.files.keys()
    assert ElementaryFile.DG2 in contents.files
    return done.failure


def granted(contents: ChipContents) -> set[ElementaryFile]:
    done = contents.terminal_authentication
    assert done is not None
    assert done.succeeded, done.failure
    return {DG3, DG4} & set(contents.files)


@pytest.mark.parametrize("pace", [None, PACE_AES_128], ids=["bac", "pace"])
def test_fingerprints_are_read_after_terminal_authentication(
    pace: security_infos.PaceInfo | None,
) -> None:
    chip = guarded(specimen(pace=pace, chip_auth=CA_AES_128))
    contents = shown(chip, state().gate())
    assert granted(contents) == {DG3, DG4}
    assert (contents.files[DG3], contents.files[DG4]) == (FINGERS, IRISES)
    assert contents.terminal_authentication is not None
    assert contents.terminal_authentication.trust_points == ("XXCVCA00001",)


def test_after_pace_with_chip_authentication_mapping() -> None:
    """The ephemeral key of PACE-CAM is as good as that of chip authentication (§7.1.2)."""
    contents = shown(guarded(speaking_cam(2, 13)), state().gate())
    assert contents.chip_authentication is None
    assert granted(contents) == {DG3, DG4}


def test_a_gate_without_certificates_reads_everything_else() -> None:
    contents = shown(guarded(), None)
    assert contents.terminal_authentication is None
    assert not {DG3, DG4} & contents.files.keys()


def test_a_chip_that_knows_no_terminals() -> None:
    assert shown(specimen(chip_auth=CA_AES_128), state().gate()).terminal_authentication is None


def test_a_chip_without_chip_authentication_is_shown_nothing() -> None:
    """There is no key of ours that its rights could be bound to."""
    assert shown(guarded(specimen()), state().gate()).terminal_authentication is None


@pytest.mark.parametrize(
    ("authority", "verifier", "terminal", "expected"),
    [
        (BOTH, BOTH, READ_DG3, {DG3}),
        (BOTH, READ_DG4, BOTH, {DG4}),
        (READ_DG3, BOTH, BOTH, {DG3}),
        (BOTH, READ_DG3, READ_DG4, set()),
        (BOTH, 0x3F, BOTH, {DG3, DG4}),
    ],
)
def test_rights_are_what_the_whole_chain_has_in_common(
    authority: int, verifier: int, terminal: int, expected: set[ElementaryFile]
) -> None:
    pki = cv_authority.issue()
    rights = replace(
        pki,
        root=pki.authority.certify(pki.authority, HolderRole.AUTHORITY, authority),
        verifier_certificate=pki.authority.certify(
            pki.verifier, HolderRole.FOREIGN_VERIFIER, verifier
        ),
        terminal_certificate=pki.verifier.certify(pki.terminal, HolderRole.TERMINAL, terminal),
    )
    assert granted(shown(guarded(None, rights.root), rights.gate())) == expected


ALL_ECDSA = [oid for oid, algorithm in ALGORITHMS.items() if not algorithm.is_rsa]
ALL_RSA = [oid for oid, algorithm in ALGORITHMS.items() if algorithm.is_rsa]
CURVES = [
    ec.SECP192R1,
    ec.SECP224R1,
    ec.SECP256R1,
    ec.BrainpoolP256R1,
    ec.BrainpoolP384R1,
    ec.BrainpoolP512R1,
    ec.SECP521R1,
]


@pytest.mark.parametrize("oid", ALL_ECDSA)
@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa(oid: str, curve: type[ec.EllipticCurve]) -> None:
    pki = cv_authority.issue(ec.generate_private_key(curve()), oid)
    assert granted(shown(guarded(None, pki.root), pki.gate())) == {DG3, DG4}


@pytest.mark.parametrize(
    ("oid", "bits"),
    [(oid, bits) for oid in ALL_RSA for bits in (1024, 2048) if (oid[-1], bits) != ("6", 1024)],
)
def test_rsa(oid: str, bits: int) -> None:
    pki = cv_authority.issue(rsa_key(bits), oid)
    assert granted(shown(guarded(None, pki.root), pki.gate())) == {DG3, DG4}


def test_rsa_on_a_chip_without_extended_length() -> None:
    """Certificates and signature go in pieces."""
    pki = cv_authority.issue(rsa_key(), f"{TERMINAL_AUTHENTICATION}.1.4")
    chip = replace(guarded(None, pki.root), max_response=256)
    assert granted(shown(chip, pki.gate())) == {DG3, DG4}


class TestChains:
    def test_over_a_link(self) -> None:
        """The chip knows the old key of the authority, the gate has certificates of the new."""
        old, new = state().authority, cv_authority.issue()
        successor = replace(new.authority, holder="XXCVCA00002")
        link = old.certify(successor, HolderRole.AUTHORITY)
        pki = replace(new, verifier_certificate=certify_verifier(new, successor))
        chip = insert(guarded())
        assert granted(shown(chip, pki.gate(link))) == {DG3, DG4}
        chip.reset()
        contents = shown(chip, pki.gate())
        assert granted(contents) == {DG3, DG4}
        assert contents.terminal_authentication is not None
        trusted = contents.terminal_authentication.trust_points
        assert trusted == ("XXCVCA00002", "XXCVCA00001")

    def test_over_an_expired_link(self) -> None:
        old, new = state().authority, cv_authority.issue()
        successor = replace(new.authority, holder="XXCVCA00002")
        expired = (date(2020, 1, 1), date(2023, 1, 1))
        link = old.certify(successor, HolderRole.AUTHORITY, valid=expired)
        further = replace(new.authority, holder="XXCVCA00003", private=new_key())
        second = successor.certify(further, HolderRole.AUTHORITY)
        pki = replace(new, verifier_certificate=certify_verifier(new, further))
        chip = insert(guarded())
        assert granted(shown(chip, pki.gate(second, link))) == {DG3, DG4}

    def test_the_dutch_test_passport(self) -> None:
        """Shared data: the old key certifies the new; both lead to the same inspection system."""
        terminal = dutch("orig")
        assert [each.holder for each in terminal.chain_from(["NLCVCAA00001"]) or ()] == [
            "NLDVAAANL001",
            "NLIS7202000NL001",
        ]
        renewed = dutch("new")
        assert [each.holder for each in renewed.chain_from(["NLCVCAA00001"]) or ()] == [
            "NLCVCAA00002",
            "NLDVAAANL001",
            "NLIS7202000NL001",
        ]
        assert renewed.chain_from(["NLCVCAA00003"]) is None
        assert replace(renewed, today=date(2009, 11, 19)).chain_from(["NLCVCAA00001"]) is None

    def test_the_newest_trust_point_is_preferred(self) -> None:
        pki = state()
        other = pki.authority.certify(
            replace(pki.verifier, holder="XXDVXXXXX002"), HolderRole.DOMESTIC_VERIFIER
        )
        chain = pki.gate(other).chain_from(["XXCVCA00009", "XXCVCA00001"])
        assert [each.holder for each in chain or ()] == ["XXDVXXXXX001", "XXIS0001XX001"]

    def test_circles_end(self) -> None:
        one, other = (Signer(f"XXCVCA0000{number}", new_key()) for number in (1, 2))
        circle = (
            one.certify(other, HolderRole.AUTHORITY),
            other.certify(one, HolderRole.AUTHORITY),
        )
        certificates = tuple(map(parsed, circle))
        assert Terminal(state().terminal, certificates, TODAY).chain_from(["XXCVCA00001"]) is None

    def test_chains_longer_than_any_life_of_a_chip(self) -> None:
        signers = [Signer(f"XXCVCA{number:05}", new_key()) for number in range(12)]
        links = tuple(
            parsed(old.certify(new, HolderRole.AUTHORITY)) for old, new in pairwise(signers)
        )
        assert Terminal(state().terminal, links, TODAY).chain_from(["XXCVCA00000"]) is None

    @pytest.mark.parametrize("issuer", list(HolderRole))
    def test_who_certifies_whom(self, issuer: HolderRole) -> None:
        subjects = {role for role in HolderRole if terminal_auth.may_issue(issuer, role)}
        assert subjects == {
            HolderRole.AUTHORITY: {
                HolderRole.AUTHORITY,
                HolderRole.DOMESTIC_VERIFIER,
                HolderRole.FOREIGN_VERIFIER,
            },
            HolderRole.DOMESTIC_VERIFIER: {HolderRole.TERMINAL},
            HolderRole.FOREIGN_VERIFIER: {HolderRole.TERMINAL},
            HolderRole.TERMINAL: set(),
        }.get(issuer, set())


class TestDates:
    """A chip has no clock: it believes the latest date that somebody trustworthy signed."""

    def test_an_expired_terminal(self) -> None:
        pki = with_terminal(valid=(date(2020, 2, 1), date(2020, 3, 1)))
        assert "no chain" in failure(shown(guarded(), pki.gate()))

    def test_a_chip_that_knows_that_it_is_later(self) -> None:
        pki = with_terminal(valid=(date(2020, 2, 1), date(2020, 3, 1)))
        chip = guarded()
        assert granted(shown(chip, pki.gate(today=date(2020, 2, 15)))) == {DG3, DG4}
        later = replace(chip, personalised_on=date(2020, 3, 2))
        found = failure(shown(later, pki.gate(today=date(2020, 2, 15))))
        assert "refuses the certificate of XXIS0001XX001" in found

    def test_a_verifier_tells_the_time(self) -> None:
        """Its effective date is later than the terminal's last day."""
        pki = with_terminal(valid=(date(2020, 2, 1), date(2020, 3, 1)))
        chip = insert(guarded())
        shown(chip, state().gate())
        chip.reset()
        assert "refuses" in failure(shown(chip, pki.gate(today=date(2020, 2, 15))))

    @pytest.mark.parametrize(
        ("role", "believed"),
        [(HolderRole.DOMESTIC_VERIFIER, True), (HolderRole.FOREIGN_VERIFIER, False)],
    )
    def test_only_domestic_terminals_tell_the_time(self, role: HolderRole, believed: bool) -> None:
        pki = state()
        future = (date(2090, 1, 1), date(2091, 1, 1))
        verifier = pki.authority.certify(pki.verifier, role)
        early = replace(
            pki,
            verifier_certificate=pki.authority.certify(
                pki.verifier, role, valid=(VALID[0], date(2099, 1, 1))
            ),
            terminal_certificate=pki.verifier.certify(
                pki.terminal, HolderRole.TERMINAL, valid=future
            ),
        )
        chip = insert(guarded())
        shown(chip, early.gate())
        chip.reset()
        contents = shown(chip, replace(pki, verifier_certificate=verifier).gate())
        assert contents.terminal_authentication is not None
        assert contents.terminal_authentication.succeeded is not believed


class TestRefusals:
    def test_no_chain(self) -> None:
        foreign = cv_authority.issue()
        stranger = replace(foreign, authority=replace(foreign.authority, holder="YYCVCA00001"))
        root = stranger.authority.certify(stranger.authority, HolderRole.AUTHORITY)
        assert "no chain" in failure(shown(guarded(None, root), state().gate()))

    def test_a_verifier_that_the_authority_did_not_sign(self) -> None:
        forged = cv_authority.issue()
        found = failure(shown(guarded(None, cv_authority.issue(new_key()).root), forged.gate()))
        assert found == "the chip refuses the certificate of XXDVXXXXX001 (SW 6300)"

    def test_a_key_that_is_not_in_the_certificate(self) -> None:
        gate = state().gate()
        thief = replace(gate, key=Signer(state().terminal.holder, new_key()))
        assert failure(shown(guarded(), thief)) == "the chip refuses the signature (SW 6300)"

    def test_a_terminal_of_another_kind(self) -> None:
        pki = with_terminal(terminal_type="0.4.0.127.0.7.3.1.2.2")
        assert "refuses the certificate" in failure(shown(guarded(), pki.gate()))

    def test_a_name_the_chip_has_not(self) -> None:
        pki = state()
        file = ef_cvca.encode(["XXCVCA00001"])
        chip = guarded(None, cv_authority.issue().root)
        other = replace(pki.authority, holder="YYCVCA00001")
        chip = replace(
            chip,
            trust_points=(other.certify(other, HolderRole.AUTHORITY),),
            files={**chip.files, ElementaryFile.CVCA: file},
        )
        assert failure(shown(chip, pki.gate())) == "the chip does not know XXCVCA00001 (SW 6A88)"

    def test_a_chip_that_does_not_take_the_key(self) -> None:
        assert "does not take" in failure(tampered(0x22, 0xA4, b"\x6a\x88"))

    def test_a_chip_without_challenges(self) -> None:
        assert "no challenge" in failure(tampered(0x84, 0x00, b"\x69\x85"))

    def test_a_challenge_of_wrong_length(self) -> None:
        assert "no challenge" in failure(tampered(0x84, 0x00, b"\x01\x90\x00"))

    def test_an_ef_cvca_that_is_none(self) -> None:
        chip = guarded()
        broken = {**chip.files, ElementaryFile.CVCA: b"\x42\xff"}
        assert "broken off" in failure(shown(replace(chip, files=broken), state().gate()))

    def test_a_chip_that_ends_the_session_over_it(self) -> None:
        """Everything else has been read by then, and is not read again."""
        chip = insert(guarded())
        seen: list[int] = []

        def transmit(command: bytes) -> bytes:
            seen.append(command[1])
            return b"\x6f\x00" if command[1] == 0x2A else chip.transmit(command)

        contents = read(transmit, plan=ReadPlan(terminal=state().gate()))
        assert "broken off" in failure(contents)
        assert seen[-1] == 0x2A


class TestEfCvca:
    def test_where_dg14_says_it_is(self) -> None:
        asked: list[bytes] = []

        def transmit(command: bytes) -> bytes:
            asked.append(command)
            return b"\x6a\x82" if len(asked) == 1 else content + b"\x90\x00"

        content = ef_cvca.encode(["XXCVCA00002", "XXCVCA00001"])
        info = TerminalAuthenticationInfo(ef_cvca=FileId(0x1234, 0x11))
        dialogue = terminal_auth.read_trust_points([TerminalAuthenticationInfo(), info])
        assert run(dialogue, transmit) == ("XXCVCA00002", "XXCVCA00001")
        assert asked == [
            bytes.fromhex("00B0910024"),
            bytes.fromhex("00A4020C021234"),
            bytes.fromhex("00B0000024"),
        ]

    def test_without_a_short_identifier_it_is_selected(self) -> None:
        asked: list[bytes] = []

        def transmit(command: bytes) -> bytes:
            asked.append(command)
            return b"\x6a\x82"

        info = TerminalAuthenticationInfo(ef_cvca=FileId(0x1234))
        assert run(terminal_auth.read_trust_points([info]), transmit) == ()
        assert asked == [bytes.fromhex("00A4020C021234")]

    def test_in_dg14(self) -> None:
        infos = {
            TerminalAuthenticationInfo(),
            TerminalAuthenticationInfo(ef_cvca=FileId(0x1234)),
            TerminalAuthenticationInfo(ef_cvca=FileId(0x1234, 0x11)),
        }
        assert set(dg14.decode(dg14.encode(infos))) == infos

    @pytest.mark.parametrize("content", ["", "00" * 36, "4200", "42015841", "4203414243" * 3])
    def test_content_that_is_none(self, content: str) -> None:
        with pytest.raises(MalformedFile):
            ef_cvca.decode(bytes.fromhex(content))


class TestTheChip:
    """The chip's own rules, asked command by command in a session after chip authentication."""

    def test_fingerprints_are_closed_without(self) -> None:
        chip = guarded(specimen())
        contents = read(insert(chip).transmit)
        assert DG3 not in contents.files

    def test_a_chip_without_trust_points_does_not_guard(self) -> None:
        chip = replace(guarded(specimen(chip_auth=CA_AES_128)), trust_points=())
        assert insert(chip)._files._guards is False

    @pytest.mark.parametrize(
        ("command", "status"),
        [
            (Command(0x00, 0x22, 0x81, 0xB6, b"\x83\x03ABC"), 0x6A88),
            (Command(0x00, 0x22, 0x81, 0xA4, b"\x83\x0bXXCVCA00001"), 0x6A88),
            (Command(0x00, 0x2A, 0x00, 0xBE, b"\x7f\x4e\x00"), 0x6985),
            (Command(0x00, 0x2A, 0x00, 0xAE, b"\x7f\x4e\x00"), 0x6A86),
            (Command(0x10, 0x2A, 0x00, 0xBE, bytes(250)), 0x9000),
        ],
    )
    def test_out_of_turn(self, command: Command, status: int) -> None:
        chip = insert(replace(guarded(specimen(), state().root), bac=False))
        assert Response.parse(chip.transmit(bytes(command))).sw == status

    def test_needs_a_key_like_everything_else(self) -> None:
        chip = insert(guarded(specimen()))
        command = Command(0x00, 0x2A, 0x00, 0xBE, b"\x7f\x4e\x00")
        assert Response.parse(chip.transmit(bytes(command))).sw == 0x6982

    def test_without_chip_authentication_nothing_is_granted(self) -> None:
        chip = insert(replace(guarded(specimen()), bac=False))
        gate = state().gate()
        done = run(terminal_auth.authenticate(gate, ("XXCVCA00001",), (b"", b"")), chip.transmit)
        assert "refuses the signature (SW 6982)" in done.failure

    def test_a_chain_without_end(self) -> None:
        chip = insert(replace(guarded(specimen()), bac=False))
        piece = bytes(Command(0x10, 0x2A, 0x00, 0xBE, bytes(250)))
        assert b"\x67\x00" in {chip.transmit(piece) for _ in range(20)}

    @pytest.mark.parametrize(
        "root",
        [
            b"\x30\x00",
            state().verifier_certificate,
            cv_authority.issue(rsa_key(), f"{TERMINAL_AUTHENTICATION}.1.4").verifier_certificate,
        ],
        ids=["no-certificate", "no-curve", "no-authority"],
    )
    def test_trust_points_a_chip_cannot_have(self, root: bytes) -> None:
        with pytest.raises(Exception, match="trust point"):
            insert(guarded(None, root))

    def test_rights_of_other_terminals_are_not_those_of_inspection_systems(self) -> None:
        """A whole chain of authentication terminals, whose lowest bits mean something else."""
        other = "0.4.0.127.0.7.3.1.2.2"
        pki = state()
        gate = replace(
            pki,
            root=pki.authority.certify(pki.authority, HolderRole.AUTHORITY, terminal_type=other),
            verifier_certificate=pki.authority.certify(
                pki.verifier, HolderRole.DOMESTIC_VERIFIER, terminal_type=other
            ),
            terminal_certificate=pki.verifier.certify(
                pki.terminal, HolderRole.TERMINAL, terminal_type=other
            ),
        )
        assert granted(shown(guarded(None, gate.root), gate.gate())) == set()

    def test_a_verifier_is_no_terminal(self) -> None:
        """Nor is a terminal without a challenge, or with one of another length."""
        chip = insert(replace(guarded(specimen()), bac=False))
        pki = state()

        def ask(*command: int, data: bytes = b"", le: int | None = None) -> int:
            cla, ins, p1, p2 = command
            raw = chip.transmit(bytes(Command(cla, ins, p1, p2, data, le)))
            return Response.parse(raw).sw

        def name(holder: str) -> bytes:
            return tlv.encode(0x83, holder.encode())

        for certificate in (pki.verifier_certificate, pki.terminal_certificate):
            read_ = parsed(certificate)
            assert ask(0, 0x22, 0x81, 0xB6, data=name(read_.issuer)) == 0x9000
            assert ask(0, 0x2A, 0x00, 0xBE, data=read_.presented()) == 0x9000
            selected = ask(0, 0x22, 0x81, 0xA4, data=name(read_.holder))
            assert selected == (0x9000 if read_.role is HolderRole.TERMINAL else 0x6A88)
        assert ask(0, 0x84, 0, 0, le=16) == 0x6700
        assert ask(0, 0x82, 0, 0, data=bytes(64)) == 0x6985

    def test_rights_end_with_the_session(self) -> None:
        inserted = insert(guarded())
        contents = shown(inserted, state().gate())
        assert granted(contents) == {DG3, DG4}
        inserted.transmit(bytes.fromhex("00A4040C07A0000002471001"))
        assert inserted._files._rights == 0

    def test_only_once_a_session(self) -> None:
        """Doc 9303-11 §7.1.3."""
        chip = insert(replace(guarded(specimen(chip_auth=CA_AES_128)), bac=False))
        side = chip._terminal_auth
        gate, names = state().gate(), (b"name", b"key")
        side.begin(*names)
        chip_dialogue = terminal_auth.authenticate(gate, ("XXCVCA00001",), names)
        assert run(chip_dialogue, chip.transmit).succeeded
        again = run(terminal_auth.authenticate(gate, ("XXCVCA00001",), names), chip.transmit)
        assert "6982" in again.failure


def certify_verifier(pki: Pki, authority: Signer) -> bytes:
    return authority.certify(pki.verifier, HolderRole.DOMESTIC_VERIFIER)


def with_terminal(
    valid: tuple[date, date] = VALID, terminal_type: str = "0.4.0.127.0.7.3.1.2.1"
) -> Pki:
    """The state of all tests with another terminal certificate."""
    pki = state()
    certificate = pki.verifier.certify(
        pki.terminal, HolderRole.TERMINAL, valid=valid, terminal_type=terminal_type
    )
    old = (date(2020, 1, 1), date(2099, 1, 1))
    verifier = pki.authority.certify(pki.verifier, HolderRole.DOMESTIC_VERIFIER, valid=old)
    return replace(pki, verifier_certificate=verifier, terminal_certificate=certificate)


def tampered(ins: int, p2: int, answer: bytes) -> ChipContents:
    """Read a chip without secure messaging of its own that answers one command otherwise."""
    chip = insert(guarded())
    session = chip._perform

    def perform(command: Command) -> Response:
        is_it = command.ins == ins and command.p2 == p2 and command.p1 != 0x41
        is_terminal = chip._terminal_auth._temporary is not None
        return Response.parse(answer) if is_it and is_terminal else session(command)

    chip._perform = perform  # type: ignore[method-assign]
    return shown(chip, state().gate())


@dataclass(frozen=True)
class _NoKey:
    holder: str = "NLIS7202000NL001"

    def sign(self, message: bytes) -> bytes:
        raise NotImplementedError


@cache
def dutch(folder: str) -> Terminal:
    from tests.support.shared_data import shared

    path = shared("chips/cvc-certs") / folder
    certificates = tuple(parsed(each.read_bytes()) for each in sorted(path.glob("*.cvcert")))
    return Terminal(_NoKey(), certificates, date(2009, 6, 1))

"""Every attack group of facts/chip.md section 6, from the chip on the reader to the decision.

Each attack ends in a referral with its own reasons under the policy that is shipped; none in an
exception, none in an open door.  What each layer does about it is tested beside this file.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from typing_extensions import override

from drivers.virtual.chip.man_in_the_middle import Chip as Inserted
from drivers.virtual.chip.man_in_the_middle import LineAttack, ManInTheMiddle
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge import mrz
from edge.border import eligibility
from edge.border.clock import examine_clock
from edge.border.decide import Evidence, decide
from edge.border.decision import Decision, Open, Refer
from edge.border.policy import Policy
from edge.border.requirement import Requirement
from edge.checks import Check, CheckId, Reason, Result
from edge.emrtd import der, public_key, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg14, dg15
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
)
from edge.errors import ChipLost, DocumentError
from edge.imaging import Decoder
from edge.lane.document_inspection import ChipOutcome, InspectionTerms
from edge.ports import Closeable
from edge.settings.chip import ChipSettings
from edge.settings.policy import load_policy
from edge.trust import TrustStore
from tests.support.emrtd.domains import explicit_parameters
from tests.support.emrtd.face_records import GIF, FaceRecord, Record, extended_face, file, of
from tests.support.emrtd.hostile_text import HOSTILE
from tests.support.emrtd.unfit_keys import UNFIT, representative, rsa_spki
from tests.support.imaging.drawn import siz
from tests.support.laid_chip import at_the_gate
from tests.support.trust import lists
from tests.support.trust.specimens import (
    DIGITAL_SIGNATURE,
    NOW,
    OTHER_PORTRAIT,
    PORTRAIT,
    ROOT,
    SIGNER,
    SOD,
    UNHEARD_OF,
    Party,
    altered,
    authority,
    certify,
    edited,
    foreign,
    genuine,
    key,
    name,
    parsed,
    resigned,
    root_certificate,
    signer_certificate,
    signing_with,
    spki,
    trusting,
)
from tools.specimen import chip as specimen
from tools.specimen import description
from tools.specimen.authority import Authority, Validity, lds_security_object
from tools.specimen.chip import SpecimenChip

ROOT_FOLDER = Path(__file__).parents[2]
POLICY = load_policy(ROOT_FOLDER / "config" / "policy.example.toml", live=True)
GROUPS = 36
PATIENCE_S = 60.0
COM, DG1, DG2, DG4, DG14, DG15 = (
    ElementaryFile.COM,
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG4,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
)
SETTINGS = ChipSettings()
STORE = trusting(authority())
OWN_STORE = TrustStore.of([root_certificate()])
"""Trusts ROOT, whose key a test holds to certify signers of every kind."""
NUMBERED = {f.data_group: c for f, c in genuine().files.items() if f.data_group is not None}
CONTENT = lds_security_object(NUMBERED, "sha256")

Tamper = Callable[[bytes, bytes], bytes]


class Line(Closeable):
    """A chip reader with one chip on it, and whoever tampers with what passes."""

    def __init__(self, chip: Inserted, tamper: Tamper | None = None) -> None:
        self._chip = chip
        self.tamper = tamper
        self.atr = b""
        self.sent: list[bytes] = []

    @override
    def close(self) -> None:
        pass

    def probe(self) -> None:
        """It is always there."""

    def connect(self, timeout_s: float) -> Self:
        self._chip.reset()
        return self

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command)
        answer = self._chip.transmit(command)
        return answer if self.tamper is None else self.tamper(command, answer)

    def disconnect(self) -> None:
        self._chip.reset()


class Parrot(VirtualChip):
    """Keeps its last signature, or answers every challenge with one it was taught."""

    def __init__(
        self,
        chip: Personalisation,
        random: Callable[[int], bytes],
        taught: Response | None = None,
    ) -> None:
        super().__init__(chip, random)
        self._taught = taught
        self.said: Response | None = None

    @override
    def _internal_authenticate(self, command: Command) -> Response:
        self.said = self._taught or super()._internal_authenticate(command)
        return self.said


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate trusts and how it is set; everything but the chip speaks for the traveller."""

    store: TrustStore = STORE
    settings: ChipSettings = SETTINGS
    policy: Policy = POLICY
    at: datetime = NOW
    lines: tuple[str, ...] | None = None
    """The printed page, where it is not the chip's own."""

    def outcome(self, line: Line, lines: tuple[str, ...]) -> ChipOutcome:
        terms = InspectionTerms(self.settings, self.store, self.at, secrets.token_bytes)
        return at_the_gate(line, lines, terms)

    def decision(self, outcome: ChipOutcome, lines: tuple[str, ...]) -> Decision:
        """Decide as the lane does; the face is the portrait's wherever there is one."""
        zone, today = mrz.parse(lines), self.at.date()
        document = outcome.document
        checks = [
            Check(CheckId.CLOCK_TRUSTED, Result.SUCCESSFUL),
            Check(CheckId.LANE_SINGLE_PERSON, Result.SUCCESSFUL),
            *mrz.examine(zone, today),
            *outcome.checks,
            Check(CheckId.FACE_DETECT, Result.SUCCESSFUL),
            Check(CheckId.FACE_QUALITY, Result.SUCCESSFUL),
            Check(CheckId.FACE_PAD, Result.SUCCESSFUL),
        ]
        matched = Result.NOT_PERFORMED
        if document is not None:
            checks += eligibility.examine(document.mrz, document.issued, today, self.policy)
            if document.portrait is not None and decodes(document.portrait.image):
                matched = Result.SUCCESSFUL
        checks.append(Check(CheckId.FACE_MATCH, matched))
        return decide(Evidence(tuple(checks), outcome.faults), self.policy)

    def decides(self, chip: SpecimenChip, tamper: Tamper | None = None) -> Decision:
        return self.decides_on(Line(inserted(chip), tamper), self.lines or chip.lines)

    def decides_on(self, line: Line, lines: tuple[str, ...] | None = None) -> Decision:
        page = lines or genuine().lines
        return self.decision(self.outcome(line, page), page)


GATE = Gate()
OWN = Gate(OWN_STORE)


def decodes(picture: bytes) -> bool:
    """Whether a portrait can be compared at all; the specimens' is taken as it is."""
    if picture in {PORTRAIT, OTHER_PORTRAIT}:
        return True
    try:
        with Decoder(PATIENCE_S) as decoder:
            decoder.decode(picture)
    except DocumentError:
        return False
    return True


def inserted(chip: SpecimenChip) -> VirtualChip:
    personal: Personalisation = chip.personalisation()
    return VirtualChip(personal, secrets.token_bytes)


def having(files: dict[ElementaryFile, bytes], chip: SpecimenChip | None = None) -> SpecimenChip:
    """A chip written anew by an attacker: its signature is the old one."""
    base = chip or genuine()
    return replace(base, files={**base.files, **files})


def reissued(files: dict[ElementaryFile, bytes]) -> SpecimenChip:
    """A chip whose issuer signed hostile files, knowingly or not."""
    return genuine().with_data_groups(authority(), files)


def with_sod(sod: bytes) -> SpecimenChip:
    return having({SOD: sod})


def signed_by(signer: bytes, private: Any = SIGNER.key) -> SpecimenChip:
    """The genuine data under a document signer of the test's making."""
    return with_sod(signing_with(signer, private).sign(NUMBERED))


def resigned_sod(change: Callable[[Any], None]) -> SpecimenChip:
    return with_sod(edited(genuine().files[SOD], change))


def refers(decision: Decision, *reasons: Reason) -> None:
    """An officer takes over, for exactly these reasons."""
    assert decision == Refer(frozenset(reasons))


def test_those_who_attack_hold_a_chip_that_opens_the_gate() -> None:
    """So that every referral below is for its attack alone."""
    assert GATE.decides(genuine()) == Open()
    assert OWN.decides(signed_by(signer_certificate())) == Open()


def test_every_group_has_its_test() -> None:
    named = {
        int(found.group(1))
        for each in globals()
        if (found := re.match(r"test_group_(\d\d)_", each))
    }
    assert named == set(range(1, GROUPS + 1))


# Authenticity.


def test_group_01_clones_a_chip_byte_for_byte_without_its_keys() -> None:
    refers(GATE.decides(genuine().clone_without_keys()), Reason.CHIP_CLONE)


def test_group_02_signs_with_a_csca_of_ones_own() -> None:
    refers(GATE.decides(genuine().sign_with_foreign_csca(foreign())), Reason.CHIP_UNKNOWN_ISSUER)


def test_group_03_signs_with_a_trusted_signer_of_another_state() -> None:
    rogue = Authority.establish(NOW, country="XA")
    gate = Gate(trusting(authority(), rogue))
    refers(gate.decides(genuine().sign_with_foreign_csca(rogue)), Reason.CHIP_MISMATCH)


def test_group_04_exchanges_the_person_or_the_face() -> None:
    refers(GATE.decides(genuine().replace_portrait(OTHER_PORTRAIT)), Reason.CHIP_TAMPER)
    other = replace(specimen.adult(NOW), surname="IMPOSTOR").lines()
    forged = replace(having({DG1: dg1.encode(other)}), lines=other)
    refers(GATE.decides(forged), Reason.CHIP_TAMPER)


@pytest.mark.parametrize(
    ("chip", "reasons"),
    [
        (genuine().inject_data_group(DG4, b"\x76\x00"), {Reason.CHIP_TAMPER}),
        (
            genuine().clone_without_keys().hide_keys(DG14, DG15),
            {Reason.CHIP_TAMPER, Reason.CHIP_CLONE},
        ),
        (having({COM: com.encode([DG1, DG2])}), {Reason.CHIP_TAMPER}),
    ],
    ids=["injected", "withheld", "left-out-of-com"],
)
def test_group_05_adds_and_hides_data_groups(chip: SpecimenChip, reasons: set[Reason]) -> None:
    refers(GATE.decides(chip), *reasons)


def test_group_06_proves_keys_that_nobody_signed() -> None:
    """Both protocols succeed before passive authentication; that is worth nothing."""
    own = SpecimenChip.issue(foreign(), specimen.adult(NOW), PORTRAIT)
    forged = having({SOD: genuine().files[SOD]}, own)
    refers(GATE.decides(forged), Reason.CHIP_TAMPER, Reason.CHIP_CLONE)


def test_group_07_replays_an_answer_of_active_authentication() -> None:
    chip = only_active(genuine())
    original = Parrot(chip.personalisation(), secrets.token_bytes)
    assert GATE.decides_on(Line(original)) == Open()
    clone = Parrot(chip.personalisation(), secrets.token_bytes, original.said)
    refers(GATE.decides_on(Line(clone)), Reason.CHIP_CLONE)


@pytest.mark.parametrize(("bits", "exponent"), [(1024, 1), (1024, 0), (512, 3)])
def test_group_08_answers_for_a_key_that_signs_everything(bits: int, exponent: int) -> None:
    """Signed by a careless issuer; with e = 1 the message is its own signature."""
    weak = rsa_spki((1 << bits - 1) + 1, exponent)
    chip = only_active(reissued({DG15: dg15.encode(weak)}))
    answer = Response(representative(bits), 0x9000)
    forger = Parrot(chip.personalisation(), secrets.token_bytes, answer)
    refers(GATE.decides_on(Line(forger)), Reason.CHIP_CLONE)


@pytest.mark.parametrize("unfit", UNFIT)
def test_group_09_brings_a_static_key_that_makes_every_secret_the_same(unfit: str) -> None:
    kind, protocol, public = UNFIT[unfit]
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(protocol),
        ChipAuthenticationPublicKeyInfo(kind, public),
    ]
    without_pace = dict(genuine().files)
    del without_pace[ElementaryFile.CARD_ACCESS]
    chip = replace(genuine(), files=without_pace).with_data_groups(
        authority(), {DG14: dg14.encode(infos)}
    )
    refers(GATE.decides(chip), Reason.CHIP_CLONE)


def test_group_10_prints_another_page_before_the_chip() -> None:
    holder = specimen.adult(NOW)
    for other in (replace(holder, given="ROBYN"), replace(holder, sex="X")):
        page = other.lines()
        if page == genuine().lines:
            continue
        chip = genuine().print_another_page(other)
        refers(GATE.decides(chip), Reason.CHIP_MISMATCH)
    upper, lower = genuine().lines
    composite = str((int(lower[-1]) + 1) % 10)
    gate = Gate(lines=(upper, lower[:-1] + composite))
    refers(gate.decides(genuine()), Reason.CHIP_MISMATCH, Reason.DOC_CHECKDIGIT)


def test_group_11_shows_what_is_out_of_date() -> None:
    lapsed = SpecimenChip.issue(authority(), specimen.expired(NOW), PORTRAIT)
    refers(GATE.decides(lapsed), Reason.DOC_EXPIRED)
    past = Validity(NOW - 400 * lists.DAY, NOW - lists.DAY)
    future = Validity(NOW + lists.DAY, NOW + 400 * lists.DAY)
    for period in (past, future):
        chip = signed_by(signer_certificate(validity=period))
        refers(OWN.decides(chip), Reason.CHIP_SIGNATURE)
    old_root = Gate(TrustStore.of([root_certificate(validity=past)]))
    refers(old_root.decides(signed_by(signer_certificate())), Reason.CHIP_SIGNATURE)
    wrong_clock = examine_clock(NOW - 400 * lists.DAY, UTC, NOW, 0.0)
    refers(decide(Evidence((wrong_clock,)), POLICY), Reason.CLOCK)


def test_group_12_travels_on_a_revoked_signer() -> None:
    signer = signer_certificate()
    serial = parsed(signer).serial
    real = lists.revocations(serial)
    forged = lists.revocations(issuer=Party(ROOT.name, key(90)))
    stale = lists.revocations(serial, validity=Validity(NOW - 90 * lists.DAY, NOW - 60 * lists.DAY))
    for known in ((real,), (real, forged), (stale,)):
        store = lists.taken(root_certificate(), *known).store
        refers(Gate(store).decides(signed_by(signer)), Reason.CHIP_REVOKED)


def test_group_12_keeps_the_list_of_the_revoked_away_and_policy_decides() -> None:
    chip = signed_by(signer_certificate())
    old = lists.revocations(validity=Validity(NOW - 90 * lists.DAY, NOW - 60 * lists.DAY))
    fresh = lists.taken(root_certificate(), lists.revocations()).store
    demanding = strict(CheckId.CHIP_DS_REVOCATION)
    for store in (OWN_STORE, lists.taken(root_certificate(), old).store):
        assert Gate(store).decides(chip) == Open()
        refers(Gate(store, policy=demanding).decides(chip), Reason.LIST_UNAVAILABLE)
    assert Gate(fresh, policy=demanding).decides(chip) == Open()


def test_group_13_smuggles_a_csca_in_by_a_master_list() -> None:
    rogue = Party(name(common="CSCA of the attacker"), key(51))
    chip = signed_by(signer_certificate(SIGNER, rogue))
    smuggled = root_certificate(rogue)
    without_purpose = certify(Party(name(), key(20)), ROOT, DIGITAL_SIGNATURE)
    older = lists.Publishing(lists.publisher_certificate(), signed_at=NOW - 9 * lists.DAY)
    unfit = lists.master(smuggled, by=lists.Publishing(without_purpose))
    for found in (
        lists.taken(root_certificate(), unfit),
        lists.taken(
            root_certificate(),
            lists.master(smuggled, by=older),
            published={"UT": NOW - lists.DAY},
        ),
    ):
        refers(Gate(found.store).decides(chip), Reason.CHIP_UNKNOWN_ISSUER)


@pytest.mark.parametrize(
    "signer",
    [
        certify(SIGNER, ROOT, UNHEARD_OF, DIGITAL_SIGNATURE),
        certify(SIGNER, ROOT, DIGITAL_SIGNATURE, lists.purpose("1.3.6.1.5.5.7.3.1")),
        root_certificate(SIGNER),
    ],
    ids=["unknown-critical", "purpose", "self-signed-ca"],
)
def test_group_14_signs_with_a_certificate_for_something_else(signer: bytes) -> None:
    refers(OWN.decides(signed_by(signer)), Reason.CHIP_UNKNOWN_ISSUER)
    powerless = Authority.establish(NOW, csca_is_ca=False)
    chip = genuine().sign_with_foreign_csca(powerless)
    refers(Gate(trusting(powerless)).decides(chip), Reason.CHIP_UNKNOWN_ISSUER)


def test_group_15_takes_the_name_and_key_identifier_of_a_csca() -> None:
    fake = Party(ROOT.name, key(9))
    signer = signer_certificate(SIGNER, fake, DIGITAL_SIGNATURE, extensions=[ROOT.key_id])
    refers(OWN.decides(signed_by(signer)), Reason.CHIP_UNKNOWN_ISSUER)


def test_group_16_spells_a_curve_with_a_generator_of_ones_own() -> None:
    """CVE-2020-0601: with G' = Q the private key is 1.  A CSCA may have certified it unread."""
    curve = STANDARDISED[12]
    genuine_key = public_key.parse(spki(SIGNER.key))
    assert isinstance(genuine_key, public_key.EcKey)
    public = genuine_key.point
    forged = tlv.encode(
        der.SEQUENCE,
        explicit_parameters(curve, base=public),
        tlv.encode(der.BIT_STRING, b"\x00", curve.encode(public)),
    )
    refers(OWN.decides(certified(forged)), Reason.CHIP_SIGNATURE)


def test_group_17_names_another_curve_than_the_keys() -> None:
    """A careless verifier falls back on the curve it knows."""
    brainpool, genuine_key = STANDARDISED[13], public_key.parse(spki(SIGNER.key))
    assert isinstance(genuine_key, public_key.EcKey)
    point = genuine_key.curve.encode(genuine_key.point)
    algorithm = tlv.encode(
        der.SEQUENCE, der.encode_oid("1.2.840.10045.2.1"), der.encode_oid(brainpool.oid)
    )
    public = tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", point))
    refers(OWN.decides(certified(public)), Reason.CHIP_SIGNATURE)


@pytest.mark.parametrize("where", ["digest_algorithm", "signature_algorithm"])
def test_group_18_signs_with_a_broken_hash(where: str) -> None:
    def change(signed: Any) -> None:
        signed["signer_infos"][0][where] = {
            "algorithm": "md5" if where == "digest_algorithm" else "md5_rsa"
        }

    refers(GATE.decides(resigned_sod(change)), Reason.CHIP_SIGNATURE)


def test_group_18_signs_with_sha_1_where_policy_refuses_it() -> None:
    old = Authority.establish(NOW, digest="sha1")
    chip = with_sod(old.sign(NUMBERED))
    assert Gate(trusting(old)).decides(chip) == Open()
    modern = Gate(trusting(old), settings=ChipSettings(accept_sha1=False))
    refers(modern.decides(chip), Reason.CHIP_SIGNATURE)
    assert Gate(settings=ChipSettings(accept_sha1=False)).decides(genuine()) == Open()


def strict(check: CheckId) -> Policy:
    return replace(POLICY, requirements={**POLICY.requirements, check: Requirement.REQUIRED})


def test_group_19_forges_a_signature_for_exponent_three() -> None:
    """Bleichenbacher 2006: a cube root with the digest at the left and garbage behind it."""
    party = Party(SIGNER.name, rsa.generate_private_key(3, 3072))
    maker = replace(signing_with(signer_certificate(party), SIGNER.key), digest="sha256")

    def change(signed: Any) -> None:
        signer = signed["signer_infos"][0]
        attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
        signer["signature_algorithm"] = {"algorithm": "sha256_rsa"}
        signer["signature"] = core.OctetString(cube_root_of(attributes))

    refers(OWN.decides(with_sod(edited(maker.sign(NUMBERED), change))), Reason.CHIP_SIGNATURE)


def test_group_20_leaves_signed_attributes_away_or_lies_in_them() -> None:
    content_type = ("content_type", "2.23.136.1.1.1")
    digest = ("message_digest", hashlib.sha256(CONTENT).digest())

    def lying(*attributes: tuple[str, object]) -> Callable[[Any], None]:
        return lambda signed: resigned(signed, authority(), *attributes)

    def unsigned(signed: Any) -> None:
        signer = signed["signer_infos"][0]
        del signer["signed_attrs"]
        signer["signature"] = core.OctetString(authority()._signature(CONTENT))

    for change in (
        lying(content_type),
        lying(digest),
        lying(("content_type", "1.2.840.113549.1.7.1"), digest),
        lying(content_type, digest, digest),
        unsigned,
    ):
        refers(GATE.decides(resigned_sod(change)), Reason.CHIP_SIGNATURE)
    own = cms.ContentInfo.load(tlv.read_one(foreign().sign_content(CONTENT), 0x77).value)

    def beside(signed: Any) -> None:
        for field in ("signer_infos", "certificates"):
            signed[field] = [signed[field][0], own["content"][field][0]]

    refers(GATE.decides(resigned_sod(beside)), Reason.CHIP_UNKNOWN_ISSUER)


def test_group_21_signs_an_impossible_security_object() -> None:
    """Duplicate, impossible and badly hashed data groups, and a version of tomorrow."""
    entry = [tlv.encode(each.tag, each.value) for each in tlv.read_all(hashes_of(CONTENT))]
    for content in (
        security_object([*entry, entry[0]]),
        security_object([*entry, hash_entry(0)]),
        security_object([*entry, hash_entry(17)]),
        security_object([*entry[:-1], hash_entry(15, 20)]),
        security_object(entry, version=2),
    ):
        sod = authority().sign_content(content)
        refers(GATE.decides(with_sod(sod)), Reason.CHIP_SIGNATURE)


# Session.


@pytest.mark.parametrize("bac_after_pace", [False, True])
def test_group_22_suppresses_pace_so_that_bac_is_used(bac_after_pace: bool) -> None:
    gate = Gate(settings=ChipSettings(bac_after_pace=bac_after_pace))
    line = Line(ManInTheMiddle(inserted(genuine()), LineAttack.PACE_REFUSED))
    refers(gate.decides_on(line), Reason.CHIP_DOWNGRADE)


def test_group_23_offers_a_weaker_pace_than_was_signed() -> None:
    refers(GATE.decides(genuine().weaken_card_access()), Reason.CHIP_DOWNGRADE)


def test_group_24_fails_chip_authentication_and_goes_on() -> None:
    other = SpecimenChip.issue(authority(), specimen.adult(NOW), PORTRAIT)
    clone = replace(genuine(), chip_auth_key=other.chip_auth_key)
    refers(GATE.decides(clone), Reason.CHIP_CLONE)


def test_group_25_exchanges_ef_card_security() -> None:
    """Signed by the same state, with the key of another chip."""
    asked = description.Description(
        pace=(description.Pace(mapping=AccessProtocol.PACE_CAM),),
        chip_authentication=description.ChipAuthentication(),
    )
    mine, other = (
        SpecimenChip.issue(authority(), specimen.adult(NOW), PORTRAIT, asked) for _ in range(2)
    )
    assert GATE.decides(mine) == Open()
    exchanged = {ElementaryFile.CARD_SECURITY: other.files[ElementaryFile.CARD_SECURITY]}
    refers(GATE.decides(having(exchanged, mine)), Reason.CHIP_CLONE)
    of_one_number = asked.model_copy(
        update={"chip_authentication": description.ChipAuthentication(key_id=13)}
    )
    contradicting = SpecimenChip.issue(authority(), specimen.adult(NOW), PORTRAIT, of_one_number)
    refers(GATE.decides(contradicting), Reason.CHIP_CLONE)


@pytest.mark.parametrize(
    "attack",
    [LineAttack.ANSWER_TAMPERED, LineAttack.ANSWER_REPLAYED, LineAttack.ANSWER_UNPROTECTED],
)
def test_group_26_tampers_with_secure_messaging(attack: LineAttack) -> None:
    refers(GATE.decides_on(Line(ManInTheMiddle(inserted(genuine()), attack))), Reason.CHIP_READ)


@pytest.mark.parametrize(
    "attack", [LineAttack.MAPPING_KEY_REFLECTED, LineAttack.SESSION_KEY_REFLECTED]
)
def test_group_27_reflects_our_keys_in_pace(attack: LineAttack) -> None:
    line = Line(ManInTheMiddle(inserted(genuine()), attack))
    refers(GATE.decides_on(line), Reason.CHIP_DOWNGRADE)


def test_group_28_guesses_the_key_or_relays_over_a_long_line() -> None:
    """One guess a presentation; a line too slow ends the reading, time alone proves nothing."""
    holder = replace(specimen.adult(NOW), number="GUESSED00")
    line = Line(inserted(genuine()))
    refers(GATE.decides_on(line, holder.lines()), Reason.CHIP_ACCESS)
    pace_attempts = sum(each[1:3] == b"\x22\xc1" for each in line.sent)
    bac_attempts = sum(each[1] == 0x82 for each in line.sent)
    assert pace_attempts + bac_attempts == 1
    slow = Gate(settings=ChipSettings(patience_s=1e-6))
    refers(slow.decides(genuine()), Reason.CHIP_READ)


# Parsers.


@pytest.mark.parametrize(
    "head",
    [
        b"\x75\x83\xff\xff\xff\x00\x00\x00",
        b"\x75\x84\xff\xff\xff\xff\x00\x00",
        b"\x75\x85\x01\x00\x00\x00\x00\x00",
        b"\x75\x80\x00\x00\x00\x00\x00\x00",
        b"\x1f\x80\x80\x80\x80\x80\x80\x80",
        bytes(8),
        b"",
    ],
    ids=["16-MiB", "4-GiB", "1-TiB", "indefinite", "endless-tag", "zeros", "empty"],
)
def test_group_29_lies_about_lengths(head: bytes) -> None:
    for target in (DG2, SOD):
        refers(GATE.decides(having({target: head})), Reason.CHIP_READ)


@pytest.mark.parametrize("attack", [LineAttack.ENDLESS_ANSWER, LineAttack.EMPTY_ANSWER])
def test_group_29_never_comes_to_an_end(attack: LineAttack) -> None:
    access: Literal["none", "bac"] = "none" if attack is LineAttack.ENDLESS_ANSWER else "bac"
    asked = description.Description(access=access)
    chip = SpecimenChip.issue(authority(), specimen.adult(NOW), PORTRAIT, asked)
    refers(GATE.decides_on(Line(ManInTheMiddle(inserted(chip), attack))), Reason.CHIP_READ)


@pytest.mark.parametrize(
    "content",
    [file(bytes(Record(counted=255))), file(*[bytes(Record())] * 255)],
    ids=["faces", "templates"],
)
def test_group_30_counts_more_than_there_is(content: bytes) -> None:
    refers(GATE.decides(reissued({DG2: content})), Reason.FACE_NOMATCH)


@pytest.mark.parametrize(
    "content",
    [
        of(FaceRecord(length_off=1_000)),
        of(FaceRecord(b"", points_counted=8_000)),
        of(FaceRecord(GIF)),
        file(bytes(Record([], counted=0))),
    ],
    ids=["length", "beyond", "no-picture", "no-face"],
)
def test_group_31_lies_in_face_records(content: bytes) -> None:
    refers(GATE.decides(reissued({DG2: content})), Reason.FACE_NOMATCH)


@pytest.mark.parametrize(
    "picture",
    [
        siz((2**32 - 1, 2**32 - 1)),
        b"\xff\xd8\xff\xe0" + bytes(600),
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(600),
    ],
    ids=["jpeg2000-bomb", "noise", "jpeg-bomb"],
)
def test_group_32_hides_a_bomb_in_the_portrait(picture: bytes) -> None:
    refers(GATE.decides(reissued({DG2: of(FaceRecord(picture))})), Reason.FACE_NOMATCH)


def test_group_33_nests_iso_39794_without_end() -> None:
    value = b""
    while len(value) < 30_000:
        value = tlv.encode(0xA1, value)
    content = extended_face(tlv.encode(0xA8, value) * 2)
    refers(GATE.decides(reissued({DG2: content})), Reason.FACE_NOMATCH)


@pytest.mark.parametrize(
    ("bits", "exponent"), [(20_000, 65_537), (4_096, (1 << 4_000) + 1), (512, 3)]
)
def test_group_34_brings_a_signer_with_a_monstrous_key(bits: int, exponent: int) -> None:
    public = rsa_spki((1 << bits - 1) + 1, exponent)
    refers(OWN.decides(certified(public)), Reason.CHIP_SIGNATURE)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_group_35_writes_commands_into_names(text: bytes) -> None:
    """Signed into DG1: it is not what the page says, and no word of it comes out."""
    honest = dg1.encode(genuine().lines)
    at = honest.index(b"SPECIMEN")
    hostile = honest[:at] + text[:30].ljust(30, b"<") + honest[at + 30 :]
    chip = reissued({DG1: hostile})
    outcome = GATE.outcome(Line(inserted(chip)), chip.lines)
    refers(GATE.decision(outcome, chip.lines), Reason.CHIP_MISMATCH)
    told = json.dumps([[each.id, each.result, each.detail] for each in outcome.checks])
    assert (told + outcome.fault).isprintable()
    assert text.decode("latin-1") not in told + outcome.fault


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ChipLost("the document left the reader"), Reason.CHIP_READ),
        (OSError("no such device"), Reason.DEVICE_FAULT),
        (ValueError("a driver that errs"), Reason.DEVICE_FAULT),
        (RecursionError(), Reason.DEVICE_FAULT),
    ],
    ids=["removed", "unplugged", "driver-errs", "driver-errs-deeply"],
)
@pytest.mark.parametrize("at", [1, 5, 12])
def test_group_36_breaks_off_at_any_command(error: Exception, reason: Reason, at: int) -> None:
    seen = 0

    def tamper(_: bytes, answer: bytes) -> bytes:
        nonlocal seen
        seen += 1
        if seen >= at:
            raise error
        return answer

    refers(GATE.decides(genuine(), tamper), reason)


def test_group_36_power_is_lost_before_anything_is_known() -> None:
    assert isinstance(decide(Evidence(), POLICY), Refer)


# How the attacks are made.


def only_active(chip: SpecimenChip) -> SpecimenChip:
    """The same document of a state that issues active authentication alone."""
    asked = description.Description(
        access="bac", active_authentication=description.ActiveAuthentication()
    )
    fresh = SpecimenChip.issue(authority(), specimen.adult(NOW), PORTRAIT, asked)
    if chip is genuine():
        return fresh
    return fresh.with_data_groups(authority(), {DG15: chip.files[DG15]})


def certified(public: bytes) -> SpecimenChip:
    """The genuine data under a signer whose odd key ROOT has certified."""

    def exchange(content: Any) -> None:
        content["subject_public_key_info"] = asn1_x509.PublicKeyInfo.load(public)

    loaded = asn1_x509.Certificate.load(altered(signer_certificate(), exchange))
    assert isinstance(ROOT.key, ec.EllipticCurvePrivateKey)
    signature = ROOT.key.sign(loaded["tbs_certificate"].dump(), ec.ECDSA(hashes.SHA256()))
    loaded["signature_value"] = core.OctetBitString(signature)

    def change(signed: Any) -> None:
        signed["certificates"] = [cms.CertificateChoices.load(loaded.dump(force=True))]

    honest = signing_with(signer_certificate(), SIGNER.key).sign(NUMBERED)
    return with_sod(edited(honest, change))


def cube_root_of(message: bytes) -> bytes:
    """What passes for a PKCS #1 signature where nobody looks at the end (3072 bits)."""
    head = bytes.fromhex("0001ffffffffffffffff003031300d060960864801650304020105000420")
    target = int.from_bytes((head + hashlib.sha256(message).digest()).ljust(384, b"\xff"), "big")
    low, high = 0, 1 << 1024
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= target else (low, middle)
    return low.to_bytes(384, "big")


def hashes_of(content: bytes) -> bytes:
    """The list of data group hashes of an LDSSecurityObject."""
    return tlv.read_one(content, der.SEQUENCE).children()[2].value


def hash_entry(number: int, length: int = 32) -> bytes:
    return tlv.encode(
        der.SEQUENCE, der.encode_integer(number), tlv.encode(der.OCTET_STRING, bytes(length))
    )


def security_object(entries: list[bytes], version: int = 0) -> bytes:
    algorithm = tlv.read_one(CONTENT, der.SEQUENCE).children()[1]
    return tlv.encode(
        der.SEQUENCE,
        der.encode_integer(version),
        tlv.encode(algorithm.tag, algorithm.value),
        tlv.encode(der.SEQUENCE, *entries),
    )

"""Our side of PACE, chip and terminal authentication against OpenPACE on the other side."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec

import pytest
from typing_extensions import override

from drivers.virtual.chip.file_system import FileSystem
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import chip_name, curves, cv_certificate, der, modp, pace_variant, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.commands import SELECT_APPLICATION, read_short_identifier
from edge.emrtd.curves import Curve
from edge.emrtd.cv_certificate import HolderRole
from edge.emrtd.domain_parameters import STANDARDISED, DomainParameters
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.lds import dg14
from edge.emrtd.modp import ModpGroup
from edge.emrtd.read import ReadPlan
from edge.emrtd.security_infos import (
    CHIP_AUTHENTICATION,
    PACE,
    PUBLIC_KEY,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
)
from edge.emrtd.security_infos import encode as encode_infos
from edge.emrtd.terminal_signature import TERMINAL_AUTHENTICATION
from tests.support import openpace
from tests.support.emrtd import cv_authority, dh_keys, domains
from tests.support.emrtd.cv_authority import Pki
from tests.support.emrtd.specimens import (
    CAN,
    KEY,
    MRZ_INFORMATION,
    pkcs8,
    read,
    rsa_key,
    specimen,
)
from tests.support.openpace import OpenPaceError, Party, Shortened

pytestmark = [
    pytest.mark.openpace,
    pytest.mark.skipif(bool(openpace.missing()), reason=openpace.missing()),
]

P = ParamSpec("P")
MOST_ATTEMPTS = 8
STATIC_SECRET = 0x1234567890ABCDEF1234567890ABCDEF
FINGERS = tlv.encode(0x63, b"\x02\x01\x00" + bytes(500))
CIPHERS = list(Cipher)
PASSWORDS = [AccessKey.of_mrz(MRZ_INFORMATION), AccessKey.of_can(CAN)]
MAPPINGS = {"DH_GM": 1, "ECDH_GM": 2}
"""Names of the library, and arcs of the standard."""


@dataclass(frozen=True)
class Offer:
    """What a chip offers: PACE, and chip authentication with the same domain parameters."""

    mapping: str
    cipher: Cipher
    parameter_id: int

    @property
    def parameters(self) -> DomainParameters:
        return STANDARDISED[self.parameter_id]

    @property
    def agreement(self) -> str:
        return self.mapping.partition("_")[0]

    @property
    def infos(self) -> tuple[SecurityInfo, ...]:
        number, arc = CIPHERS.index(self.cipher) + 1, MAPPINGS[self.mapping]
        kind = 1 if self.agreement == "DH" else 2
        return (
            PaceInfo(f"{PACE}.{arc}.{number}", 2, self.parameter_id),
            ChipAuthenticationInfo(f"{CHIP_AUTHENTICATION}.{kind}.{number}"),
            ChipAuthenticationPublicKeyInfo(f"{PUBLIC_KEY}.{kind}", self.static_key),
        )

    @property
    def static_key(self) -> bytes:
        if isinstance(self.parameters, Curve):
            algorithm = domains.explicit_parameters(self.parameters)
            point = tlv.encode(der.BIT_STRING, b"\x00", self.static_public)
            return tlv.encode(der.SEQUENCE, algorithm, point)
        value = int.from_bytes(self.static_public, "big")
        return dh_keys.spki(dh_keys.x942(self.parameters), value)

    @property
    def static_public(self) -> bytes:
        group = self.parameters
        return group.encode(group.multiply(group.base, STATIC_SECRET))

    @property
    def static_private(self) -> bytes:
        """PKCS#8."""
        if isinstance(self.parameters, ModpGroup):
            return dh_keys.pkcs8(dh_keys.x942(self.parameters), STATIC_SECRET)
        from drivers.virtual.chip.static_key import StaticKey

        return StaticKey(self.parameters, STATIC_SECRET).encode()

    def personalised(self, *roots: bytes) -> Personalisation:
        """A chip that offers this."""
        chip = specimen()
        files = {
            **chip.files,
            ElementaryFile.CARD_ACCESS: encode_infos(self.infos[:1]),
            ElementaryFile.DG14: dg14.encode(self.infos),
        }
        if roots:
            files[ElementaryFile.DG3] = FINGERS
        return replace(
            chip, files=files, chip_auth_key=self.static_private, trust_points=roots, bac=False
        )

    @override
    def __str__(self) -> str:
        return f"{self.mapping}-{self.cipher.label}-{self.parameter_id}"


# The integrated mapping of OpenPACE is that of TR-03110 2.01, one block encrypted under the other
# nonce, and not the pseudo-random function of Doc 9303-11 §4.4.3.3.2: there is nothing to compare.
OFFERS = [
    *(Offer("ECDH_GM", cipher, number) for cipher in Cipher for number in curves.STANDARDISED),
    *(Offer("DH_GM", cipher, number) for cipher in Cipher for number in modp.STANDARDISED),
]


class OpenPaceChip:
    """A chip whose cryptography is OpenPACE's; files and their rights are those of ours."""

    def __init__(self, offer: Offer, key: AccessKey, pki: Pki | None = None) -> None:
        roots = () if pki is None else (pki.root,)
        self._offer = offer
        self._roots = roots
        self._files = FileSystem(offer.personalised(*roots))
        if pki is not None:
            from edge.emrtd import ef_cvca

            name = ef_cvca.encode([pki.authority.holder])
            self._files.update(ElementaryFile.CVCA, name)
        self._party = Party()
        self._party.begin_pace(
            offer.mapping, offer.cipher, offer.parameter_id, (key.password, key.secret)
        )
        self._keys = {"chip": b"", "terminal": b""}
        self._is_secure = False
        self._then: Callable[[], None] = lambda: None
        self._chain = b""

    def transmit(self, raw: bytes) -> bytes:
        command = Command.parse(raw)
        if self._is_secure:
            command = self._party.opened(command)
        self._chain += command.data
        if command.cla & 0x10 and self._keys["chip"]:
            reply = Response(b"", 0x9000)
        else:
            whole = replace(command, data=self._chain)
            self._chain = b""
            reply = self._perform(whole)
        if self._is_secure:
            reply = self._party.protected_response(reply)
        self._then()
        self._then = lambda: None
        return bytes(reply)

    def _perform(self, command: Command) -> Response:
        handlers = {
            0x22: self._manage_security_environment,
            0x2A: self._verify_certificate,
            0x82: self._authenticate_terminal,
            0x84: lambda _: Response(self._party.challenge(), 0x9000),
            0x86: self._general_authenticate,
            0xA4: self._files.select,
            0xB0: self._files.read,
        }
        try:
            return handlers[command.ins](command)
        except Refusal as refusal:
            return Response(b"", refusal.status)
        except OpenPaceError:
            return Response(b"", 0x6300)

    def _manage_security_environment(self, command: Command) -> Response:
        if command.p2 == 0xA6:
            self._agree(tlv.only(tlv.read_all(command.data), 0x91))
        return Response(b"", 0x9000)

    def _general_authenticate(self, command: Command) -> Response:
        (sent,) = tlv.read_one(command.data, 0x7C).children() or (tlv.Tlv(0, b""),)
        party = self._party
        answer = b""
        match sent.tag:
            case 0:
                answer = tlv.encode(0x80, party.encrypted_nonce())
            case 0x81:
                ours = party.mapping_data()
                party.map(sent.value)
                answer = tlv.encode(0x82, ours)
            case 0x83:
                ours = party.ephemeral_key()
                party.agree(sent.value)
                self._theirs = sent.value
                self._keys["chip"] = party.compressed_pace_key(ours)
                answer = tlv.encode(0x84, ours)
            case 0x85:
                party.check_token(sent.value)
                answer = tlv.encode(0x86, party.token(self._theirs))
                self._files.unlock()
                self._then = self._secure_by_pace
            case _:
                self._agree(sent.value)
        return Response(tlv.encode(0x7C, answer), 0x9000)

    def _secure_by_pace(self) -> None:
        self._party.secure_by_pace()
        self._is_secure = True

    def _agree(self, theirs: bytes) -> None:
        party, offer = self._party, self._offer
        party.begin_chip_authentication(offer.agreement, offer.cipher, offer.parameter_id)
        party.hold(STATIC_SECRET.to_bytes(16, "big"), offer.static_public)
        self._keys["terminal"] = party.compressed_chip_authentication_key(theirs)
        self._then = lambda: party.agree_with_static_key(theirs)
        if self._roots:
            party.trust(self._roots[0])

    def _verify_certificate(self, command: Command) -> Response:
        self._party.take_certificate(tlv.encode(cv_certificate.CERTIFICATE, command.data))
        return Response(b"", 0x9000)

    def _authenticate_terminal(self, command: Command) -> Response:
        self._party.check_signature(command.data, self._keys["terminal"], self._keys["chip"])
        self._files.grant(cv_authority.BOTH)
        return Response(b"", 0x9000)


class OpenPaceTerminal:
    """A terminal whose cryptography is OpenPACE's, at our virtual chip."""

    def __init__(self, offer: Offer, chip: VirtualChip) -> None:
        self._offer = offer
        self._chip = chip
        self._party = Party()
        self._is_secure = False
        self._names = (b"", b"")

    def send(self, command: Command) -> Response:
        if self._is_secure:
            protected = self._party.protected(command)
            reply = Response.parse(self._chip.transmit(bytes(protected)))
            return self._party.opened_response(reply)
        return Response.parse(self._chip.transmit(bytes(command)))

    def run_pace(self, key: AccessKey) -> None:
        party, offer = self._party, self._offer
        party.begin_pace(
            offer.mapping, offer.cipher, offer.parameter_id, (key.password, key.secret)
        )
        protocol = next(i for i in offer.infos if isinstance(i, PaceInfo)).protocol
        data = tlv.encode(0x80, der.oid_value(protocol)) + tlv.encode(0x83, bytes((key.password,)))
        self._expect(Command(0x00, 0x22, 0xC1, 0xA4, data))
        party.take_nonce(self._step(b"", 0x80))
        ours = party.mapping_data()
        theirs = self._step(tlv.encode(0x81, ours), 0x82)
        party.map(theirs)
        ours = party.ephemeral_key()
        theirs = self._step(tlv.encode(0x83, ours), 0x84)
        party.agree(theirs)
        party.check_token(self._step(tlv.encode(0x85, party.token(theirs)), 0x86, last=True))
        party.secure_by_pace()
        self._is_secure = True
        self._names = party.compressed_pace_key(theirs), b""
        self._expect(SELECT_APPLICATION)

    def run_chip_authentication(self) -> None:
        party, offer = self._party, self._offer
        party.begin_chip_authentication(offer.agreement, offer.cipher, offer.parameter_id)
        ours, compressed = party.chip_authentication_key()
        self._names = self._names[0], compressed
        protocol = next(i for i in offer.infos if isinstance(i, ChipAuthenticationInfo)).protocol
        self._expect(Command(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, der.oid_value(protocol))))
        data = tlv.encode(0x7C, tlv.encode(0x80, ours))
        for at in range(0, len(data), 128):
            piece = data[at : at + 128]
            is_last = at + 128 >= len(data)
            self._expect(
                Command(0x00 if is_last else 0x10, 0x86, 0, 0, piece, 256 if is_last else None)
            )
        party.agree_with_static_key(offer.static_public)

    def run_terminal_authentication(self, pki: Pki) -> None:
        party = self._party
        party.trust(pki.terminal_certificate, pkcs8(pki.terminal.private))
        for certificate in (pki.verifier_certificate, pki.terminal_certificate):
            parsed = cv_certificate.parse(certificate)
            self._expect(Command(0, 0x22, 0x81, 0xB6, _name(parsed.issuer)))
            self._expect_in_pieces(Command(0, 0x2A, 0x00, 0xBE, parsed.presented()))
        self._expect(Command(0, 0x22, 0x81, 0xA4, _name(pki.terminal.holder)))
        challenge = self._expect(Command(0, 0x84, 0, 0, le=8))
        chip, ours = self._names
        signature = party.sign(challenge, ours, chip)
        self._expect_in_pieces(Command(0, 0x82, 0, 0, signature))

    def read(self, file: ElementaryFile, length: int) -> bytes:
        return self._expect(read_short_identifier(file, length))

    def _expect_in_pieces(self, command: Command) -> None:
        data = command.data
        while len(data) > 200:
            self._expect(replace(command, cla=0x10, data=data[:200]))
            data = data[200:]
        self._expect(replace(command, data=data))

    def _expect(self, command: Command) -> bytes:
        reply = self.send(command)
        assert reply.sw == 0x9000, f"{command!r}: {reply!r}"
        return reply.data

    def _step(self, sent: bytes, wanted: int, *, last: bool = False) -> bytes:
        command = Command(0x00 if last else 0x10, 0x86, 0, 0, tlv.encode(0x7C, sent), 65_536)
        reply = self._expect(command)
        return tlv.only(tlv.read_one(reply, 0x7C).children(), wanted)


def _name(reference: str) -> bytes:
    return tlv.encode(0x83, cv_certificate.encode_reference(reference))


def compared(test: Callable[P, None]) -> Callable[P, None]:
    """Run a test anew when the values were such that nothing can be compared."""

    @wraps(test)
    def repeated(*arguments: P.args, **named: P.kwargs) -> None:
        for _ in range(MOST_ATTEMPTS):
            try:
                return test(*arguments, **named)
            except Shortened:
                continue
        pytest.fail("values that begin with zeros, time after time")

    return repeated


@contextmanager
def _closing(party: Party) -> Iterator[None]:
    try:
        yield
    finally:
        party.close()


def sampled(offers: list[Offer]) -> list[object]:
    """Every cipher and every set of parameters at least once; all of them in `make test-all`."""
    everyday = {offers[0]}
    for index, offer in enumerate(offers):
        if index % 5 == 0 or offer.cipher not in {each.cipher for each in everyday}:
            everyday.add(offer)
    return [
        pytest.param(offer, id=str(offer))
        if offer in everyday
        else pytest.param(offer, id=str(offer), marks=pytest.mark.whole)
        for offer in offers
    ]


@pytest.mark.parametrize("offer", sampled(OFFERS))
@pytest.mark.parametrize("key", PASSWORDS, ids=["mrz", "can"])
@compared
def test_our_gate_reads_a_chip_of_openpace(offer: Offer, key: AccessKey) -> None:
    """PACE, chip authentication, and secure messaging with the keys of both."""
    assert pace_variant.choose(offer.infos) is not None
    chip = OpenPaceChip(offer, key)
    with _closing(chip._party):
        contents = read(chip.transmit, key, ReadPlan())
        assert contents.chip_authentication is not None
        assert contents.chip_authentication.succeeded
        assert contents.files[ElementaryFile.DG14] == dg14.encode(offer.infos)


@pytest.mark.parametrize("offer", sampled(OFFERS))
@pytest.mark.parametrize("key", PASSWORDS, ids=["mrz", "can"])
@compared
def test_openpace_reads_our_chip(offer: Offer, key: AccessKey) -> None:
    chip = VirtualChip(offer.personalised(), secrets.token_bytes)
    terminal = OpenPaceTerminal(offer, chip)
    with _closing(terminal._party):
        terminal.run_pace(key)
        assert terminal.read(ElementaryFile.DG1, 5)[:1] == b"\x61"
        terminal.run_chip_authentication()
        assert terminal.read(ElementaryFile.DG1, 5)[:1] == b"\x61"


def test_a_wrong_password_opens_nothing() -> None:
    offer = Offer("ECDH_GM", Cipher.AES_128, 13)
    chip = VirtualChip(offer.personalised(), secrets.token_bytes)
    terminal = OpenPaceTerminal(offer, chip)
    with _closing(terminal._party), pytest.raises(AssertionError, match="6300"):
        terminal.run_pace(AccessKey.of_can("654321"))


ECDSA = [
    pytest.param(f"{TERMINAL_AUTHENTICATION}.2.{last}", None, id=f"ecdsa-{last}")
    for last in (1, 2, 3, 4, 5)
]
RSA = [
    pytest.param(f"{TERMINAL_AUTHENTICATION}.1.{last}", 2048, id=f"rsa-{last}")
    for last in (1, 2, 3, 4, 5, 6)
]
TERMINAL_OFFERS = [Offer("ECDH_GM", Cipher.AES_128, 13), Offer("DH_GM", Cipher.AES_256, 2)]
offers = pytest.mark.parametrize("offer", TERMINAL_OFFERS, ids=str)
algorithms = pytest.mark.parametrize(("algorithm", "bits"), ECDSA + RSA)


@offers
@algorithms
@compared
def test_openpace_lets_our_terminal_at_fingerprints(
    offer: Offer, algorithm: str, bits: int | None
) -> None:
    pki = cv_authority.issue(rsa_key(bits) if bits else None, algorithm)
    chip = OpenPaceChip(offer, KEY, pki)
    with _closing(chip._party):
        plan = ReadPlan(terminal=pki.gate())
        contents = read(chip.transmit, KEY, plan)
        done = contents.terminal_authentication
        assert done is not None
        assert done.failure == ""
        assert contents.files[ElementaryFile.DG3] == FINGERS


@offers
@compared
def test_openpace_refuses_a_terminal_with_another_key(offer: Offer) -> None:
    pki = cv_authority.issue()
    chip = OpenPaceChip(offer, KEY, pki)
    thief = replace(pki.gate(), key=replace(pki.terminal, private=cv_authority.new_key()))
    with _closing(chip._party):
        plan = ReadPlan(terminal=thief)
        done = read(chip.transmit, KEY, plan).terminal_authentication
        assert done is not None
        assert done.failure == "the chip refuses the signature (SW 6300)"


# OpenPACE signs with the longest salt there is; Doc 9303-11 §7.1.4.1.1 wants that of the digest.
@offers
@pytest.mark.parametrize(
    ("algorithm", "bits"), ECDSA + [each for each in RSA if each.id in {"rsa-1", "rsa-2", "rsa-5"}]
)
@compared
def test_our_chip_lets_openpace_at_fingerprints(
    offer: Offer, algorithm: str, bits: int | None
) -> None:
    pki = cv_authority.issue(rsa_key(bits) if bits else None, algorithm)
    chip = VirtualChip(offer.personalised(pki.root), secrets.token_bytes)
    terminal = OpenPaceTerminal(offer, chip)
    with _closing(terminal._party):
        terminal.run_pace(KEY)
        terminal.run_chip_authentication()
        assert terminal.send(read_short_identifier(ElementaryFile.DG3, 5)).sw == 0x6982
        terminal.run_terminal_authentication(pki)
        assert terminal.read(ElementaryFile.DG3, 5) == FINGERS[:5]


@compared
def test_over_a_link() -> None:
    """OpenPACE, too, follows an authority from its old key to its new one."""
    old, new = cv_authority.state(), cv_authority.issue()
    successor = replace(new.authority, holder="XXCVCA00002")
    link = old.authority.certify(successor, HolderRole.AUTHORITY)
    verifier = successor.certify(new.verifier, HolderRole.DOMESTIC_VERIFIER)
    offer = TERMINAL_OFFERS[0]
    chip = OpenPaceChip(offer, KEY, old)
    gate = replace(new, verifier_certificate=verifier).gate(link)
    with _closing(chip._party):
        plan = ReadPlan(terminal=gate)
        contents = read(chip.transmit, KEY, plan)
        assert contents.files[ElementaryFile.DG3] == FINGERS


@compared
def test_names_are_compressed_alike() -> None:
    """Comp() of the chip's name, overheard on its way."""
    for offer in TERMINAL_OFFERS:
        chip = OpenPaceChip(offer, KEY)
        heard = chip_name.Overheard()

        def transmit(raw: bytes, chip: OpenPaceChip = chip, heard: object = heard) -> bytes:
            command = Command.parse(raw)
            reply = chip.transmit(raw)
            if not command.cla & 0x0C:
                assert isinstance(heard, chip_name.Overheard)
                heard.note(command, Response.parse(reply))
            return reply

        with _closing(chip._party):
            read(transmit, KEY, ReadPlan())
            assert heard.chip.lstrip(b"\x00") == chip._keys["chip"].lstrip(b"\x00")

"""Terminal authentication as it leaves the gate, and how long its chains are."""

from __future__ import annotations

from itertools import pairwise

from edge.emrtd import terminal_auth, terminal_signature
from edge.emrtd.apdu import Command
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.cv_certificate import HolderRole
from edge.emrtd.dialogue import run
from tests.support.emrtd.cv_authority import Signer, new_key, parsed, state


def test_the_commands_byte_by_byte() -> None:
    """Doc 9303-11 §7.1.5; the answers are those of a chip that believes everything."""
    pki, sent = state(), []
    gate = pki.gate()

    def transmit(raw: bytes) -> bytes:
        sent.append(raw)
        return (b"\x55" * 8 if raw[1] == 0x84 else b"") + b"\x90\x00"

    names = (b"name of the chip", b"key of the terminal")
    done = run(terminal_auth.authenticate(gate, ("XXCVCA00001",), names), transmit)
    assert done.succeeded
    assert done.trust_points == ("XXCVCA00001",)
    verifier, terminal = gate.certificates
    *before, signed = sent
    assert before == [
        b"\x00\x22\x81\xb6\x0d\x83\x0bXXCVCA00001",
        bytes(Command(0x00, 0x2A, 0x00, 0xBE, verifier.presented())),
        b"\x00\x22\x81\xb6\x0e\x83\x0cXXDVXXXXX001",
        bytes(Command(0x00, 0x2A, 0x00, 0xBE, terminal.presented())),
        b"\x00\x22\x81\xa4\x0f\x83\x0dXXIS0001XX001",
        b"\x00\x84\x00\x00\x08",
    ]
    assert signed[:5] == b"\x00\x82\x00\x00\x40"
    message = b"name of the chip" + b"\x55" * 8 + b"key of the terminal"
    key = parsed(pki.terminal_certificate).key.resolve(STANDARDISED[13])
    assert terminal_signature.verify(key.algorithm, key.key, message, signed[5:]) is True


def test_a_chain_has_eight_certificates_at_most() -> None:
    """Six links, a verifier, a terminal."""
    pki = state()
    for links, is_one in ((6, True), (7, False)):
        signers = [Signer(f"XXLINK{n:05}", new_key()) for n in range(links)] + [pki.authority]
        certified = (old.certify(new, HolderRole.AUTHORITY) for old, new in pairwise(signers))
        chain = pki.gate(*certified).chain_from(["XXLINK00000"])
        assert (chain is not None) is is_one
        assert chain is None or len(chain) == 8

"""An authorisation PKI for tests: a CVCA, its verifiers, their terminals, and links."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from edge.emrtd import cv_certificate, public_key, terminal_signature
from edge.emrtd.curves import Curve
from edge.emrtd.cv_certificate import (
    INSPECTION_SYSTEM,
    READ_DG3,
    READ_DG4,
    CertifiedKey,
    CvCertificate,
    EcPoint,
    HolderRole,
)
from edge.emrtd.public_key import EcKey, RsaKey
from edge.emrtd.terminal_auth import Terminal
from tests.support.emrtd.specimens import PRIVATE_KEY, ec_key, spki

ECDSA_SHA_256 = f"{terminal_signature.TERMINAL_AUTHENTICATION}.2.3"
TODAY = date(2026, 6, 1)
VALID = (date(2026, 1, 1), date(2027, 1, 1))
BOTH = READ_DG3 | READ_DG4


@dataclass(frozen=True)
class Signer:
    """A `TerminalKey`, and what certifies others just the same."""

    holder: str
    private: PRIVATE_KEY = field(repr=False)
    algorithm: str = ECDSA_SHA_256

    def sign(self, message: bytes) -> bytes:
        algorithm = terminal_signature.ALGORITHMS[self.algorithm]
        digest = terminal_signature.hash_of(algorithm)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, terminal_signature.padding_of(algorithm), digest)
        width = self.curve.order_length
        pair = decode_dss_signature(self.private.sign(message, ECDSA(digest)))
        return b"".join(number.to_bytes(width, "big") for number in pair)

    @property
    def curve(self) -> Curve:
        key = public_key.parse(spki(self.private))
        assert isinstance(key, EcKey)
        return key.curve

    def certified(self, *, explicit: bool) -> CertifiedKey:
        key = public_key.parse(spki(self.private))
        if isinstance(key, RsaKey):
            return CertifiedKey(self.algorithm, key)
        point = EcPoint(key.curve.encode(key.point), key.curve if explicit else None)
        return CertifiedKey(self.algorithm, point)

    def certify(
        self,
        subject: Signer,
        role: HolderRole,
        rights: int = BOTH,
        valid: tuple[date, date] = VALID,
        terminal_type: str = INSPECTION_SYSTEM,
    ) -> bytes:
        body = cv_certificate.encode_body(
            (self.holder, subject.holder),
            subject.certified(explicit=role is HolderRole.AUTHORITY),
            bytes((role << 6 | rights,)),
            valid,
            terminal_type,
        )
        return cv_certificate.encode(body, self.sign(body))


@dataclass(frozen=True)
class Pki:
    """Authority, verifier and terminal of one state, with the certificates between them."""

    authority: Signer
    verifier: Signer
    terminal: Signer
    root: bytes
    verifier_certificate: bytes
    terminal_certificate: bytes

    def gate(self, *more: bytes, today: date = TODAY) -> Terminal:
        contents = (*more, self.verifier_certificate, self.terminal_certificate)
        certificates = tuple(cv_certificate.parse(each) for each in contents)
        return Terminal(self.terminal, certificates, today)


def issue(private: PRIVATE_KEY | None = None, algorithm: str = ECDSA_SHA_256) -> Pki:
    """A state whose keys are all alike."""
    names = ("XXCVCA00001", "XXDVXXXXX001", "XXIS0001XX001")
    keys = [private or _another(number) for number in range(3)]
    authority, verifier, terminal = (
        Signer(name, key, algorithm) for name, key in zip(names, keys, strict=True)
    )
    return Pki(
        authority,
        verifier,
        terminal,
        authority.certify(authority, HolderRole.AUTHORITY),
        authority.certify(verifier, HolderRole.DOMESTIC_VERIFIER),
        verifier.certify(terminal, HolderRole.TERMINAL),
    )


@cache
def state() -> Pki:
    """One that most tests share."""
    return issue()


def parsed(content: bytes) -> CvCertificate:
    return cv_certificate.parse(content)


def new_key() -> EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.BrainpoolP256R1())


def _another(number: int) -> EllipticCurvePrivateKey:
    return ec_key() if number == 0 else new_key()

"""A certification authority of our own for brokers and their clients."""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edge.settings.delivery import Tls

HOUR = timedelta(hours=1)
_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)
"""RFC 5280 §4.2.1.3; Python demands it from 3.13 on, and key identifiers as well."""


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"{name} of a test")
        self.certificate = folder / f"{name}.pem"
        builder = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
        )
        self._write(self.certificate, builder)

    def issue(
        self,
        common_name: str,
        *,
        host: str | None = None,
        file: str | None = None,
        valid: timedelta = HOUR,
    ) -> Tls:
        """A certificate and its key; for a server when a host is named."""
        stem = file or common_name.replace("/", "-")
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name), self._name, key.public_key(), valid)
        if host is not None:
            names = x509.SubjectAlternativeName([_host(host)])
            builder = builder.add_extension(names, critical=False)
        certificate, key_file = self._folder / f"{stem}.pem", self._folder / f"{stem}.key"
        self._write(certificate, builder)
        key_file.write_bytes(_pem(key))
        key_file.chmod(0o600)
        return Tls(ca=self.certificate, certificate=certificate, key=key_file)

    def certify(self, request: Path, key: Path) -> Tls:
        """A certificate for a request (PKCS #10) whose key stays where it is, made by openssl.

        The provider of Debian 12 writes requests that the library used here refuses.
        """
        authority = self.certificate.with_suffix(".key")
        authority.write_bytes(_pem(self._key))
        certificate = request.with_suffix(".pem")
        subprocess.run(  # noqa: S603
            ["openssl", "x509", "-req", "-in", request, "-out", certificate, "-days", "1",  # noqa: S607
             "-CA", self.certificate, "-CAkey", authority],
            check=True,
            capture_output=True,
        )  # fmt: skip
        return Tls(ca=self.certificate, certificate=certificate, key=key)

    def _write(self, path: Path, builder: x509.CertificateBuilder) -> None:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        signed = builder.add_extension(issuer, critical=False).sign(self._key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(Encoding.PEM))


def context(tls: Tls) -> ssl.SSLContext:
    """What a client other than a gate connects with."""
    found = ssl.create_default_context(cafile=str(tls.ca))
    assert tls.certificate is not None
    assert tls.key is not None
    found.load_cert_chain(tls.certificate, tls.key)
    return found


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    valid: timedelta = HOUR,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # noqa: TID251
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )

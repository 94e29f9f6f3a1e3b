"""A test CSCA and its document signer (ICAO Doc 9303-12 §7.1), for specimens only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal, TypeAlias

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from edge.emrtd import der, tlv

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Digest: TypeAlias = Literal["sha1", "sha224", "sha256", "sha384", "sha512"]
AnyHash: TypeAlias = hashes.SHA1 | hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_DIGEST_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_HASHES: dict[str, type[AnyHash]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Algorithm(Enum):
    """With what keys an authority signs."""

    P224 = "ECDSA P-224"
    P256 = "ECDSA P-256"
    P384 = "ECDSA P-384"
    P521 = "ECDSA P-521"
    BRAINPOOL256 = "ECDSA brainpoolP256r1"
    BRAINPOOL384 = "ECDSA brainpoolP384r1"
    BRAINPOOL512 = "ECDSA brainpoolP512r1"
    RSA = "RSA PKCS#1 v1.5"
    RSA_PSS = "RSA-PSS"

    def key(self) -> PrivateKey:
        """Generate a key."""
        curves: dict[Algorithm, ec.EllipticCurve] = {
            Algorithm.P224: ec.SECP224R1(),
            Algorithm.P256: ec.SECP256R1(),
            Algorithm.P384: ec.SECP384R1(),
            Algorithm.P521: ec.SECP521R1(),
            Algorithm.BRAINPOOL256: ec.BrainpoolP256R1(),
            Algorithm.BRAINPOOL384: ec.BrainpoolP384R1(),
            Algorithm.BRAINPOOL512: ec.BrainpoolP512R1(),
        }
        if self in curves:
            return ec.generate_private_key(curves[self])
        return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True, slots=True)
class Validity:
    """When a certificate is valid."""

    begins: datetime
    ends: datetime

    @classmethod
    def around(cls, now: datetime, years: int) -> Validity:
        """From a month ago for some years."""
        return cls(now - timedelta(days=30), now + timedelta(days=365 * years))


@dataclass(frozen=True, slots=True, repr=False)
class Signing:
    """How a CSCA signs certificates: never with SHA-1, which libraries refuse."""

    key: PrivateKey
    digest: str
    pss: bool

    def sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        """Sign one."""
        digest = _HASHES["sha256" if self.digest == "sha1" else self.digest]()
        if isinstance(digest, hashes.SHA1):
            raise TypeError("certificates are not signed with SHA-1")
        if self.pss:
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return builder.sign(self.key, digest, rsa_padding=pss)
        return builder.sign(self.key, digest)


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """One issuing state's CSCA and one document signer; `sign` makes an EF.SOD."""

    csca: x509.Certificate
    signer: x509.Certificate
    signer_key: PrivateKey
    algorithm: Algorithm
    digest: str = "sha256"

    @classmethod
    def establish(  # noqa: PLR0913  # a test may want any of them otherwise
        cls,
        now: datetime,
        *,
        country: str = "UT",
        algorithm: Algorithm = Algorithm.P256,
        csca_algorithm: Algorithm | None = None,
        digest: str = "sha256",
        signer_validity: Validity | None = None,
        csca_is_ca: bool = True,
    ) -> Authority:
        """Make keys and certificates; `country` is alpha-2; the CSCA's algorithm may be another."""
        of_root = csca_algorithm or algorithm
        root_key, signer_key = of_root.key(), algorithm.key()
        signing = Signing(root_key, digest, pss=of_root is Algorithm.RSA_PSS)
        name = _name(country, f"CSCA Specimen {country}")
        root = _certificate(
            (name, root_key.public_key()),
            (name, signing),
            Validity.around(now, 15),
            ca=csca_is_ca,
        )
        signer = _certificate(
            (_name(country, f"Document Signer Specimen {country}"), signer_key.public_key()),
            (name, signing),
            signer_validity or Validity.around(now, 10),
            ca=False,
        )
        return cls(root, signer, signer_key, algorithm, digest)

    @property
    def csca_der(self) -> bytes:
        """The CSCA certificate."""
        return self.csca.public_bytes(serialization.Encoding.DER)

    def sign(self, data_groups: Mapping[int, bytes]) -> bytes:
        """EF.SOD over data groups, by number (Doc 9303-10 §4.6.2)."""
        return self.sign_content(lds_security_object(data_groups, self.digest))

    def sign_content(
        self,
        content: bytes,
        *,
        content_type: str = LDS_SECURITY_OBJECT,
        signed_content_type: str | None = None,
        message_digest: bytes | None = None,
    ) -> bytes:
        """EF.SOD over any content; the last two let a test sign attributes that lie."""
        digest = hashlib.new(self.digest, content, usedforsecurity=False).digest()
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", signed_content_type or content_type),
                _attribute("message_digest", message_digest or digest),
            ]
        )
        info = cms.SignerInfo(
            {
                "version": "v1",
                "sid": self._identifier(),
                "digest_algorithm": {"algorithm": self.digest},
                "signed_attrs": attributes,
                "signature_algorithm": self._signature_algorithm(),
                "signature": self._signature(attributes.dump()),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": self.digest}],
                "encap_content_info": {
                    "content_type": content_type,
                    "content": core.ParsableOctetString(content),
                },
                "certificates": [self._asn1_signer()],
                "signer_infos": [info],
            }
        )
        body = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
        return tlv.encode(0x77, body)

    def _asn1_signer(self) -> asn1_x509.Certificate:
        encoded = self.signer.public_bytes(serialization.Encoding.DER)
        return asn1_x509.Certificate.load(encoded)

    def _identifier(self) -> cms.SignerIdentifier:
        signer = self._asn1_signer()
        return cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": signer.issuer, "serial_number": signer.serial_number},
        )

    def _signature_algorithm(self) -> dict[str, object]:
        if self.algorithm is Algorithm.RSA_PSS:
            digest = {"algorithm": self.digest}
            return {
                "algorithm": "rsassa_pss",
                "parameters": algos.RSASSAPSSParams(
                    {
                        "hash_algorithm": digest,
                        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
                        "salt_length": _HASHES[self.digest]().digest_size,
                    }
                ),
            }
        family = "rsa" if self.algorithm is Algorithm.RSA else "ecdsa"
        return {"algorithm": f"{self.digest}_{family}"}

    def _signature(self, message: bytes) -> bytes:
        digest = _HASHES[self.digest]()
        if isinstance(self.signer_key, ec.EllipticCurvePrivateKey):
            return self.signer_key.sign(message, ec.ECDSA(digest))
        if self.algorithm is Algorithm.RSA_PSS:
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.signer_key.sign(message, pss, digest)
        return self.signer_key.sign(message, padding.PKCS1v15(), digest)


def lds_security_object(data_groups: Mapping[int, bytes], digest: str) -> bytes:
    """LDSSecurityObject v0 (Doc 9303-10 §4.6.2.3)."""
    entries = (
        tlv.encode(
            der.SEQUENCE,
            der.encode_integer(number),
            tlv.encode(
                der.OCTET_STRING, hashlib.new(digest, content, usedforsecurity=False).digest()
            ),
        )
        for number, content in sorted(data_groups.items())
    )
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(_DIGEST_OIDS[digest]))
    return tlv.encode(
        der.SEQUENCE, der.encode_integer(0), algorithm, tlv.encode(der.SEQUENCE, *entries)
    )


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _name(country: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Specimen"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: tuple[x509.Name, ec.EllipticCurvePublicKey | rsa.RSAPublicKey],
    issuer: tuple[x509.Name, Signing],
    validity: Validity,
    *,
    ca: bool,
) -> x509.Certificate:
    key_id = x509.SubjectKeyIdentifier.from_public_key(subject[1])
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject[0])
        .issuer_name(issuer[0])
        .public_key(subject[1])
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
        .add_extension(key_id, critical=False)
        .add_extension(authority, critical=False)
        .add_extension(_usage(ca=ca), critical=True)
    )
    if ca:
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = builder.add_extension(constraints, critical=True)
    return issuer[1].sign(builder)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )

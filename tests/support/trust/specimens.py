"""A test PKI with every knob an attacker would turn, and genuine material to turn them on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeAlias

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from edge import mrz
from edge.checks import Check, CheckId, Result
from edge.emrtd import der, tlv
from edge.emrtd.contents import ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com
from edge.emrtd.read import AccessKey
from edge.trust import ChipInspection, SodVerdict, TrustStore, inspect, verify_sod
from edge.trust.certificates import Certificate
from tests.support.emrtd.specimens import insert, read
from tools.specimen import chip
from tools.specimen.authority import Algorithm, Authority, Validity
from tools.specimen.chip import SpecimenChip

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PORTRAIT = b"\xff\xd8\xff" + bytes(600)
OTHER_PORTRAIT = b"\xff\xd8\xff" + bytes(range(200)) * 3
SOD = ElementaryFile.SOD

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey


@cache
def authority(algorithm: Algorithm = Algorithm.P256, digest: str = "sha256") -> Authority:
    return Authority.establish(NOW, algorithm=algorithm, digest=digest)


@cache
def foreign() -> Authority:
    """Another CSCA; it calls itself as the trusted one does."""
    return Authority.establish(NOW)


@cache
def genuine() -> SpecimenChip:
    return SpecimenChip.issue(authority(), chip.adult(NOW), PORTRAIT)


def trusting(*authorities: Authority) -> TrustStore:
    return TrustStore.of(each.csca_der for each in authorities)


STORE = trusting(authority())


def heard(issued: SpecimenChip) -> ChipContents:
    """Read a chip as the gate does, protocols and all."""
    personal = issued.personalisation()
    return read(insert(personal).transmit, AccessKey.of_mrz(personal.mrz_information))


@cache
def genuine_contents() -> ChipContents:
    return heard(genuine())


def changed(contents: ChipContents, files: Mapping[ElementaryFile, bytes]) -> ChipContents:
    """The same session with files exchanged or added."""
    return replace(contents, files={**contents.files, **files})


def without(contents: ChipContents, *files: ElementaryFile) -> ChipContents:
    kept = {file: content for file, content in contents.files.items() if file not in files}
    return replace(contents, files=kept)


def issued(files: dict[ElementaryFile, bytes], *removed: ElementaryFile) -> ChipContents:
    """What a state could have issued: the genuine chip with other files, signed anew."""
    contents = without(changed(genuine_contents(), files), *removed)
    groups = {f: c for f, c in contents.files.items() if f.data_group is not None}
    return changed(
        contents,
        {
            ElementaryFile.COM: com.encode(groups),
            SOD: authority().sign({f.data_group or 0: c for f, c in groups.items()}),
        },
    )


def judged(
    contents: ChipContents, store: TrustStore = STORE, lines: tuple[str, ...] | None = None
) -> ChipInspection:
    """Verify and inspect what a chip said, beside a printed page."""
    verdict = verify_sod(contents.files[SOD], store, NOW)
    return inspect(contents, verdict, mrz.parse(lines or genuine().lines))


def failed(found: ChipInspection | SodVerdict) -> set[CheckId]:
    return {check.id for check in found.checks if check.result is Result.FAILED}


def the(check: CheckId, found: ChipInspection | SodVerdict) -> Check:
    return next(each for each in found.checks if each.id is check)


# Certificates.


@cache
def key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """One of a few keys on P-256."""
    assert number >= 0
    return ec.generate_private_key(ec.SECP256R1())


def spki(private: PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def name(country: str | None = "UT", common: str = "CSCA Specimen UT") -> x509.Name:
    country_part = [] if country is None else [x509.NameAttribute(NameOID.COUNTRY_NAME, country)]
    return x509.Name([*country_part, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def usage(*allowed: str) -> x509.ExtensionType:
    flags = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{flag: flag in allowed for flag in flags})


CA = x509.BasicConstraints(ca=True, path_length=0)
CERT_SIGN = usage("key_cert_sign", "crl_sign")
DIGITAL_SIGNATURE = usage("digital_signature")
UNHEARD_OF = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


@dataclass(frozen=True, slots=True)
class Party:
    """A name and its key."""

    name: x509.Name
    key: PrivateKey

    @property
    def key_id(self) -> x509.SubjectKeyIdentifier:
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())


def certify(  # noqa: PLR0913  # every knob of a certificate
    subject: Party,
    issuer: Party,
    *critical: x509.ExtensionType,
    extensions: Iterable[x509.ExtensionType] = (),
    validity: Validity | None = None,
    digest: hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None,
    pss: padding.PSS | None = None,
) -> bytes:
    """One certificate, DER."""
    period = validity or Validity.around(NOW, 10)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer.name)
        .public_key(subject.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period.begins)
        .not_valid_after(period.ends)
    )
    for extension in critical:
        builder = builder.add_extension(extension, critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(issuer.key, digest or hashes.SHA256(), rsa_padding=pss)
    return made.public_bytes(Encoding.DER)


ROOT = Party(name(), key(0))
SIGNER = Party(name(common="Document Signer Specimen UT"), key(1))


def root_certificate(party: Party = ROOT, **knobs: Any) -> bytes:
    return certify(party, party, CA, CERT_SIGN, **knobs)


def signer_certificate(
    subject: Party = SIGNER,
    issuer: Party = ROOT,
    *critical: x509.ExtensionType,
    **knobs: Any,
) -> bytes:
    return certify(subject, issuer, *(critical or (DIGITAL_SIGNATURE,)), **knobs)


def signing_with(signer: bytes, private: PrivateKey = SIGNER.key) -> Authority:
    """Sign EF.SOD with a document signer of one's own making."""
    assert not isinstance(private, dsa.DSAPrivateKey)
    loaded = x509.load_der_x509_certificate(signer)
    return Authority(loaded, loaded, private, Algorithm.P256)


def altered(certificate: bytes, change: Callable[[Any], None]) -> bytes:
    """A certificate changed afterwards; its signature is no longer of it."""
    loaded = asn1_x509.Certificate.load(certificate)
    change(loaded["tbs_certificate"])
    return bytes(loaded.dump())


def parsed(certificate: bytes) -> Certificate:
    return Certificate.parse(certificate)


# Algorithms and keys.


def pss_algorithm(parameters: dict[str, object]) -> algos.SignedDigestAlgorithm:
    """RSA-PSS with SHA-256, its mask with SHA-384, and what is given instead."""
    complete = {
        "hash_algorithm": {"algorithm": "sha256"},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha384"}},
        "salt_length": 32,
        **parameters,
    }
    return algos.SignedDigestAlgorithm(
        {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(complete)}
    )


def public_key(oid: str, parameters: bytes, key_bits: bytes) -> bytes:
    """A SubjectPublicKeyInfo, DER."""
    return tlv.encode(
        der.SEQUENCE,
        tlv.encode(der.SEQUENCE, der.encode_oid(oid), parameters),
        tlv.encode(der.BIT_STRING, b"\x00", key_bits),
    )


# EF.SOD.

GROUPS = {1: b"one", 2: b"two", 14: b"fourteen"}


@cache
def good_sod() -> bytes:
    return authority().sign(GROUPS)


def edited(sod: bytes, change: Callable[[Any], None]) -> bytes:
    """Change the SignedData of an EF.SOD, keeping its signatures as they are."""
    info = cms.ContentInfo.load(tlv.read_one(sod, 0x77).value)
    change(info["content"])
    return tlv.encode(0x77, bytes(info.dump()))


def resigned(signed: Any, by: Authority, *attributes: tuple[str, object]) -> None:
    """Give the first signer of a SignedData other attributes, and a signature over them."""
    listed = cms.CMSAttributes(
        [cms.CMSAttribute({"type": kind, "values": [value]}) for kind, value in attributes]
    )
    signer = signed["signer_infos"][0]
    signer["signed_attrs"] = listed
    signer["signature"] = core.OctetString(by._signature(listed.dump()))

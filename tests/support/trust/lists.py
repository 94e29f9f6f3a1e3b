"""Lists as states publish them, with every knob an attacker would turn."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from edge.emrtd import der, tlv
from edge.trust import deviation_list, intake, master_list
from edge.trust.anchors import Standing
from edge.trust.certificates import DEVIATION_LIST_SIGNING, MASTER_LIST_SIGNING
from edge.trust.intake import IntakeFinding, IntakeReport
from edge.trust.material import Piece, pieces
from tests.support.trust.specimens import (
    DIGITAL_SIGNATURE,
    NOW,
    ROOT,
    Party,
    certify,
    key,
    name,
    root_certificate,
)
from tools.specimen.authority import Validity

PUBLISHER = Party(name(common="List Signer UT"), key(20))
DAY = timedelta(days=1)


def purpose(oid: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid)])


@cache
def publisher_certificate(oid: str = MASTER_LIST_SIGNING, issuer: Party = ROOT) -> bytes:
    return certify(PUBLISHER, issuer, DIGITAL_SIGNATURE, purpose(oid))


@dataclass(frozen=True, slots=True)
class Publishing:
    """Who signs a list, when, and what is sent along."""

    certificate: bytes
    private: ec.EllipticCurvePrivateKey = PUBLISHER.key  # type: ignore[assignment]
    signed_at: datetime | None = NOW - DAY
    sent_along: tuple[bytes, ...] = ()

    def sign(self, content: bytes, content_type: str) -> bytes:
        attributes = [
            {"type": "content_type", "values": [content_type]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
        ]
        if self.signed_at is not None:
            moment = cms.Time("utc_time", self.signed_at)
            attributes.append({"type": "signing_time", "values": [moment]})
        listed = cms.CMSAttributes(attributes)
        certificate = asn1_x509.Certificate.load(self.certificate)
        info = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": listed,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self.private.sign(listed.dump(), ec.ECDSA(hashes.SHA256())),
        }
        along = [asn1_x509.Certificate.load(each) for each in self.sent_along]
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {
                    "content_type": content_type,
                    "content": core.ParsableOctetString(content),
                },
                "certificates": [certificate, *along],
                "signer_infos": [info],
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def master(*members: bytes, by: Publishing | None = None, version: int = 0) -> bytes:
    content = tlv.encode(
        der.SEQUENCE, der.encode_integer(version), tlv.encode(der.SET, *sorted(members))
    )
    publishing = by or Publishing(publisher_certificate())
    return publishing.sign(content, master_list.CONTENT_TYPE)


def deviation(documents: bytes, *kinds: str) -> bytes:
    """One Deviation; `documents` is the content of DeviationDocuments."""
    descriptions = (tlv.encode(der.SEQUENCE, der.encode_oid(kind)) for kind in kinds)
    return tlv.encode(
        der.SEQUENCE, tlv.encode(der.SEQUENCE, documents), tlv.encode(der.SET, *descriptions)
    )


def deviations(*entries: bytes, by: Publishing | None = None) -> bytes:
    content = tlv.encode(der.SEQUENCE, der.encode_integer(0), tlv.encode(der.SET, *entries))
    publishing = by or Publishing(publisher_certificate(DEVIATION_LIST_SIGNING))
    return publishing.sign(content, deviation_list.CONTENT_TYPE)


def revocations(
    *serials: int,
    issuer: Party = ROOT,
    validity: Validity | None = None,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    entry: x509.ExtensionType | None = None,
) -> bytes:
    """A CRL, DER; `entry` is put, critical, on every entry."""
    period = validity or Validity(NOW - DAY, NOW + 30 * DAY)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.name)
        .last_update(period.begins)
        .next_update(period.ends)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    for serial in serials:
        revoked = (
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(period.begins)
        )
        if entry is not None:
            revoked = revoked.add_extension(entry, critical=True)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def ldif(*entries: tuple[str, str, bytes]) -> list[bytes]:
    """Lines of a PKD download: of each entry its name, an attribute and a value in base64."""
    lines = [b"version: 1", b""]
    for distinguished_name, attribute, value in entries:
        text = f"{attribute}:: {base64.b64encode(value).decode()}"
        lines += [f"dn: {distinguished_name}".encode(), b"objectClass: top"]
        lines += [text[:76].encode()]
        lines += [b" " + text[at : at + 75].encode() for at in range(76, len(text), 75)]
        lines.append(b"")
    return [line + b"\n" for line in lines]


def taken(
    *files: bytes, at: datetime = NOW, published: dict[str, datetime] | None = None
) -> IntakeReport:
    """Take files of trust material, each named by its number."""
    found = [piece for number, data in enumerate(files) for piece in pieces(data, str(number))]
    return intake.take(found, at, published)


def rejected(outcome: IntakeReport) -> list[str]:
    return [each.reason for each in outcome.findings if each.standing is Standing.REJECTED]


def the(outcome: IntakeReport, data: bytes) -> IntakeFinding:
    """The one finding about a piece."""
    (found,) = (each for each in outcome.findings if each.piece.data == data)
    return found


def new_pieces(data: bytes) -> list[Piece]:
    return pieces(data, "file")


def changed_content(signed: bytes, change: Callable[[Any], None]) -> bytes:
    info = cms.ContentInfo.load(signed)
    change(info["content"])
    return bytes(info.dump())


def roots(count: int) -> Sequence[bytes]:
    return [root_certificate(Party(name("UT", f"CSCA {n}"), key(30 + n))) for n in range(count)]

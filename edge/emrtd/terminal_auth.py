"""Terminal Authentication version 1, the side of the terminal (ICAO Doc 9303-11 §7.1).

A terminal gets access to fingerprints when it shows a chain of certificates from an authority that
the chip trusts to its own key, and proves that key.  The signature covers the ephemeral key of chip
authentication, so the access is for this session only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from edge.emrtd import cv_certificate, ef_cvca, tlv
from edge.emrtd.apdu import OK, Command
from edge.emrtd.contents import TerminalAuthentication
from edge.emrtd.cv_certificate import CvCertificate, HolderRole, Reference
from edge.emrtd.dialogue import Dialogue, whole_or_chained
from edge.emrtd.files import ElementaryFile
from edge.emrtd.secure_messaging import LARGEST_SHORT_DATA
from edge.emrtd.security_infos import FileId, SecurityInfo, TerminalAuthenticationInfo

CHALLENGE_LENGTH: Final = 8
KEY_REFERENCE: Final = 0x83

MOST_CERTIFICATES: Final = 8
"""In a chain: links over the ten years of a chip, verifier and terminal."""

_DEFAULT_FILE: Final = FileId(ElementaryFile.CVCA.fid, ElementaryFile.CVCA.sfi)


class TerminalKey(Protocol):
    """The private key of an inspection system, in a file or a security module."""

    @property
    def holder(self) -> Reference:
        """The name in the certificate of the key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign in the algorithm that the certificate names; ECDSA plain, two numbers side by side.

        May take as long as a security module needs; the chip waits.
        """
        ...


@dataclass(frozen=True, slots=True)
class Terminal:
    """The credentials of a gate: its key, certificates of several states, and today's date."""

    key: TerminalKey
    certificates: tuple[CvCertificate, ...]
    today: date

    def chain_from(self, trust_points: Iterable[Reference]) -> tuple[CvCertificate, ...] | None:
        """Return the shortest chain from the newest trust point that has one; None for none.

        Expired links count too: chips must accept them (§7.1.4.3.3).
        """
        for reference in trust_points:
            chain = self._shortest(reference)
            if chain is not None:
                return chain
        return None

    def _shortest(self, reference: Reference) -> tuple[CvCertificate, ...] | None:
        """Search in breadth; every name is visited once, so circles end."""
        reached = {reference}
        chains: list[tuple[CvCertificate, ...]] = [()]
        for _ in range(MOST_CERTIFICATES):
            longer = []
            for chain in chains:
                for certificate in self._issued_by(chain[-1] if chain else None, reference):
                    if certificate.holder in reached:
                        continue
                    reached.add(certificate.holder)
                    grown = (*chain, certificate)
                    if (
                        certificate.role is HolderRole.TERMINAL
                        and certificate.holder == self.key.holder
                    ):
                        return grown
                    longer.append(grown)
            chains = longer
        return None

    def _issued_by(self, last: CvCertificate | None, start: Reference) -> list[CvCertificate]:
        issuer = start if last is None else last.holder
        role = HolderRole.AUTHORITY if last is None else last.role
        return [
            each
            for each in self.certificates
            if each.issuer == issuer
            and may_issue(role, each.role)
            and (each.is_link or each.expires >= self.today)
        ]


def may_issue(issuer: HolderRole, holder: HolderRole) -> bool:
    """Whether the holder of one role certifies holders of another (TR-03110-3 §2.2)."""
    if issuer is HolderRole.AUTHORITY:
        return holder is not HolderRole.TERMINAL
    return issuer is not HolderRole.TERMINAL and holder is HolderRole.TERMINAL


def signed_message(chip: bytes, challenge: bytes, terminal_key: bytes) -> bytes:
    """The message a terminal signs: name of the chip, challenge, our compressed key (§7.1.2)."""
    return chip + challenge + terminal_key


def read_trust_points(infos: Iterable[SecurityInfo]) -> Dialogue[tuple[Reference, ...]]:
    """Read EF.CVCA under the identifier in DG14; empty when the chip has none; MalformedFile."""
    named = [
        info.ef_cvca
        for info in infos
        if isinstance(info, TerminalAuthenticationInfo) and info.ef_cvca is not None
    ]
    file = named[0] if named else _DEFAULT_FILE
    if file.sfi is not None:
        reply = yield Command(0x00, 0xB0, 0x80 | file.sfi, 0x00, le=ef_cvca.LENGTH)
        if reply.data:
            return ef_cvca.decode(reply.data)
    reply = yield Command(0x00, 0xA4, 0x02, 0x0C, file.fid.to_bytes(2, "big"))
    if reply.sw == OK:
        reply = yield Command(0x00, 0xB0, 0x00, 0x00, le=ef_cvca.LENGTH)
    return ef_cvca.decode(reply.data) if reply.data else ()


def authenticate(
    terminal: Terminal,
    trust_points: tuple[Reference, ...],
    names: tuple[bytes, bytes],
    *,
    extended_length: bool = True,
) -> Dialogue[TerminalAuthentication]:
    """Show the chip our certificates and sign its challenge (§7.1.5).

    `names` are the name of the chip and our ephemeral key in short form, both of this session.
    The session continues also after a failure.
    """
    chain = terminal.chain_from(trust_points)
    if chain is None:
        failure = "no chain of certificates from what the chip trusts to the terminal"
    else:
        failure = yield from _present(chain, extended_length)
    if not failure:
        failure = yield from _prove(terminal.key, names, extended_length)
    return TerminalAuthentication(trust_points, failure)


def _present(chain: tuple[CvCertificate, ...], extended_length: bool) -> Dialogue[str]:
    for certificate in chain:
        name = _reference(certificate.issuer)
        reply = yield Command(0x00, 0x22, 0x81, 0xB6, name)
        if reply.sw != OK:
            return f"the chip does not know {certificate.issuer} (SW {reply.sw:04X})"
        command = Command(0x00, 0x2A, 0x00, 0xBE, certificate.presented())
        reply = yield from whole_or_chained(
            command, LARGEST_SHORT_DATA, extended_length=extended_length
        )
        if reply.sw != OK:
            return f"the chip refuses the certificate of {certificate.holder} (SW {reply.sw:04X})"
    return ""


def _prove(key: TerminalKey, names: tuple[bytes, bytes], extended_length: bool) -> Dialogue[str]:
    reply = yield Command(0x00, 0x22, 0x81, 0xA4, _reference(key.holder))
    if reply.sw != OK:
        return f"the chip does not take the terminal's key (SW {reply.sw:04X})"
    reply = yield Command(0x00, 0x84, 0x00, 0x00, le=CHALLENGE_LENGTH)
    if reply.sw != OK or len(reply.data) != CHALLENGE_LENGTH:
        return f"the chip gives no challenge (SW {reply.sw:04X})"
    chip, terminal_key = names
    signature = key.sign(signed_message(chip, reply.data, terminal_key))
    command = Command(0x00, 0x82, 0x00, 0x00, signature)
    reply = yield from whole_or_chained(
        command, LARGEST_SHORT_DATA, extended_length=extended_length
    )
    return "" if reply.sw == OK else f"the chip refuses the signature (SW {reply.sw:04X})"


def _reference(name: Reference) -> bytes:
    return tlv.encode(KEY_REFERENCE, cv_certificate.encode_reference(name))

"""Terminal Authentication, the side of the chip (ICAO Doc 9303-11 §7.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import cv_certificate, ef_cvca, terminal_auth, terminal_signature, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.curves import Curve
from edge.emrtd.cv_certificate import CvCertificate, CvVerificationKey, HolderRole, Reference
from edge.errors import MalformedFile, SettingsError

_MOST_TRUST_POINTS = 2


@dataclass(frozen=True, slots=True)
class _Imported:
    """A public key with the role, rights and dates of its certificate chain."""

    key: CvVerificationKey
    holder: Reference
    role: HolderRole
    rights: int
    terminal_type: str
    effective: date
    expires: date
    is_accurate: bool
    """Whether its certificates may move the date of the chip (§7.1.4.3.3)."""


class TrustMemory:
    """Data that a chip keeps without power: its trust points, and the latest known date."""

    def __init__(self, personalisation: Personalisation) -> None:
        self.trust_points = [_trust_point(each) for each in personalisation.trust_points]
        self.today = personalisation.personalised_on

    def ef_cvca(self) -> bytes:
        """The content of EF.CVCA."""
        return ef_cvca.encode(point.holder for point in self.trust_points)

    def verify(self, certificate: CvCertificate, issuer: _Imported) -> _Imported:
        """Validate a certificate and update what is kept (§7.1.4.3.4); Refusal."""
        is_link = issuer.role is HolderRole.AUTHORITY and certificate.role is HolderRole.AUTHORITY
        fits = (
            certificate.issuer == issuer.holder
            and certificate.terminal_type == issuer.terminal_type
            and terminal_auth.may_issue(issuer.role, certificate.role)
            and certificate.is_signed_by(issuer.key)
            and (is_link or self.today <= min(certificate.expires, issuer.expires))
        )
        if not fits:
            raise Refusal(Status.AUTHENTICATION_FAILED)
        imported = _import(certificate, issuer)
        if issuer.is_accurate:
            self.today = max(self.today, certificate.effective)
        if is_link:
            known = [each for each in self.trust_points if each.holder != imported.holder]
            self.trust_points = [imported, *known][:_MOST_TRUST_POINTS]
        return imported


class TerminalAuthenticationSide:
    """One authentication for each session; the memory stays after it."""

    def __init__(self, memory: TrustMemory, random: Callable[[int], bytes]) -> None:
        self._memory = memory
        self._random = random
        self.begin(b"", b"")

    def begin(self, chip_name: bytes, terminal_key: bytes) -> None:
        """Begin a session: the name of the chip, and the key of the terminal, empty if unproven."""
        self._names = chip_name, terminal_key
        self._issuer: _Imported | None = None
        self._temporary: _Imported | None = None
        self._terminal: _Imported | None = None
        self._challenge: bytes | None = None
        self._is_done = False

    @property
    def running(self) -> bool:
        """Whether the next GET CHALLENGE and EXTERNAL AUTHENTICATE are for it."""
        return self._terminal is not None

    def select_issuer(self, command: Command) -> Response:
        """MSE:Set DST."""
        self._issuer = self._find(command, [self._temporary, *self._memory.trust_points])
        return Response(b"", Status.OK)

    def verify_certificate(self, command: Command) -> Response:
        """PSO:Verify Certificate."""
        issuer, self._issuer = self._issuer, None
        if issuer is None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        certificate = cv_certificate.parse_presented(command.data)
        imported = self._memory.verify(certificate, issuer)
        if imported.role is not HolderRole.AUTHORITY:
            self._temporary = imported
        return Response(b"", Status.OK)

    def select_terminal(self, command: Command) -> Response:
        """MSE:Set AT."""
        found = self._find(command, [self._temporary])
        if found.role is not HolderRole.TERMINAL:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        self._terminal = found
        return Response(b"", Status.OK)

    def get_challenge(self, command: Command) -> Response:
        """GET CHALLENGE."""
        if command.le != terminal_auth.CHALLENGE_LENGTH:
            raise Refusal(Status.WRONG_LENGTH)
        self._challenge = self._random(terminal_auth.CHALLENGE_LENGTH)
        return Response(self._challenge, Status.OK)

    def authenticate(self, command: Command) -> int:
        """EXTERNAL AUTHENTICATE: the rights of the terminal."""
        challenge, self._challenge = self._challenge, None
        terminal, self._terminal = self._terminal, None
        chip_name, terminal_key = self._names
        if terminal is None or challenge is None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        if self._is_done or not terminal_key:
            raise Refusal(Status.SECURITY_NOT_SATISFIED)
        message = terminal_auth.signed_message(chip_name, challenge, terminal_key)
        key = terminal.key
        if not terminal_signature.verify(key.algorithm, key.key, message, command.data):
            raise Refusal(Status.AUTHENTICATION_FAILED)
        self._is_done = True
        # For other types of terminal the bits have another meaning.
        is_inspection = terminal.terminal_type == cv_certificate.INSPECTION_SYSTEM
        return terminal.rights if is_inspection else 0

    def _find(self, command: Command, known: list[_Imported | None]) -> _Imported:
        objects = tlv.read_all(command.data)
        name = cv_certificate.decode_reference(tlv.only(objects, terminal_auth.KEY_REFERENCE))
        for each in known:
            if each is not None and each.holder == name:
                return each
        raise Refusal(Status.REFERENCE_NOT_FOUND)


def _trust_point(content: bytes) -> _Imported:
    """A personalised trust point: a self-signed certificate of the authority."""
    try:
        certificate = cv_certificate.parse(content)
        key = certificate.key.resolve(None)
    except MalformedFile as error:
        raise SettingsError(f"virtual chip: not a trust point: {error}") from error
    if certificate.role is not HolderRole.AUTHORITY:
        raise SettingsError("virtual chip: a trust point is a CVCA")
    return _of(certificate, key, certificate.rights, is_accurate=True)


def _import(certificate: CvCertificate, issuer: _Imported) -> _Imported:
    """Import a key; its rights are those of the whole chain (§7.1.4.3.6)."""
    inherited: Curve | None = issuer.key.curve
    key = certificate.key.resolve(inherited)
    if certificate.role is HolderRole.AUTHORITY:
        return _of(certificate, key, certificate.rights, is_accurate=True)
    rights = certificate.rights & issuer.rights
    is_domestic = certificate.role is HolderRole.DOMESTIC_VERIFIER
    return _of(certificate, key, rights, is_accurate=is_domestic)


def _of(
    certificate: CvCertificate, key: CvVerificationKey, rights: int, *, is_accurate: bool
) -> _Imported:
    return _Imported(
        key,
        certificate.holder,
        certificate.role,
        rights,
        certificate.terminal_type,
        certificate.effective,
        certificate.expires,
        is_accurate,
    )

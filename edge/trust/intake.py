"""From pieces of trust material to a trust store; each piece gets a standing and a reason.

The order of the files does not matter.  The steps are:

1. Certificates that came by themselves are the roots.
2. Master lists count under these roots only, the newest first.
3. Link certificates, document signers, revocation lists and deviation lists count under everything
   that is trusted by then.

A bad piece stops no other piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edge.errors import MalformedFile
from edge.trust import deviation_list, master_list, signed_list, signer
from edge.trust.anchors import Judgement, Standing, judge
from edge.trust.certificates import (
    DEVIATION_LIST_SIGNING,
    MASTER_LIST_SIGNING,
    Certificate,
)
from edge.trust.deviation_list import DeviationList
from edge.trust.master_list import MasterList
from edge.trust.material import Kind, Piece
from edge.trust.revocation import RevocationList
from edge.trust.signed_list import Publication, Refused
from edge.trust.store import TrustStore, signer_keys

UNBELIEVED = "its master list is not accepted"
"""The reason for the members of a refused master list."""


class PieceRole:
    """What a piece is used for, in the words of the report."""

    CSCA = "csca"
    SIGNER = "document-signer"
    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation-list"
    DEVIATION_LIST = "deviation-list"
    MASTER_LIST = "master-list"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class IntakeFinding:
    """The result for one certificate or list."""

    piece: Piece
    role: str
    standing: Standing
    reason: str = ""
    country: str = ""
    title: str = ""
    expires: datetime | None = None
    """The end of its validity, or the day a newer one is due."""

    @property
    def fingerprint(self) -> str:
        """SHA-256, hexadecimal."""
        return fingerprint(self.piece.data)


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """The result of an intake."""

    findings: tuple[IntakeFinding, ...]
    store: TrustStore
    published: Mapping[str, datetime]
    """The signing time of the newest master list of each publisher."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A certificate and the piece it came from."""

    piece: Piece
    certificate: Certificate


def fingerprint(data: bytes) -> str:
    """SHA-256, hexadecimal: the name of a piece."""
    return hashlib.sha256(data).hexdigest()


def take(
    pieces: Iterable[Piece], at: datetime, published: Mapping[str, datetime] | None = None
) -> IntakeReport:
    """Judge pieces, also those of an earlier intake, and build a store of the trusted ones.

    `published` has the signing times of master lists that were imported earlier.  An older list of
    the same publisher is refused.  A newer list replaces the certificates that only the older list
    brought.
    """
    intake = _Intake(at, dict(published or {}))
    for piece in pieces:
        intake.sort(piece)
    return intake.conclude()


class _Intake:
    """The pieces by kind, and the steps from the roots onwards."""

    def __init__(self, at: datetime, published: dict[str, datetime]) -> None:
        self._at = at
        self._published = published
        self._findings: list[IntakeFinding] = []
        self._given: list[_Read] = []
        self._listed: list[_Read] = []
        self._signers: list[_Read] = []
        self._master_lists: list[tuple[Piece, MasterList]] = []
        self._deviation_lists: list[tuple[Piece, DeviationList]] = []
        self._revocation_lists: list[tuple[Piece, RevocationList]] = []

    def sort(self, piece: Piece) -> None:
        """Read one piece and put it where it belongs."""
        try:
            match piece.kind:
                case Kind.CERTIFICATE:
                    self._sort_certificate(piece)
                case Kind.MASTER_LIST:
                    self._master_lists.append((piece, master_list.parse(piece.data)))
                case Kind.DEVIATION_LIST:
                    self._deviation_lists.append((piece, deviation_list.parse(piece.data)))
                case Kind.REVOCATION_LIST:
                    self._revocation_lists.append((piece, RevocationList.parse(piece.data)))
                case Kind.UNKNOWN:
                    self._reject(piece, PieceRole.UNKNOWN, piece.note)
        except MalformedFile as error:
            self._reject(piece, _ROLES[piece.kind], str(error))

    def conclude(self) -> IntakeReport:
        """Judge everything."""
        roots = self._roots()
        for piece, found in sorted(self._master_lists, key=_signed_at, reverse=True):
            self._believe(piece, found, roots)
        anchors = self._anchors()
        store = TrustStore(anchors)
        revocation_lists = tuple(self._believed_revocations(anchors))
        store = replace(
            store,
            revocation_lists=revocation_lists,
            deviation_lists=tuple(self._believed_deviations(anchors)),
            signers=self._believed_signers(store),
        )
        return IntakeReport(tuple(self._findings), store, self._published)

    def _sort_certificate(self, piece: Piece) -> None:
        read = _Read(piece, Certificate.parse(piece.data))
        is_authority = read.certificate.is_ca or read.certificate.is_self_issued
        if is_authority and piece.is_signer:
            self._note(read, PieceRole.CERTIFICATE, _rejected("a CA among document signers"))
        elif not is_authority:
            self._signers.append(read)
        elif piece.publisher:
            self._listed.append(read)
        else:
            self._given.append(read)

    def _roots(self) -> list[Certificate]:
        """The CSCAs given by themselves, and their links."""
        given = [each.certificate for each in self._given]
        return [
            certificate
            for certificate, judgement in zip(given, judge(given), strict=True)
            if judgement.standing is not Standing.REJECTED
        ]

    def _believe(self, piece: Piece, found: MasterList, roots: list[Certificate]) -> None:
        """Take the members of a master list with a trusted publisher, unless it is outdated."""
        try:
            publication = signed_list.authorise(found.signed, MASTER_LIST_SIGNING, roots, self._at)
            _require_newer(publication, self._published)
        except Refused as error:
            self._reject(piece, PieceRole.MASTER_LIST, str(error))
            for data in found.members:
                refused = Piece(Kind.CERTIFICATE, data, piece.source)
                self._reject(refused, PieceRole.CERTIFICATE, UNBELIEVED)
        else:
            self._adopt(piece, found, publication)

    def _adopt(self, piece: Piece, found: MasterList, publication: Publication) -> None:
        """Replace the members of the publisher's earlier master list."""
        country = publication.country
        self._published[country] = publication.signed_at
        self._listed = [each for each in self._listed if each.piece.publisher != country]
        detail = f"signed {publication.signed_at:%Y-%m-%d %H:%M}, {len(found.members)} certificates"
        self._findings.append(
            IntakeFinding(piece, PieceRole.MASTER_LIST, Standing.TRUSTED, detail, country)
        )
        for data in found.members:
            member = Piece(Kind.CERTIFICATE, data, piece.source, publisher=country)
            try:
                self._listed.append(_Read(member, Certificate.parse(data)))
            except MalformedFile as error:
                self._reject(member, PieceRole.CERTIFICATE, str(error))

    def _anchors(self) -> tuple[Certificate, ...]:
        """Judge given and listed certificates together; each anchor once."""
        reads = [*self._given, *self._listed]
        anchors: dict[bytes, Certificate] = {}
        judgements = judge([each.certificate for each in reads])
        for read, judgement in zip(reads, judgements, strict=True):
            rejected = judgement.standing is Standing.REJECTED
            self._note(read, PieceRole.CERTIFICATE if rejected else PieceRole.CSCA, judgement)
            if not rejected:
                anchors[read.certificate.der] = read.certificate
        return tuple(anchors.values())

    def _believed_signers(self, store: TrustStore) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for read in self._signers:
            certificate = read.certificate
            fault = signer.unfit(certificate, signer.issuer_of(certificate, store, self._at))
            if fault:
                self._note(read, PieceRole.SIGNER, _rejected(fault))
                continue
            self._note(read, PieceRole.SIGNER, Judgement(Standing.TRUSTED))
            found |= dict.fromkeys(signer_keys(certificate), certificate.der)
        return found

    def _believed_revocations(self, anchors: tuple[Certificate, ...]) -> Iterator[RevocationList]:
        """The newest list of each issuer and key; an older one does not count (rollback)."""
        newest: dict[tuple[object, bytes | None], tuple[datetime, int]] = {}
        for piece, found in sorted(self._revocation_lists, key=_recency, reverse=True):
            key, age = (found.issuer_name, found.authority_key_id), _recency((piece, found))
            reason = _fault_of_revocations(found, anchors)
            if not reason and age < newest.get(key, age):
                reason = "older than another list of the same issuer (rollback)"
            standing = Standing.REJECTED if reason else Standing.TRUSTED
            if not reason:
                newest[key] = age
                yield found
                reason = "" if found.is_fresh_at(self._at) else "not fresh"
            self._findings.append(
                IntakeFinding(
                    piece,
                    PieceRole.REVOCATION_LIST,
                    standing,
                    reason,
                    found.country,
                    found.title,
                    found.next_update,
                )
            )

    def _believed_deviations(self, anchors: tuple[Certificate, ...]) -> Iterator[DeviationList]:
        """The newest list of each state."""
        seen: set[str] = set()
        for piece, found in sorted(self._deviation_lists, key=_signed_at, reverse=True):
            try:
                signed_list.authorise(found.signed, DEVIATION_LIST_SIGNING, anchors, self._at)
            except Refused as error:
                self._reject(piece, PieceRole.DEVIATION_LIST, str(error))
                continue
            if found.country in seen:
                self._reject(
                    piece, PieceRole.DEVIATION_LIST, "older than another list of the same state"
                )
                continue
            seen.add(found.country)
            yield found
            detail = f"{len(found.deviations)} deviations"
            self._findings.append(
                IntakeFinding(
                    piece, PieceRole.DEVIATION_LIST, Standing.TRUSTED, detail, found.country
                )
            )

    def _note(self, read: _Read, role: str, judgement: Judgement) -> None:
        self._findings.append(
            IntakeFinding(
                read.piece,
                role,
                judgement.standing,
                judgement.reason,
                read.certificate.country,
                read.certificate.title,
                read.certificate.not_after,
            )
        )

    def _reject(self, piece: Piece, role: str, reason: str) -> None:
        self._findings.append(IntakeFinding(piece, role, Standing.REJECTED, reason))


_ROLES = {
    Kind.CERTIFICATE: PieceRole.CERTIFICATE,
    Kind.MASTER_LIST: PieceRole.MASTER_LIST,
    Kind.DEVIATION_LIST: PieceRole.DEVIATION_LIST,
    Kind.REVOCATION_LIST: PieceRole.REVOCATION_LIST,
    Kind.UNKNOWN: PieceRole.UNKNOWN,
}


def _rejected(reason: str) -> Judgement:
    return Judgement(Standing.REJECTED, reason)


def _require_newer(publication: Publication, published: Mapping[str, datetime]) -> None:
    latest = published.get(publication.country)
    if latest is not None and publication.signed_at < latest:
        raise Refused(
            f"older than the list of {publication.country} signed {latest:%Y-%m-%d %H:%M}"
            " that is known (rollback)"
        )


def _signed_at(entry: tuple[Piece, MasterList] | tuple[Piece, DeviationList]) -> float:
    """The claimed signing time of a list, as a number to sort by."""
    moment = entry[1].signed.signers[0].signed_at
    return moment.timestamp() if moment is not None else 0.0


def _recency(entry: tuple[Piece, RevocationList]) -> tuple[datetime, int]:
    return entry[1].this_update, entry[1].number or 0


def _fault_of_revocations(found: RevocationList, anchors: Iterable[Certificate]) -> str:
    """Why a revocation list does not count; a state revokes its own certificates only."""
    own = [anchor for anchor in anchors if anchor.country == found.country]
    if not own:
        return f"no trusted CSCA of {found.country or '?'} to verify it with"
    if not any(found.is_signed_by(anchor) for anchor in own):
        return "no trusted CSCA of its state signed it"
    return ""

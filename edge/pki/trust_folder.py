"""The trust store on disk: a folder of objects named by their hash, and one index.

Objects are written first, then the index is replaced in one step.  A reader sees the old store or
the new one, never a mixture.  Objects that the index no longer names are removed last.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import override

from edge.errors import LimitExceeded, MalformedFile, SettingsError
from edge.files.reading import read_bounded, rest_of
from edge.files.writing import replace_file
from edge.trust import TrustStore
from edge.trust import deviation_list as deviations
from edge.trust.anchors import Standing
from edge.trust.certificates import Certificate
from edge.trust.intake import IntakeFinding, IntakeReport, PieceRole
from edge.trust.material import Kind, Piece, is_ldif, pieces, pieces_of_ldif
from edge.trust.revocation import RevocationList
from edge.trust.store import signer_keys

INDEX = "index.json"
LARGEST_OBJECT_BYTES = 32_000_000
LARGEST_INDEX_BYTES = 128_000_000
LONGEST_LINE_BYTES = 32_000_000


class Provenance(BaseModel):
    """The origin of an object: its file, the publisher of its list, and the date of the import."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    publisher: str = ""
    imported: str


class StoredObject(BaseModel):
    """One certificate or list that is trusted."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: Kind
    role: str
    standing: Standing
    reason: str = ""
    country: str = ""
    title: str = ""
    expires: datetime | None = None
    keys: tuple[str, ...] = ()
    """Keys by which a document signer is found."""
    provenance: tuple[Provenance, ...]


class Index(BaseModel):
    """The index file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1] = 1
    published: dict[str, datetime] = {}
    objects: tuple[StoredObject, ...] = ()


class TrustFolder:
    """A trust store on disk.  The first `save` makes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a store has been saved here."""
        return (self.path / INDEX).is_file()

    def index(self) -> Index:
        """Read the index; empty when there is no store yet; SettingsError when it is damaged."""
        try:
            content = read_bounded(self.path / INDEX, LARGEST_INDEX_BYTES)
        except FileNotFoundError:
            return Index()
        except OSError as error:
            raise SettingsError(f"trust store {self.path}: {error.strerror}") from error
        try:
            return Index.model_validate_json(content)
        except ValidationError as error:
            raise self._damaged("its index cannot be read") from error

    def load(self) -> TrustStore:
        """Load the store as the import judged it; SettingsError when it is damaged."""
        anchors: list[Certificate] = []
        revocation_lists: list[RevocationList] = []
        deviation_lists: list[deviations.DeviationList] = []
        signers: dict[str, str] = {}
        try:
            for each in self.index().objects:
                match each.role:
                    case PieceRole.CSCA:
                        anchors.append(Certificate.parse(self.content(each.sha256)))
                    case PieceRole.REVOCATION_LIST:
                        revocation_lists.append(RevocationList.parse(self.content(each.sha256)))
                    case PieceRole.DEVIATION_LIST:
                        deviation_lists.append(deviations.parse(self.content(each.sha256)))
                    case _:
                        signers |= dict.fromkeys(each.keys, each.sha256)
        except MalformedFile as error:
            raise self._damaged(str(error)) from error
        return TrustStore(
            tuple(anchors),
            revocation_lists=tuple(revocation_lists),
            deviation_lists=tuple(deviation_lists),
            signers=_SignersOnDisk(self, signers),
        )

    def content(self, sha256: str) -> bytes:
        """Read one object; SettingsError when it is missing or has another hash than its name."""
        try:
            content = read_bounded(self._object(sha256), LARGEST_OBJECT_BYTES)
        except OSError as error:
            raise self._damaged(f"{sha256[:16]}: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise self._damaged(f"{sha256[:16]} is not what its name says")
        return content

    def pieces(self) -> Iterator[Piece]:
        """All stored objects as input of a new import, once for each publisher."""
        for each in self.index().objects:
            content = self.content(each.sha256)
            for provenance in each.provenance:
                yield Piece(
                    each.kind,
                    content,
                    provenance.file,
                    is_signer=each.role == PieceRole.SIGNER,
                    publisher=provenance.publisher,
                    imported=provenance.imported,
                )

    def save(self, outcome: IntakeReport, now: datetime) -> None:
        """Replace the store by the result of an import; SettingsError when that fails."""
        merged: dict[str, StoredObject] = {}
        contents: dict[str, bytes] = {}
        for finding in outcome.findings:
            if finding.standing is Standing.REJECTED or finding.role == PieceRole.MASTER_LIST:
                continue
            found = _stored(finding, now)
            known = merged.get(found.sha256)
            merged[found.sha256] = found if known is None else _merged(known, found)
            contents[found.sha256] = finding.piece.data
        published = dict(outcome.published)
        self.write(Index(published=published, objects=tuple(merged.values())), contents)

    def write(self, index: Index, contents: Mapping[str, bytes]) -> None:
        """Write new objects, then the index; then remove the objects it does not name."""
        try:
            (self.path / "objects").mkdir(parents=True, exist_ok=True)
            for sha256, content in contents.items():
                if not self._object(sha256).exists():
                    replace_file(self._object(sha256), content)
            os.sync()  # once for all objects: one by one takes minutes on a memory card
            replace_file(self.path / INDEX, index.model_dump_json(indent=1).encode())
            os.sync()
            named = {each.sha256 for each in index.objects}
            for file in (self.path / "objects").iterdir():
                if file.stem not in named:
                    file.unlink()
        except OSError as error:
            raise SettingsError(f"trust store {self.path}: {error.strerror}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other imports out; SettingsError when one is running."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / ".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield
        except BlockingIOError as error:
            raise SettingsError(f"trust store {self.path}: another import is at work") from error
        except OSError as error:
            raise SettingsError(f"trust store {self.path}: {error.strerror}") from error

    def _object(self, sha256: str) -> Path:
        return self.path / "objects" / f"{sha256}.der"

    def _damaged(self, what: str) -> SettingsError:
        return SettingsError(f"trust store {self.path} is damaged: {what}; import it again")


class _SignersOnDisk(Mapping[str, bytes]):
    """Document signers by key, read from disk on demand: there may be tens of thousands."""

    def __init__(self, folder: TrustFolder, fingerprints: Mapping[str, str]) -> None:
        self._folder = folder
        self._fingerprints = fingerprints

    @override
    def __getitem__(self, key: str) -> bytes:
        fingerprint = self._fingerprints[key]
        try:
            return self._folder.content(fingerprint)
        except SettingsError as error:
            raise KeyError(key) from error

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._fingerprints)

    @override
    def __len__(self) -> int:
        return len(self._fingerprints)


def read_pieces(file: Path) -> Iterator[Piece]:
    """Yield the pieces of a file of trust material, LDIF as a stream.

    Raises:
        SettingsError: it cannot be read, or is too large.
    """
    try:
        with file.open("rb") as stream:
            if is_ldif(stream.peek(4096)) or file.suffix.lower() == ".ldif":
                lines = iter(lambda: stream.readline(LONGEST_LINE_BYTES), b"")
                yield from pieces_of_ldif(lines, str(file))
                return
            content = rest_of(stream, LARGEST_OBJECT_BYTES)
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error
    except LimitExceeded as error:
        raise SettingsError(f"{file}: {error}") from error
    yield from pieces(content, str(file))


def _stored(finding: IntakeFinding, now: datetime) -> StoredObject:
    piece = finding.piece
    keys: tuple[str, ...] = ()
    if finding.role == PieceRole.SIGNER:
        keys = signer_keys(Certificate.parse(piece.data))
    imported = piece.imported or now.isoformat()
    provenance = Provenance(file=piece.source, publisher=piece.publisher, imported=imported)
    return StoredObject(
        sha256=finding.fingerprint,
        kind=piece.kind,
        role=finding.role,
        standing=finding.standing,
        reason=finding.reason,
        country=finding.country,
        title=finding.title,
        expires=finding.expires,
        keys=keys,
        provenance=(provenance,),
    )


def _merged(known: StoredObject, found: StoredObject) -> StoredObject:
    """Merge two findings of one object; the same source counts once, with its first import."""
    said = {(each.file, each.publisher) for each in known.provenance}
    new = tuple(each for each in found.provenance if (each.file, each.publisher) not in said)
    return known.model_copy(update={"provenance": known.provenance + new})

"""The trust anchors of a gate: an imported store, or files of certificates and lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import structlog

from edge.errors import SettingsError
from edge.pki.trust_folder import TrustFolder, read_pieces
from edge.trust import TrustStore, intake
from edge.trust.anchors import Standing
from edge.trust.intake import IntakeReport
from edge.trust.material import Piece

MATERIAL = frozenset({".der", ".cer", ".crt", ".pem", ".p7b", ".p7c", ".ml", ".crl", ".ldif"})
"""File endings that are read in a folder; a file named in the settings may have any ending."""

log = structlog.get_logger()


def trust_store(anchors: tuple[Path, ...], at: datetime) -> TrustStore:
    """Load trust anchors; SettingsError when a file is missing or none of them is an anchor.

    A folder of `gatectl trust import` was judged at the import, and is loaded as it is.  Other
    files and folders are judged now.
    """
    try:
        store = _loaded(anchors, at)
    except OSError as error:
        raise SettingsError(f"trust anchor {error.filename}: {error.strerror}") from error
    if not store.anchors:
        where = ", ".join(str(anchor) for anchor in anchors)
        raise SettingsError(
            f"no trust anchor in {where}; put CSCA certificates there"
            " (a virtual lane: gatectl specimen issue)"
        )
    return store


def digest_of(store: TrustStore) -> str:
    """The SHA-256 of everything trusted, hexadecimal, independent of the order."""
    parts = [
        *(anchor.der for anchor in store.anchors),
        *(each.der for each in store.revocation_lists),
        *(each.der for each in store.deviation_lists),
        *store.signers.values(),
    ]
    digests = sorted({hashlib.sha256(part).digest() for part in parts})
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _loaded(anchors: tuple[Path, ...], at: datetime) -> TrustStore:
    if len(anchors) == 1 and TrustFolder(anchors[0]).exists:
        return TrustFolder(anchors[0]).load()
    outcome = intake.take((piece for anchor in anchors for piece in _pieces(anchor)), at)
    _log_rejected(outcome)
    return outcome.store


def _pieces(anchor: Path) -> Iterator[Piece]:
    folder = TrustFolder(anchor)
    if folder.exists:
        yield from folder.pieces()
        return
    for file in _files(anchor):
        yield from read_pieces(file)


def _log_rejected(outcome: IntakeReport) -> None:
    """Log one line for each file and reason: a list may hold hundreds of certificates."""
    rejected = [each for each in outcome.findings if each.standing is Standing.REJECTED]
    for source, reason in dict.fromkeys((each.piece.source, each.reason) for each in rejected):
        log.warning("trust_material_rejected", path=source, cause=reason)


def _files(anchor: Path) -> list[Path]:
    if anchor.is_dir():
        return sorted(file for file in anchor.iterdir() if file.suffix.lower() in MATERIAL)
    return [anchor] if anchor.exists() else []

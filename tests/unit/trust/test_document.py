"""Verified values: nobody but the inspection can make one, whatever is at hand."""

from __future__ import annotations

import copy
import dataclasses
import re
from pathlib import Path

import pytest

from edge import mrz
from edge.trust import AuthenticDocument, AuthenticPortrait
from tests.support.trust.specimens import PORTRAIT, genuine, genuine_contents, judged

ROOT = Path(__file__).parents[3]
ZONE = mrz.parse(genuine().lines)


def authentic() -> AuthenticDocument:
    document = judged(genuine_contents()).document
    assert document is not None
    return document


def portrait() -> AuthenticPortrait:
    found = authentic().portrait
    assert found is not None
    return found


@pytest.mark.parametrize("seal", [None, object(), "seal", True])
def test_no_document_without_the_seal(seal: object) -> None:
    with pytest.raises(TypeError, match="only passive authentication"):
        AuthenticDocument(ZONE, None, "UT", None, seal)


@pytest.mark.parametrize("seal", [None, object(), "seal", True])
def test_no_portrait_without_the_seal(seal: object) -> None:
    with pytest.raises(TypeError, match="only passive authentication"):
        AuthenticPortrait(PORTRAIT, "image/jpeg", seal)


def test_a_verified_value_does_not_give_its_seal_away() -> None:
    assert [field.name for field in dataclasses.fields(AuthenticDocument)] == [
        "mrz",
        "portrait",
        "issuer",
        "issued",
    ]
    assert [field.name for field in dataclasses.fields(AuthenticPortrait)] == [
        "image",
        "media_type",
    ]
    for value in (authentic(), portrait()):
        assert not hasattr(value, "seal")


def test_no_other_document_comes_from_a_verified_one() -> None:
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(authentic(), issuer="XA")  # type: ignore[call-arg]
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(portrait(), image=b"another face")  # type: ignore[call-arg]
    with pytest.raises(dataclasses.FrozenInstanceError):
        authentic().issuer = "XA"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        portrait().image = b"another face"  # type: ignore[misc]


def test_a_copy_says_the_same() -> None:
    document = authentic()
    assert copy.copy(document) == document


def test_only_the_inspection_holds_the_seal() -> None:
    """Nobody else in the project so much as names it."""
    named = {
        path.relative_to(ROOT).as_posix()
        for folder in ("edge", "drivers", "tools")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\bSEAL\b", text := path.read_text(encoding="utf-8"))
        and re.search(r"edge\.trust(\.document| import document)|^class _Seal", text, re.MULTILINE)
    }
    assert named == {"edge/trust/document.py", "edge/trust/inspection.py"}


def test_nothing_personal_is_shown() -> None:
    document = authentic()
    assert repr(document) == "AuthenticDocument(UT <redacted>)"
    assert repr(portrait()) == "AuthenticPortrait(<redacted> image/jpeg)"
    assert "SPECIMEN" not in f"{document} {document!r} {portrait()}"

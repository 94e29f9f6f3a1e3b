"""Templates: compared only with what is authentic, never shown, wiped when done."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from edge.face import FaceTemplate, ReferenceTemplate, match
from tests.support.face.faces import authentic, reference, template


def test_a_template_has_length_one() -> None:
    made = FaceTemplate.of(np.full(128, 7, np.float32))
    assert np.linalg.norm(made.vector) == pytest.approx(1)
    assert made.vector.dtype == np.float32


def test_an_embedding_of_nothing_is_like_nobody() -> None:
    nothing = FaceTemplate.of(np.zeros(128, np.float32))
    assert match(reference(1, 2, 3), nothing) == 0
    assert match(ReferenceTemplate(nothing, authentic()), nothing) == 0


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [((3, 4), (6, 8), 1), ((1, 0), (0, 1), 0), ((1, 2), (-1, -2), -1), ((3, 4), (4, 3), 0.96)],
)
def test_similarity_is_the_cosine(
    first: tuple[float, ...], second: tuple[float, ...], similarity: float
) -> None:
    assert match(reference(*first), template(*second)) == pytest.approx(similarity, abs=1e-6)


def test_wiping_overwrites_the_numbers_themselves() -> None:
    made = template(1, 2, 3)
    held = made.vector
    made.wipe()
    assert not held.any()
    assert match(reference(1, 2, 3), made) == 0


def test_a_template_does_not_share_the_embedding_it_was_made_of() -> None:
    """What is computed on may be wiped while the template is still needed, and the other way."""
    embedding = np.ones(128, np.float32)
    made = FaceTemplate.of(embedding)
    embedding.fill(0)
    assert made.vector.all()


@pytest.mark.parametrize("shown", [template(1, 2, 3), reference(1, 2, 3)])
@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:>3}".format])
def test_no_way_of_printing_shows_a_number(shown: object, show: Any) -> None:
    assert show(shown) in {"Template(<redacted>)", "ReferenceTemplate(<redacted>)"}


def test_a_template_is_not_changed_for_another() -> None:
    made = template(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.vector = np.zeros(128, np.float32)  # type: ignore[misc]  # that is the point


def test_only_an_authentic_portrait_makes_a_reference() -> None:
    not_one: Any = b"\xff\xd8\xff"
    with pytest.raises(TypeError, match="authentic portrait"):
        ReferenceTemplate(template(1), not_one)


def test_only_a_reference_is_compared_with() -> None:
    """Two live pictures of one impostor are alike, and prove nothing."""
    live: Any = template(1)
    with pytest.raises(TypeError, match="authentic portrait"):
        match(live, template(1))

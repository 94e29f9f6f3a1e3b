"""Weights and centres, tried on people that the centres were not taken from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge.errors import SettingsError
from edge.inference.models import ModelStore
from tools.evaluation.calibrate.people import Pairs, Picture
from tools.evaluation.calibrate.rates import Scores, scores
from tools.evaluation.calibrate.templates import Directions

WEIGHTS: Final = (0.0, 0.2, 0.3, 0.35, 0.4, 0.5, 1.0)
"""Of the second embedder, where there are two."""
CENTRED: Final = (0.0, 0.5, 1.0)


def table(
    store: ModelStore, sides: Sequence[Directions], pictures: Sequence[Picture], tried: Pairs
) -> str:
    """Error rates by weight of the second embedder and by how much of each centre is left out.

    The people are halved; each half is measured with the centres of the other.

    Raises:
        SettingsError: there are too few people for that.
    """
    names = list(store.manifest.comparison.embedders)
    first = _first_half(pictures)
    lines = [f"{' '.join(names)}: weights, centred; EER, TAR at 1e-3, 1e-4, 1e-5"]
    seconds = WEIGHTS if len(names) == 2 else (0.0,)
    for second, shares in itertools.product(seconds, itertools.product(CENTRED, repeat=len(names))):
        weights = dict(zip(names, (1 - second, second), strict=False))
        centred = dict(zip(names, shares, strict=True))
        found = crossed(sides, tried, first, weights, centred)
        if not (len(found.genuine) and len(found.impostor)):
            raise SettingsError("too few people: in each half pairs of one and of two are wanted")
        rates = [100 * found.true_matches(found.threshold(rate)) for rate in (1e-3, 1e-4, 1e-5)]
        lines.append(
            f"{second:.2f}  {' '.join(f'{share:.1f}' for share in shares)}  "
            f"{100 * found.equal_error()[0]:.3f}  {' '.join(f'{rate:.2f}' for rate in rates)}"
        )
    return "\n".join(lines)


def crossed(
    sides: Sequence[Directions],
    tried: Pairs,
    first: np.ndarray[tuple[int], np.dtype[np.bool_]],
    weights: Mapping[str, float],
    centred: Mapping[str, float],
) -> Scores:
    """The scores within each half of the people, with the centres of the other."""
    parts = []
    for half in (first, ~first):
        centres = {name: share * sides[-1].centre(name, ~half) for name, share in centred.items()}
        rows = [np.nan_to_num(side.templates(weights, centres, {})) for side in sides]
        within = half[tried.portraits] & half[tried.lives]
        inside = Pairs(tried.portraits[within], tried.lives[within], tried.same[within])
        acquired = np.logical_and.reduce([side.acquired for side in sides])
        parts.append(scores((rows[0], rows[-1]), inside, acquired).split(inside))
    return Scores(
        np.concatenate([part.genuine for part in parts]),
        np.concatenate([part.impostor for part in parts]),
    )


def _first_half(pictures: Sequence[Picture]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    names = sorted({picture.person for picture in pictures})
    half = set(names[: len(names) // 2])
    return np.array([picture.person in half for picture in pictures])

"""What happens to faces at a gate, drawn onto aligned faces [112, 112, 3], 0..255."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Aligned = NDArray[np.float32]
_ROWS, _COLUMNS = np.mgrid[0:112, 0:112].astype(np.float32)
EYES = ((39.0, 53.0), (73.0, 53.0))
DARK = (25.0, 25.0, 28.0)


def light_of(face: Aligned) -> Aligned:
    return np.asarray((face.clip(0, 255) / 255) ** 2.2, np.float32)


def grey_of(light: Aligned) -> Aligned:
    return np.asarray(255 * light.clip(0, 1) ** (1 / 2.2), np.float32)


def exposed(face: Aligned, stops: float) -> Aligned:
    """Longer or shorter, in powers of two; what is too much burns out."""
    return grey_of(light_of(face) * np.float32(2.0**stops)).round()


def reflecting(face: Aligned, share: float) -> Aligned:
    """The same face with skin that reflects a part of the light; gloss and whites stay."""
    total = face.sum(2, keepdims=True) + 1
    skin = ((face[..., :1] / total - 0.36) / 0.04).clip(0, 1)
    gloss = 0.3 * ((face.max(2, keepdims=True) - 200) / 55).clip(0, 1)
    light = light_of(face)
    return grey_of(light * (1 - skin) + light * skin * (share + (1 - share) * gloss))


def toned(face: Aligned, gamma: float) -> Aligned:
    return np.asarray(255 * (face.clip(0, 255) / 255) ** gamma, np.float32)


def noisy(face: Aligned, deviation: float) -> Aligned:
    noise = np.random.default_rng(7).normal(0, deviation, face.shape)
    return np.asarray((face + noise).clip(0, 255), np.float32)


def hazy(face: Aligned, share: float) -> Aligned:
    return np.asarray(face * (1 - share) + 180 * share, np.float32)


def lit_from_the_side(face: Aligned, stops: float) -> Aligned:
    less = 2.0 ** (-stops * ((_COLUMNS - 30) / 52).clip(0, 1))
    return grey_of(light_of(face) * less[..., None])


def blurred(face: Aligned, deviation: float) -> Aligned:
    places = np.arange(112)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * max(deviation, 1e-3) ** 2))
    weights /= weights.sum(1, keepdims=True)
    rows = np.einsum("ij,jkc->ikc", weights, face)
    return np.asarray(np.einsum("ij,kjc->kic", weights, rows), np.float32)


def moved(face: Aligned, pixels: int) -> Aligned:
    """Blurred by a movement across."""
    places = range(-(pixels // 2), pixels // 2 + 1)
    return np.asarray(np.mean([np.roll(face, place, 1) for place in places], 0), np.float32)


def ellipse(centre: tuple[float, float], radii: tuple[float, float], soft: float = 1.0) -> Aligned:
    across, down = (_COLUMNS - centre[0]) / radii[0], (_ROWS - centre[1]) / radii[1]
    inside = (1 - np.hypot(across, down)) * min(radii) / soft + 0.5
    return np.asarray(inside.clip(0, 1)[..., None], np.float32)


def painted(face: Aligned, where: Aligned, colour: Sequence[float] | Aligned) -> Aligned:
    return np.asarray(face * (1 - where) + where * np.asarray(colour, np.float32), np.float32)


def with_dark_glasses(face: Aligned, transmission: float = 0.06) -> Aligned:
    lenses = np.maximum(*(ellipse((x, y + 1), (16, 12)) for x, y in EYES))
    light = light_of(face)
    return grey_of(light * (1 - lenses) + lenses * (light * transmission + 0.006))


def with_clear_glasses(face: Aligned) -> Aligned:
    rims = np.maximum(
        *(ellipse((x, y + 1), (16, 12)) - ellipse((x, y + 1), (14, 10)) for x, y in EYES)
    )
    return painted(face, rims, DARK)


def with_mask(face: Aligned, colour: Sequence[float]) -> Aligned:
    """Over nose, mouth and chin, in folds."""
    top = 68 + ((_COLUMNS - 56) / 40) ** 2 * 10
    where = ((_ROWS - top) / 2 + 0.5).clip(0, 1)[..., None]
    cloth = (1 - 0.25 * ((_COLUMNS - 56) / 45) ** 2) * (1 + 0.03 * np.sin(_ROWS / 3))
    return painted(face, where, cloth[..., None] * np.asarray(colour, np.float32))


def with_hair_over_an_eye(face: Aligned) -> Aligned:
    strands = (35 + 12 * np.sin(_COLUMNS * 1.7 + _ROWS * 0.3))[..., None] * np.array([1, 0.8, 0.6])
    where = ((_COLUMNS < 52) & (_ROWS < 68))[..., None].astype(np.float32)
    return painted(face, where, strands.astype(np.float32))


def under_a_brim(face: Aligned, light_left: float) -> Aligned:
    """A hat with its shadow down to the cheekbones."""
    shadow = ((60 - _ROWS) / 4 + 0.5).clip(0, 1)[..., None]
    light = light_of(face)
    shaded = grey_of(light * (1 - shadow) + light * light_left * shadow)
    return painted(shaded, (_ROWS < 26)[..., None].astype(np.float32), DARK)


def in_a_head_scarf(face: Aligned, colour: Sequence[float]) -> Aligned:
    """Around the face, from above the brows to below the chin, as in a hijab."""
    return painted(face, 1 - ellipse((56, 68), (38, 50), 3), colour)


def under_a_turban(face: Aligned, colour: Sequence[float]) -> Aligned:
    """Low on the forehead, without a brim."""
    edge = 34 - ((_COLUMNS - 56) / 30) ** 2 * 5
    return painted(face, ((edge - _ROWS) / 2 + 0.5).clip(0, 1)[..., None], colour)

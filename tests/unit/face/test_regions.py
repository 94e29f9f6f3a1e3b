"""The parts of an aligned face and what is read off them, on pictures drawn pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.face import light, visibility
from edge.face.regions import Regions

Place = tuple[float, float]

SIDE = 112
POINTS = np.array([[38.0, 52.0], [74.0, 52.0], [57.0, 71.0], [41.0, 92.0], [69.0, 94.0]])
INNER = (slice(36, 98), slice(29, 83))
"""Rows and columns from the brows to the lips, and from cheek to cheek."""


def flat(value: float = 0.0) -> NDArray[np.float32]:
    return np.full((SIDE, SIDE), value, np.float32)


def of_grey(grey: NDArray[np.float32]) -> Regions:
    return Regions(grey, flat(0.5), POINTS)


def of_light(picture: NDArray[np.float32]) -> Regions:
    return Regions(flat(128), picture, POINTS)


def block(centre: Place, reach: tuple[int, int]) -> tuple[slice, slice]:
    (x, y), (across, down) = centre, reach
    return (
        slice(int(y) - down, int(y) + down + 1),
        slice(int(x) - across, int(x) + across + 1),
    )


# Where each part lies, and which pixel of it speaks for all

PARTS: Mapping[str, tuple[Callable[[Regions], float], Place, tuple[int, int], int | None]] = {
    "left cheek": (lambda face: face.cheek(0), (35, 73), (7, 6), None),
    "right cheek": (lambda face: face.cheek(1), (77, 73), (7, 6), None),
    "under the left eye": (lambda face: face.under_eye(0), (38, 60), (7, 3), None),
    "under the right eye": (lambda face: face.under_eye(1), (74, 60), (7, 3), None),
    "between the eyes": (lambda face: face.between_eyes(), (56, 49), (5, 5), 30),
    "forehead": (lambda face: face.forehead(), (56, 22), (12, 6), None),
}
"""Light of a part; its centre and reach; its place among the brightest pixels, else the median."""


def drawn(
    centre: Place, reach: tuple[int, int], outermost: int, colour: float, rest: float
) -> NDArray[np.float32]:
    """All `rest`, but the outermost pixels of a block."""
    picture = flat(rest)
    rows, columns = block(centre, reach)
    inside = [
        (max(abs(x - centre[0]) / reach[0], abs(y - centre[1]) / reach[1]), y, x)
        for y in range(rows.start, rows.stop)
        for x in range(columns.start, columns.stop)
    ]
    for _, y, x in sorted(inside, reverse=True)[:outermost]:
        picture[y, x] = colour
    return picture


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_as_bright_as_one_of_its_pixels_and_nothing_around_it_counts(name: str) -> None:
    """One pixel more or less of either kind, or a block a pixel larger, and it would change."""
    part, centre, reach, brightest = PARTS[name]
    count = (2 * reach[0] + 1) * (2 * reach[1] + 1)
    bright = brightest or count - count // 2
    dark = count - bright + 1
    assert part(of_light(drawn(centre, reach, dark, 0.25, 1.0))) == 0.25
    assert part(of_light(drawn(centre, reach, dark - 1, 0.25, 1.0))) == 1.0
    assert part(of_light(drawn(centre, reach, bright, 1.0, 0.25))) == 1.0
    assert part(of_light(drawn(centre, reach, bright - 1, 1.0, 0.25))) == 0.25


@pytest.mark.parametrize("name", PARTS)
def test_no_light_is_a_little_so_that_a_ratio_stays_finite(name: str) -> None:
    assert PARTS[name][0](of_light(flat())) == 1e-3


def numbered() -> NDArray[np.float32]:
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray(1000 * rows + columns, np.float32)


@pytest.mark.parametrize(
    ("centre", "first"),
    [
        ((50.0, 60.0), (57, 48)),
        ((50.4, 60.6), (58, 48)),
        ((2.0, 3.0), (0, 0)),
        ((1.0, 2.0), (0, 0)),
        ((-70.0, -70.0), (0, 0)),
        ((109.0, 108.0), (105, 107)),
        ((110.0, 109.0), (105, 107)),
        ((400.0, 400.0), (105, 107)),
    ],
)
def test_a_block_never_leaves_the_picture(centre: Place, first: tuple[int, int]) -> None:
    picture = numbered()
    found = of_grey(picture).around(picture, centre, (2, 3))
    assert found.shape == (7, 5)
    assert found[0, 0] == 1000 * first[0] + first[1]


def test_eyes_and_mouth_are_cut_out_around_their_points() -> None:
    face = of_grey(numbered())
    for found, centre, shape in (
        (face.eye(0), (38, 52), (17, 23)),
        (face.eye(1), (74, 52), (17, 23)),
        (face.mouth(), (55, 93), (21, 33)),
    ):
        assert found.shape == shape
        assert found[shape[0] // 2, shape[1] // 2] == 1000 * centre[1] + centre[0]


def test_the_inner_face_ends_at_brows_lips_and_cheeks() -> None:
    inner = of_grey(numbered()).inner
    assert (inner[0, 0], inner[-1, -1]) == (36_029, 97_082)


def test_grey_is_what_the_eye_sees_and_light_what_the_sensor_saw() -> None:
    """Rec. 601; a camera's curve of 2.2."""
    aligned = np.zeros((SIDE, SIDE, 3), np.float32)
    aligned[0, 0] = 255, 0, 0
    aligned[0, 1] = 0, 255, 0
    aligned[0, 2] = 0, 0, 255
    aligned[0, 3] = 255, 255, 255
    aligned[0, 4] = 51, 51, 51
    aligned[0, 5] = -9, -9, -9
    aligned[0, 6] = 300, 300, 300
    face = Regions.of(aligned, POINTS)
    assert face.grey[0, :5] == pytest.approx([76.245, 149.685, 29.07, 255, 51], abs=1e-3)
    assert face.light[0, 3] == pytest.approx(1, abs=0.01)
    assert face.light[0, 4] == pytest.approx(0.2**2.2, abs=0.002)
    assert (face.light[0, 5], face.light[0, 6], face.light[1, 0]) == (0, 1, 0)


@pytest.mark.parametrize(("times", "across"), [(1.0, 0.0), (3.0, 40.0), (0.5, -200.0)])
def test_the_points_are_those_of_the_aligned_face(times: float, across: float) -> None:
    """Doc: an aligned face has its eyes at 38.29, 51.70 and 73.53, 51.50."""
    ideal = np.array(
        [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
         [70.7299, 92.2041]]
    )  # fmt: skip
    face = Regions.of(np.zeros((SIDE, SIDE, 3), np.float32), ideal * times + [across, 7])
    assert np.allclose(face.points, ideal, atol=1e-6)


# Light

PIXELS = 62 * 54
TWENTIETH = 167


def speckled(count: int, speck: float, rest: float) -> Regions:
    """So many pixels of the inner face have another grey; around it nothing counts."""
    inner = np.full(PIXELS, rest, np.float32)
    inner[:count] = speck
    grey = flat(255.0)
    grey[INNER] = inner.reshape(62, 54)
    return of_grey(grey)


def test_the_brightest_twentieth_counts() -> None:
    assert light.brightest(speckled(TWENTIETH, 240, 10)) == 240
    assert light.brightest(speckled(TWENTIETH - 1, 240, 10)) == 10


def test_contrast_is_between_the_darkest_and_the_brightest_twentieth() -> None:
    expected = (240 - 10) / (240 + 10 + 8)
    assert light.contrast(speckled(TWENTIETH, 240, 10)) == pytest.approx(expected)
    assert light.contrast(speckled(TWENTIETH - 1, 240, 10)) == 0
    assert light.contrast(speckled(TWENTIETH + 1, 10, 240)) == pytest.approx(expected)
    assert light.contrast(speckled(TWENTIETH, 10, 240)) == 0


@pytest.mark.parametrize(("grey", "share"), [(255.0, 0.5), (250.0, 0.5), (249.9, 0.0)])
def test_burnt_is_where_the_camera_tells_nothing_apart(grey: float, share: float) -> None:
    assert light.burnt(speckled(PIXELS // 2, grey, 200)) == share


def lit(**parts: float) -> Regions:
    """Each part of a face in light of its own; a part that is not named in 0.4."""
    picture = flat(0.4)
    for name, value in parts.items():
        _, centre, reach, _ = PARTS[name.replace("_", " ")]
        picture[block(centre, reach)] = value
    return of_light(picture)


def test_evenness_counts_in_stops_whichever_side_is_darker() -> None:
    assert light.unevenness(lit(left_cheek=0.8, right_cheek=0.1)) == pytest.approx(3)
    assert light.unevenness(lit(left_cheek=0.1, right_cheek=0.8)) == pytest.approx(3)
    assert light.unevenness(lit()) == 0


def test_a_brim_darkens_between_the_eyes_against_the_cheeks() -> None:
    face = lit(left_cheek=0.8, right_cheek=0.4, between_the_eyes=0.3, forehead=0.06)
    assert light.between_eyes(face) == pytest.approx(0.5)
    assert light.forehead(face) == pytest.approx(0.2)


# Eyes and mouth


def test_dark_glasses_are_darker_than_the_darker_of_cheek_and_brow() -> None:
    def seen(**parts: float) -> float:
        return visibility.under_eyes(lit(**parts))

    assert seen() == pytest.approx(1)
    assert seen(under_the_left_eye=0.1) == pytest.approx(0.25)
    assert seen(under_the_right_eye=0.1) == pytest.approx(0.25)
    assert seen(under_the_left_eye=0.1, left_cheek=0.2) == pytest.approx(0.5)
    assert seen(under_the_left_eye=0.1, right_cheek=0.2) == pytest.approx(0.25)
    assert seen(under_the_left_eye=0.1, between_the_eyes=0.2) == pytest.approx(0.5)


def with_eyes(left: NDArray[np.float32], right: NDArray[np.float32]) -> Regions:
    grey = flat(100)
    grey[block((38, 52), (11, 8))] = left
    grey[block((74, 52), (11, 8))] = right
    return of_grey(grey)


def pupil(count: int, dark: float) -> NDArray[np.float32]:
    patch = np.full(17 * 23, 100, np.float32)
    patch[150 : 150 + count] = dark
    return patch.reshape(17, 23)


@pytest.mark.parametrize(
    ("left", "right", "contrast", "expected"),
    [
        (pupil(13, 28), pupil(13, 28), 0.5, 72 / 108 / 0.5),
        (pupil(12, 28), pupil(13, 28), 0.5, 0.0),
        (pupil(13, 28), pupil(40, 64), 0.5, 36 / 108 / 0.5),
        (pupil(40, 64), pupil(13, 28), 0.5, 36 / 108 / 0.5),
        (pupil(13, 28), pupil(13, 28), 0.01, 72 / 108 / 0.05),
    ],
)
def test_a_pupil_is_a_dozen_dark_pixels_in_both_eyes(
    left: NDArray[np.float32], right: NDArray[np.float32], contrast: float, expected: float
) -> None:
    assert visibility.pupils(with_eyes(left, right), contrast) == pytest.approx(expected)


def opened(step: float) -> NDArray[np.float32]:
    """White beside iris in the nine rows of the eye; lashes above and below do not count."""
    patch = np.full((17, 23), 100, np.float32)
    patch[:, [2, 3, 6, 7, 10, 11, 14, 15]] = 0
    patch[4:13] = 100
    patch[4:13, 12:] = 100 + step
    return patch


@pytest.mark.parametrize(
    ("left", "right", "contrast", "expected"),
    [
        (90.0, 90.0, 0.5, 180 / 21 / 108 / 0.5),
        (90.0, 45.0, 0.5, 90 / 21 / 108 / 0.5),
        (45.0, 90.0, 0.5, 90 / 21 / 108 / 0.5),
        (90.0, 90.0, 0.0, 180 / 21 / 108 / 0.05),
    ],
)
def test_an_open_eye_changes_along_its_rows(
    left: float, right: float, contrast: float, expected: float
) -> None:
    found = visibility.openness(with_eyes(opened(left), opened(right)), contrast)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("line", "contrast", "expected"),
    [(40.0, 0.5, 60 / 108 / 0.5), (154.0, 0.5, 0.5 / 0.5), (40.0, 0.0, 60 / 108 / 0.05)],
)
def test_lips_are_rows_that_differ_from_most(line: float, contrast: float, expected: float) -> None:
    grey = flat(100)
    grey[93, 39:72] = line
    assert visibility.lips(of_grey(grey), contrast) == pytest.approx(expected)

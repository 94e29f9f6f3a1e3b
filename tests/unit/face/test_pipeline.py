"""The pipeline: with the gate's own networks on photographs, and with networks written here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from edge.face import (
    FacePipeline,
    FaceTemplate,
    Hint,
    Network,
    Observation,
    ReferenceTemplate,
    match,
)
from edge.face.embedding import Job
from edge.face.finder import FIRST_SIDE
from edge.face.pipeline import PORTRAIT_MARGIN
from edge.face.quality import LEAST
from edge.imaging import Decoder
from tests.support.face.faces import (
    PHOTOGRAPHS,
    authentic,
    bright,
    embedder,
    face,
    live,
    nobody,
    pipeline,
    pixels,
    portrait,
    threshold,
)
from tools.specimen import pictures

GREY = (90, 90, 90)


def array(picture: Image.Image) -> NDArray[np.uint8]:
    return np.array(picture)


def observed(picture: Image.Image) -> Observation:
    return pipeline().observe(array(picture))


def embedded(picture: Image.Image) -> FaceTemplate:
    found = observed(picture)
    assert found.face is not None
    return pipeline().embed(array(picture), found.face)


def chip(data: bytes) -> ReferenceTemplate:
    made = pipeline().reference(authentic(data), pixels(data))
    assert made is not None
    return made


def shifted(picture: Image.Image, across: int, down: int = 0) -> Image.Image:
    canvas = Image.new("RGB", picture.size, GREY)
    canvas.paste(picture, (across, down))
    return canvas


def reduced(picture: Image.Image, times: int) -> Image.Image:
    """The same scene from further away."""
    size = picture.width // times, picture.height // times
    canvas = Image.new("RGB", picture.size, GREY)
    canvas.paste(picture.resize(size), (320 - size[0] // 2, 240 - size[1] // 2))
    return canvas


# Who is who


def test_the_same_person_matches_the_portrait_of_the_chip_and_another_does_not() -> None:
    reference = chip(portrait())
    assert match(reference, embedded(live())) > 0.7
    assert match(reference, embedded(live(pictures.SECOND_LIVE))) < 0.3
    assert 0.3 < threshold("1e-3") < threshold("1e-4") < 0.7


def test_each_of_two_people_matches_themselves_only() -> None:
    second = chip(portrait(pictures.SECOND_PORTRAIT))
    assert match(second, embedded(live(pictures.SECOND_LIVE))) > 0.7
    assert match(second, embedded(live())) < 0.3


@pytest.mark.parametrize("crop", [pictures.FIRST_PORTRAIT, pictures.SECOND_PORTRAIT])
def test_a_portrait_of_15_kilobytes_is_as_good_as_the_photograph(crop: pictures.Crop) -> None:
    """What a chip holds: JPEG 2000, 300x400, through the confined decoder."""
    data = portrait(crop)
    assert data.startswith(b"\x00\x00\x00\x0cjP  ")
    assert 10_000 < len(data) <= 15_500
    with Decoder(picture_s=20.0) as decoder:
        decoded = decoder.decode(data)
    assert decoded.shape == (400, 300, 3)
    compressed = pipeline().reference(authentic(data), decoded)
    assert compressed is not None
    with Image.open(PHOTOGRAPHS / crop.file) as photograph:
        cut = array(photograph.convert("RGB").crop(crop.box))
    original = pipeline().reference(authentic(), cut)
    assert original is not None
    assert match(compressed, original.template) > 0.9


def test_a_mirrored_camera_changes_nothing_about_who_it_is() -> None:
    reference = chip(portrait())
    mirrored = live().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    same, other = match(reference, embedded(live())), match(reference, embedded(mirrored))
    assert other == pytest.approx(same, abs=0.05)


def test_the_template_of_a_mirrored_face_is_the_same_up_to_alignment() -> None:
    """With landmarks mirrored exactly, only rounding is left between the two."""
    found = observed(live()).face
    assert found is not None
    flipped = found.landmarks[[1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32)
    flipped[:, 0] += live().width - 1
    mirrored = live().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    known = type(found)(found.box, flipped.astype(np.float32), found.score)
    template = pipeline().embed(array(mirrored), known)
    same = ReferenceTemplate(pipeline().embed(array(live()), found), authentic())
    assert match(same, template) > 0.97


@pytest.mark.parametrize("degrees", [-30, -24, -15, 15, 24, 30])
def test_a_head_that_leans_still_matches(degrees: int) -> None:
    """The second look sees it upright."""
    leaning = live().rotate(degrees, Image.Resampling.BILINEAR, fillcolor=GREY)
    assert match(chip(portrait()), embedded(leaning)) > 0.6


def test_a_portrait_cropped_to_the_face_still_matches() -> None:
    """Issuers crop tightly; the room added around a portrait makes up for it."""
    whole = Image.fromarray(pixels(portrait()))
    found = max(pipeline().detect(array(whole), 0.3), key=lambda each: each.area)
    left, top, width, height = (int(number) for number in found.box)
    tight = whole.crop((left, top, left + width, top + height))
    reference = pipeline().reference(authentic(), array(tight))
    assert reference is not None
    assert match(reference, embedded(live())) > 0.6


def test_a_grey_portrait_still_matches() -> None:
    grey = Image.fromarray(pixels(portrait())).convert("L").convert("RGB")
    reference = pipeline().reference(authentic(), array(grey))
    assert reference is not None
    assert match(reference, embedded(live())) > threshold("1e-4")


def test_a_portrait_without_a_face_is_no_reference() -> None:
    assert pipeline().reference(authentic(), np.full((400, 300, 3), 128, np.uint8)) is None
    assert pipeline().reference(authentic(), np.zeros((1, 1, 3), np.uint8)) is None


# What travellers do before a camera, and what they are told


def test_a_good_frame_needs_no_hint() -> None:
    found = observed(live())
    assert found.faces == 1
    assert found.hint is None
    assert found.usable
    assert found.overall >= 75


def test_far_away() -> None:
    found = observed(reduced(live(), 4))
    assert found.hint is Hint.COME_CLOSER
    assert not found.usable


def test_close_up() -> None:
    found = observed(live().crop((210, 100, 420, 310)).resize((640, 480)))
    assert found.hint is Hint.STEP_BACK


@pytest.mark.parametrize(("across", "expected"), [(-260, Hint.MOVE_LEFT), (270, Hint.MOVE_RIGHT)])
def test_off_centre(across: int, expected: Hint) -> None:
    found = observed(shifted(live(), across))
    assert found.hint is expected
    assert found.quality["centring"] < LEAST


@pytest.mark.parametrize("crop", [pictures.FIRST_LIVE, pictures.SECOND_LIVE])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_on_its_side_is_not_compared(quarters: int, crop: pictures.Crop) -> None:
    """A camera that was mounted so, or a head that lies."""
    found = pipeline().observe(np.ascontiguousarray(np.rot90(array(live(crop)), quarters)))
    assert found.hint in {Hint.HOLD_UPRIGHT, Hint.NO_FACE}
    assert not found.usable


@pytest.mark.parametrize("crop", [pictures.FIRST_LIVE, pictures.SECOND_LIVE])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_how_a_face_lies_is_told(quarters: int, crop: pictures.Crop) -> None:
    lying = np.rot90(array(live(crop)), -quarters).copy()  # clockwise
    assert pipeline().turned(lying, pipeline().observe(lying)) == 90 * quarters


def test_nobody_lies_where_nobody_is() -> None:
    empty = np.full((480, 640, 3), 120, np.uint8)
    assert pipeline().turned(empty, pipeline().observe(empty)) == 0


def test_a_portrait_on_its_side_still_matches() -> None:
    turned = np.ascontiguousarray(np.rot90(pixels(portrait()), 2))
    reference = pipeline().reference(authentic(), turned)
    assert reference is not None
    assert match(reference, embedded(live())) > 0.7


def test_dark() -> None:
    found = observed(live().point(lambda value: value // 8))
    assert found.hint is Hint.MORE_LIGHT
    assert not found.usable


def test_glaring() -> None:
    found = observed(live().point(lambda value: min(value + 150, 255)))
    assert found.hint is Hint.LESS_LIGHT
    assert not found.usable


def test_blurred() -> None:
    found = observed(live().filter(ImageFilter.GaussianBlur(6)))
    assert found.hint is Hint.HOLD_STILL
    assert not found.usable


@pytest.mark.parametrize("crop", [pictures.FIRST_LIVE, pictures.SECOND_LIVE])
@pytest.mark.parametrize("way", [(1, 0), (0, 1), (1, 1), (1, -1)], ids=str)
def test_moving_while_the_shutter_is_open(way: tuple[int, int], crop: pictures.Crop) -> None:
    """By 0.3 eye distances: of such pictures more than half match nobody."""
    sharp = array(live(crop))
    known = observed(live(crop)).face
    assert known is not None
    reach = round(0.3 * known.inter_eye / np.hypot(*way))
    places = range(-(reach // 2), reach - reach // 2 + 1)
    shown = [np.roll(sharp, (way[1] * place, way[0] * place), (0, 1)) for place in places]
    found = pipeline().observe(np.mean(shown, axis=0).astype(np.uint8))
    assert found.hint is Hint.HOLD_STILL
    assert not found.usable


def test_two_people() -> None:
    both = Image.new("RGB", (640, 480))
    both.paste(live().crop((160, 0, 480, 480)), (0, 0))
    both.paste(live(pictures.SECOND_LIVE).crop((220, 0, 540, 480)), (320, 0))
    found = observed(both)
    assert found.faces == 2
    assert found.hint is Hint.ONE_PERSON
    assert not found.usable


def beside(first: Image.Image, second: pictures.Crop, share: float) -> Image.Image:
    """Two people in one picture; the second face has that share of the first one's height."""
    both = first.copy()
    share *= 0.82  # as they are, the second one is larger
    size = round(live(second).width * share), round(live(second).height * share)
    cut = live(second).resize(size).crop((size[0] // 3, 0, 2 * size[0] // 3, size[1]))
    both.paste(cut, (both.width - cut.width, 0))
    return both


@pytest.mark.parametrize("share", [0.4, 0.5, 0.7])
def test_a_smaller_second_face_is_a_second_person(share: float) -> None:
    found = observed(beside(live(), pictures.SECOND_LIVE, share))
    assert found.faces == 2
    assert found.hint is Hint.ONE_PERSON
    assert not found.usable


@pytest.mark.parametrize("share", [0.4, 0.7, 1.0])
def test_a_portrait_of_two_people_is_no_reference(share: float) -> None:
    """Whose document it is, nobody knows: the larger face may be the other one's."""
    double = array(beside(shifted(live(), -150), pictures.SECOND_LIVE, share))
    assert len(pipeline().detect(double, PORTRAIT_MARGIN)) == 2
    assert pipeline().reference(authentic(), double) is None


def test_a_face_in_the_background_of_a_portrait_does_not_count() -> None:
    """On a picture behind the holder, or as a mark of the issuer: clearly not the document's."""
    holder = Image.fromarray(pixels(portrait()))
    face_of_another = live(pictures.SECOND_LIVE).crop((270, 110, 480, 390)).resize((60, 80))
    holder.paste(face_of_another, (240, 320))
    whole = array(holder)
    assert len(pipeline().detect(whole, PORTRAIT_MARGIN)) == 2
    reference = pipeline().reference(authentic(), whole)
    assert reference is not None
    assert match(reference, embedded(live())) > 0.7


def test_somebody_far_behind_is_not_in_the_lane() -> None:
    behind = live().copy()
    behind.paste(live(pictures.SECOND_LIVE).resize((154, 116)), (440, 0))
    assert len(pipeline().detect(array(behind))) == 2
    found = observed(behind)
    assert found.faces == 1
    assert found.hint is None


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (1920, 1080), (31, 640), (1, 1)])
def test_nobody(size: tuple[int, int]) -> None:
    found = observed(Image.new("RGB", size, GREY))
    assert (found.faces, found.face, found.hint) == (0, None, Hint.NO_FACE)
    assert found.overall == 0
    assert not found.usable


def test_noise_is_nobody() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    assert pipeline().observe(noise).hint is Hint.NO_FACE


@pytest.mark.parametrize("times", [2, 3])
def test_a_camera_of_more_pixels_sees_the_same_face(times: int) -> None:
    """Detection runs on a reduced picture; boxes and landmarks are in the pixels of the frame."""
    small = observed(live()).face
    large = observed(live().resize((640 * times, 480 * times), Image.Resampling.BICUBIC)).face
    assert small is not None
    assert large is not None
    assert np.abs(large.landmarks / times - small.landmarks).max() < 8
    assert large.inter_eye == pytest.approx(times * small.inter_eye, rel=0.1)


# Networks are arguments


def answering(*numbers: float) -> Network:
    """An embedder that answers the same to everything."""
    return lambda _: [np.array([numbers], np.float32)]


def seeing(detector: Network) -> FacePipeline:
    return FacePipeline(detector, [])


def scene(left: int, top: int, side: int) -> NDArray[np.uint8]:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[top : top + side, left : left + side] = 255
    return pixels


def test_the_largest_face_of_a_portrait_counts() -> None:
    both = scene(100, 100, 60)
    both[300:330, 400:430] = 255
    found = seeing(bright).portrait(both[:, :300])
    assert found is not None
    assert np.allclose(found.centre, [130, 130], atol=3)


def test_a_margin_moves_no_face() -> None:
    faces = [seeing(bright).detect(scene(300, 200, 60), m)[0] for m in (0, 0.3)]
    assert faces[0].distance(faces[1]) < 3


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (4000, 300), (320, 320)])
@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_the_detector_never_gets_more_than_its_side(size: tuple[int, int], margin: float) -> None:
    shapes = []

    def look(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        shapes.append(tensor.shape)
        return nobody(tensor)

    seeing(look).detect(np.zeros((size[1], size[0], 3), np.uint8), margin)
    ((_, _, height, width),) = shapes
    assert max(height, width) <= FIRST_SIDE + 32
    assert height % 32 == width % 32 == 0


def test_reduction_takes_means_of_squares() -> None:
    seen = []

    def look(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        seen.append(tensor.copy())
        return nobody(tensor)

    checkered = np.zeros((480, 640, 3), np.uint8)
    checkered[::2, ::2] = 200
    seeing(look).detect(checkered)
    assert seen[0].shape == (1, 3, 256, 320)
    assert np.all(seen[0][:, :, :240] == 50)


def test_warming_up_runs_every_network() -> None:
    ran = []

    def detector(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        ran.append("detector")
        return nobody(tensor)

    def network(tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        ran.append(f"embedder {tensor.shape}")
        return [np.ones((1, 2), np.float32)]

    FacePipeline(detector, [embedder(network), embedder(network, mirrored=False)]).warm_up()
    assert ran == ["detector", *["embedder (1, 3, 112, 112)"] * 2]


def test_embedders_may_run_side_by_side() -> None:
    jobs: list[Job] = []

    def gather(given: Sequence[Job]) -> list[NDArray[np.float32]]:
        jobs.extend(given)
        return [job() for job in reversed(given)][::-1]

    one = embedder(answering(1, 0), weight=0.36)
    other = embedder(answering(0, 1), weight=0.64)
    made = FacePipeline(nobody, [one, other], gather).embed(array(live()), face())
    assert len(jobs) == 2
    assert np.allclose(made.vector, [0.6, 0, 0, 0.8])


def test_an_observation_does_not_show_a_face() -> None:
    assert "array" not in repr(observed(live()))
    assert "Face" not in repr(observed(live()))

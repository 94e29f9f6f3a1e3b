"""The sight before the camera of a virtual lane: a living face, or an attack.

Everything follows from the seed, the time and the request to the traveller: the same each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from drivers.virtual.puppet import Mesh, Points, Pose, Puppet

Picture = NDArray[np.uint8]

NOISE: Final = 2.2
"""Standard deviation of the noise of a camera."""
FACE_M: Final = 0.6
"""Distance of the face from the depth sensor."""
REACTION_S: Final = 0.45
TURN_S: Final = 0.5
"""Time in which a head turns on request."""


class Act(StrEnum):
    """The traveller, or an attack by its species (ISO/IEC 30107-3)."""

    LIVE = "live"
    STILL = "still"
    """One frame again and again, injected behind the camera."""
    PHOTO = "photo"
    """A print held before the face."""
    BENT_PHOTO = "bent-photo"
    """A print bent around a cylinder."""
    SCREEN = "screen"
    """A video of the person on a tablet in the hand."""
    MASK = "mask"
    """A print cut out along the head, with holes for the eyes of the attacker."""
    ANSWER = "answer"
    """A video on a tablet, of the person following a request to another traveller."""


TURNS: Final[Mapping[str, Pose]] = MappingProxyType(
    {
        "turn-left": Pose(yaw=0.36),
        "turn-right": Pose(yaw=-0.36),
        "come-closer": Pose(nearer=0.15),
    }
)
"""The movement for each request; left is the left of the person."""


OTHERWISE: Final = MappingProxyType({"turn-left": "turn-right", "turn-right": "turn-left"})
"""The request to the person in the video."""
GRIDS: Final = MappingProxyType({Act.SCREEN: 0.05, Act.ANSWER: 0.02})
"""Strength of the grid of a screen: of a poor one and a good one."""


@dataclass(frozen=True, slots=True)
class Sway:
    """Small movements that do not repeat soon: a few waves of random phase."""

    phases: NDArray[np.float64]

    @classmethod
    def of(cls, dice: np.random.Generator) -> Sway:
        """Draw the phases."""
        return cls(dice.uniform(0, 2 * np.pi, (8, 3)))

    def at(self, number: int, t_s: float) -> float:
        """One of eight movements at a time, about -1..1."""
        slow, middle, quick = self.phases[number]
        return float(
            0.62 * np.sin(2 * np.pi * 0.41 * t_s + slow)
            + 0.3 * np.sin(2 * np.pi * 0.93 * t_s + middle)
            + 0.12 * np.sin(2 * np.pi * 2.3 * t_s + quick)
        )


class Performer:
    """One person, or one attack, before the camera.

    `photograph` is uint8 [H, W, 3], `landmarks` [5, 2] the eyes, nose tip and corners of the mouth
    in it.
    """

    def __init__(self, act: Act, photograph: Picture, landmarks: Points, seed: int = 0) -> None:
        dice = np.random.default_rng(seed)
        self._act = act
        self._photograph = photograph
        self._puppet = Puppet(photograph, landmarks)
        self._head, self._hand = Sway.of(dice), Sway.of(dice)
        self._noise = dice.normal(0, NOISE, (1024, 1024)).round().astype(np.int16)
        self._dice = dice
        self._turned = Turning()
        self._held = _held(act, photograph, landmarks, dice)

    def frame(self, t_s: float, asked: str | None = None) -> Picture:
        """The frame at a time, during a request to the traveller."""
        match self._act:
            case Act.STILL:
                return self._photograph.copy()
            case Act.LIVE:
                return self._seen(self._puppet.posed(self._pose(t_s, asked)))
            case Act.SCREEN | Act.ANSWER:
                return self._seen(self._held.shown(t_s, self._hand, self._recorded(t_s, asked)))
            case Act.PHOTO | Act.BENT_PHOTO | Act.MASK:
                return self._seen(self._held.shown(t_s, self._hand, None))

    def depth(self) -> NDArray[np.float32]:
        """The depth map, metres [120, 160]: a head, or the thing that is held up before it."""
        height, width = self._photograph.shape[:2]
        x, y = np.meshgrid(
            (np.arange(160) + 0.5) * width / 160, (np.arange(120) + 0.5) * height / 120
        )
        bulge = np.zeros(x.size)
        if self._act is Act.LIVE:
            bulge = self._puppet.relief(np.stack([x.ravel(), y.ravel()], -1))
        noise = self._dice.normal(0, 0.0005, x.size)
        return np.asarray((FACE_M - bulge + noise).reshape(120, 160), np.float32)

    def _pose(self, t_s: float, asked: str | None) -> Pose:
        turn = self._turned.towards(TURNS.get(asked or "", Pose()), asked, t_s)
        unit, sway = self._puppet.unit, self._head
        return Pose(
            yaw=0.055 * sway.at(0, t_s) + turn.yaw,
            pitch=0.04 * sway.at(1, t_s) + turn.pitch,
            roll=0.02 * sway.at(2, t_s),
            across=0.07 * unit * sway.at(3, t_s),
            down=0.04 * unit * sway.at(4, t_s),
            nearer=0.012 * sway.at(5, t_s) + turn.nearer,
        )

    def _recorded(self, t_s: float, asked: str | None) -> Image.Image:
        """The recorded video: its person had another request, or none."""
        heard = OTHERWISE.get(asked or "") if self._act is Act.ANSWER else None
        return self._puppet.posed(self._pose(t_s, heard))

    def _seen(self, image: Image.Image) -> Picture:
        """Add the noise of a camera: no two frames are alike."""
        pixels = np.asarray(image, np.int16)
        height, width = pixels.shape[:2]
        noise = np.empty_like(pixels)
        for channel in range(3):
            top, left = (int(n) for n in self._dice.integers(0, (1024 - height, 1024 - width)))
            noise[..., channel] = self._noise[top : top + height, left : left + width]
        return (pixels + noise).clip(0, 255).astype(np.uint8)


class Turning:
    """The turn of the head to the requested pose, and back."""

    def __init__(self) -> None:
        self._asked: str | None = None
        self._heard: tuple[Pose, float] | None = None
        self._began_s = 0.0
        self._from, self._goal, self._now = Pose(), Pose(), Pose()

    def towards(self, goal: Pose, asked: str | None, t_s: float) -> Pose:
        """The pose of the head; after a new request the old movement goes on for a moment."""
        if asked != self._asked:
            self._asked, self._heard = asked, (goal, t_s + REACTION_S)
        if self._heard is not None and t_s >= self._heard[1]:
            self._from, (self._goal, self._began_s), self._heard = self._now, self._heard, None
        share = float(np.clip((t_s - self._began_s) / TURN_S, 0, 1))
        share = share * share * (3 - 2 * share)
        start, end = self._from, self._goal
        self._now = Pose(
            yaw=start.yaw + share * (end.yaw - start.yaw),
            pitch=start.pitch + share * (end.pitch - start.pitch),
            nearer=start.nearer + share * (end.nearer - start.nearer),
        )
        return self._now


class Screen:
    """A screen: bluish, with a moiré grid and a band that runs down."""

    def __init__(self, size: tuple[int, int], strength: float) -> None:
        rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
        across = np.sin(2 * np.pi * (columns / 3.4 + rows / 21))
        down = np.sin(2 * np.pi * (rows / 3.7 - columns / 17))
        tint = np.array([0.96, 1.0, 1.06], np.float32)
        self._light = 0.86 * (1 + strength * across * down)[..., None] * tint
        self._rows = rows[:, :1, None]

    def showing(self, video: Image.Image, t_s: float) -> Image.Image:
        """The picture as this screen shows it."""
        band = 1 + 0.06 * np.sin(2 * np.pi * (self._rows / 300 - 3.1 * t_s))
        shown = 20 + np.asarray(video, np.float32) * self._light * band
        return Image.fromarray(shown.clip(0, 255).astype(np.uint8))


class Held:
    """A flat or bent thing in a hand, before a still scene."""

    def __init__(self, scene: Image.Image, card: Image.Image, *, bend: float, grid: float) -> None:
        self._scene = scene
        self._card = card
        self._bend = bend
        self._screen = Screen(card.size, grid)
        self._centre = np.array(scene.size) / 2
        self._mesh = Mesh(np.zeros(2, int), np.array(scene.size), 16)

    def shown(self, t_s: float, hand: Sway, video: Image.Image | None) -> Image.Image:
        """The scene with the thing in the hand at a time."""
        card = self._card
        if video is not None:
            card = card.copy()
            card.paste(self._screen.showing(video, t_s), (0, 0), card.getchannel("A"))
        out = self._scene.copy()
        moved = self._mesh.transformed(card, lambda points: self._movement(points, t_s, hand))
        out.paste(moved.convert("RGB"), (0, 0), moved.getchannel("A"))
        return out

    def _movement(self, points: Points, t_s: float, hand: Sway) -> Points:
        """The movement and tilt of the thing: as much as of a head."""
        x, y = (points - self._centre).T
        yaw, pitch, roll = (
            0.16 * hand.at(0, t_s), 0.12 * hand.at(1, t_s), 0.03 * hand.at(2, t_s)
        )  # fmt: skip
        z = -self._bend * x**2
        turned = x * np.cos(yaw) + z * np.sin(yaw)
        behind = z * np.cos(yaw) - x * np.sin(yaw)
        raised = y * np.cos(pitch) - behind * np.sin(pitch)
        deep = behind * np.cos(pitch) + y * np.sin(pitch)
        scale = (1 + 0.02 * hand.at(5, t_s)) * 800 / (800 - deep)
        cos, sin = np.cos(roll), np.sin(roll)
        goal = np.stack([scale * (turned * cos - raised * sin),
                         scale * (turned * sin + raised * cos)], -1)  # fmt: skip
        goal += (6 * hand.at(3, t_s), 4 * hand.at(4, t_s))
        return np.asarray(goal - np.stack([x, y], -1))


def _held(act: Act, photograph: Picture, landmarks: Points, dice: np.random.Generator) -> Held:
    image = Image.fromarray(photograph)
    unit = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    x, y = landmarks.mean(0)
    alpha = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(alpha)
    scene = _hall(image.size, dice)
    if act is Act.MASK:
        y -= 0.1 * unit
        draw.ellipse((x - 1.25 * unit, y - 1.8 * unit, x + 1.25 * unit, y + 1.6 * unit), fill=255)
        for across, down in landmarks[:2]:
            hole = (
                across - 0.3 * unit,
                down - 0.16 * unit,
                across + 0.3 * unit,
                down + 0.16 * unit,
            )
            draw.ellipse(hole, fill=0)
        scene = image  # through the holes look the eyes of the attacker
    else:
        draw.rectangle((x - 1.9 * unit, y - 2.3 * unit, x + 1.9 * unit, y + 2.2 * unit), fill=255)
    card = image.copy()
    card.putalpha(alpha)
    return Held(
        scene,
        card,
        bend=0.22 / unit if act is Act.BENT_PHOTO else 0.0,
        grid=GRIDS.get(act, 0.0),
    )


def _hall(size: tuple[int, int], dice: np.random.Generator) -> Image.Image:
    """A hall with pillars, signs and lamps, out of focus."""
    image = Image.new("RGB", size, (120, 122, 128))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        left, top = dice.integers(-20, size[0]), dice.integers(-20, size[1])
        wide, high = dice.integers(10, 90), dice.integers(10, 160)
        colour = tuple(int(c) for c in dice.integers(40, 220, 3))
        draw.rectangle((int(left), int(top), int(left + wide), int(top + high)), fill=colour)
    return image.filter(ImageFilter.GaussianBlur(2))

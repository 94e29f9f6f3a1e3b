"""What there is to know a specimen traveller by, in every form it might be left in."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from drivers.virtual.traveller import Traveller
from edge import mrz
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg2
from edge.face import FacePipeline, FaceTemplate
from tests.support.face import faces
from tests.support.memory import pieces


def in_bytes(traveller: Traveller) -> dict[str, tuple[bytes, ...]]:
    """Pieces of the document, the portrait, the live pictures and the templates, by name."""
    assert traveller.chip is not None
    group = bytes(traveller.chip.files[ElementaryFile.DG2])
    image = dg2.decode(group)[0].image.data
    zone = mrz.parse(traveller.mrz)
    found = {
        "DG2": pieces(group, 120),
        "portrait file": pieces(image, 120),
        "portrait pixels": pieces(decoded(image).tobytes(), 120),
        "live pixels": tuple(p for live in traveller.live for p in pieces(live.tobytes(), 60)),
        "mrz": tuple(line[at : at + 16].encode() for line in traveller.mrz for at in (0, 12)),
        "mrz information": (zone.information.encode()[:16],),
        "access key": (hashlib.sha1(zone.information.encode()).digest()[:16],),  # noqa: S324
    }
    return found | {f"{name} template": each for name, each in _templates(traveller, image)}


def decoded(image: bytes) -> Any:
    """A portrait's pixels, uint8 [H, W, 3]."""
    with Image.open(io.BytesIO(image)) as picture:
        return np.asarray(picture.convert("RGB"))


def in_words(traveller: Traveller) -> re.Pattern[bytes]:
    """What a person would read: names, numbers, the date of birth as it may be written."""
    zone = mrz.parse(traveller.mrz)
    born = zone.birth_date.text
    names = f"{zone.primary_identifier} {zone.secondary_identifier}".split()
    words = [
        *traveller.mrz,
        *(name for name in names if len(name) > 3),
        zone.document_number,
        born,
        *(f"{century}{born[:2]}-{born[2:4]}-{born[4:]}" for century in (19, 20)),
    ]
    found = "|".join(re.escape(word) for word in words)
    # Not within a longer number: hashes have every digit somewhere.
    return re.compile(rf"(?<![0-9a-z])(?:{found})(?![0-9a-z])".encode(), re.IGNORECASE)


def in_every_spelling(found: Iterable[bytes]) -> Iterator[bytes]:
    """Bytes as they are, in hexadecimal, and in base64 wherever they begin."""
    for each in found:
        yield each
        yield each.hex().encode()[:64]
        yield each.hex().upper().encode()[:64]
        for skip in range(3):
            whole = each[skip:]
            spelt = base64.b64encode(whole[: len(whole) // 3 * 3])
            yield spelt[:64]
            yield spelt.translate(bytes.maketrans(b"+/", b"-_"))[:64]


def needles(traveller: Traveller) -> Mapping[str, tuple[bytes, ...]]:
    """Everything in bytes, in every spelling."""
    return {
        name: tuple(each for each in in_every_spelling(found) if len(each) >= 12)
        for name, found in in_bytes(traveller).items()
    }


def _templates(traveller: Traveller, image: bytes) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    pipeline: FacePipeline = faces.pipeline()
    reference = pipeline.reference(faces.authentic(image), decoded(image))
    assert reference is not None
    yield "reference", _parts(reference.template)
    live: list[bytes] = []
    for pixels in traveller.live:
        face = pipeline.observe(pixels).face
        if face is not None:
            live += _parts(pipeline.embed(pixels, face))
    yield "live", tuple(live)


def _parts(template: FaceTemplate) -> tuple[bytes, ...]:
    return pieces(template.vector.tobytes(), 24, 16)

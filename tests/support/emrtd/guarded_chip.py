"""A chip whose fingerprints and irises only the terminals of its state can read."""

from __future__ import annotations

from dataclasses import replace

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import tlv
from edge.emrtd.contents import ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.read import ReadPlan
from edge.emrtd.terminal_auth import Terminal
from tests.support.emrtd.cv_authority import state
from tests.support.emrtd.specimens import CA_AES_128, PACE_AES_128, insert, read, specimen

DG3, DG4 = ElementaryFile.DG3, ElementaryFile.DG4


FINGERS = tlv.encode(0x63, b"\x02\x01\x00" + bytes(500))


IRISES = tlv.encode(0x76, b"\x02\x01\x00" + bytes(400))


def guarded(chip: Personalisation | None = None, *roots: bytes) -> Personalisation:
    """A chip with fingerprints and irises, for terminals of the state alone."""
    chip = chip or specimen(pace=PACE_AES_128, chip_auth=CA_AES_128)
    files = {**chip.files, DG3: FINGERS, DG4: IRISES}
    return replace(chip, files=files, trust_points=roots or (state().root,))


def shown(chip: Personalisation | VirtualChip, terminal: Terminal | None) -> ChipContents:
    inserted = insert(chip) if isinstance(chip, Personalisation) else chip
    return read(inserted.transmit, plan=ReadPlan(terminal=terminal))

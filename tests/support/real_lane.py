"""An egated whose document, chip and camera are outside its process, as those of a real lane are.

What stands on its virtual stage has no face and no name: only the sensors of the virtual gate see
somebody there.  So whatever it knows of the traveller has come in through its drivers.
"""

from __future__ import annotations

import json
import os
import tty
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from drivers.virtual.traveller import Traveller
from tests.support import egated as daemon
from tests.support.egated import Egated, Table, egated
from tools.simulation.card_service import Hands, Pcscd

STX, ETX = b"\x02", b"\x03"
GHOST = """title = "Somebody"
about = "Only seen by the sensors."
mrz = [""]
live = ["nothing.png"]
expect_decision = "open"
"""


@dataclass(frozen=True, slots=True)
class RealLane:
    """A lane that runs, and the hands of those who stand before it."""

    gate: Egated
    table: Table
    port: int
    hands: Hands
    camera: Path

    def passes(self, traveller: Traveller) -> dict[str, Any]:
        """Let a traveller step up with document and face, return the passage once it is over."""
        assert traveller.chip is not None
        self.show(traveller)
        self.hands.lay(traveller.chip)
        order(self.table, "/simulator/run", {"scenario": "ghost"})
        lines = "\r\n".join(traveller.mrz).encode()
        os.write(self.port, STX + lines + ETX)
        found = self.gate.until_said("transaction_closed")
        self.hands.take_away()
        return found

    def show(self, traveller: Traveller) -> None:
        """Put a face before the camera."""
        for number, pixels in enumerate(traveller.live):
            Image.fromarray(pixels).save(self.camera / f"{number}.png")


@contextmanager
def real_lane(folder: Path, specimens: Path, pcscd: Pcscd) -> Iterator[RealLane]:
    """Run one, ready, in a folder of its own."""
    table = daemon.lane(folder, specimens) | {"policy": daemon.policy_for_stills(folder)}
    cable, port = os.openpty()
    tty.setraw(port)
    camera = folder / "camera"
    camera.mkdir()
    Image.new("RGB", (640, 480)).save(camera / "0.png")
    ghost = folder / "specimens/ghost"
    ghost.mkdir(parents=True)
    (ghost / "traveller.toml").write_text(GHOST)
    Image.new("RGB", (64, 48)).save(ghost / "nothing.png")
    table["simulation"]["specimens"] = str(folder / "specimens")
    table["devices"] |= {
        "scanner": {"driver": "mrz-serial", "port": os.ttyname(port), "framing": "stx-etx"},
        "chip-reader": {"driver": "pcsc", "reader": "Virtual PCD"},
        "camera": {"driver": "camera-files", "folder": str(camera), "frames_per_s": 30.0},
    }
    hands = Hands(pcscd)
    try:
        with egated(daemon.write(folder / "gate.toml", table), folder) as gate:
            gate.until_ready()
            yield RealLane(gate, table, cable, hands, camera)
    finally:
        hands.take_away()
        os.close(cable)
        os.close(port)


def order(table: Table, path: str, body: dict[str, Any]) -> None:
    """Give an order to a page of the lane."""
    request = urllib.request.Request(  # our own page
        f"http://127.0.0.1:{table['screen']['port']}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        assert answer.status < 300

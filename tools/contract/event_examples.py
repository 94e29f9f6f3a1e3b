"""Writes the examples of docs/events.md: what a gate says while one specimen traveller passes."""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from edge.contract.canonical import canonical
from edge.management.announcer import HEALTH_EVERY_S
from edge.settings import tree as settings
from edge.settings.keys import Central
from tools.simulation import lane
from tools.simulation.central import VirtualCentral
from tools.specimen import central_keys
from tools.specimen.issue import PORTRAITS, issue_all

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs/examples"
DOCUMENT: Final = ROOT / "docs/events.md"
EVENTS: Final = "events.ndjson"
OPENS: Final = "specimen-private-key.jwks.json"
"""The key of the specimen central system: a consumer under test opens the examples with it."""
BEGIN, END = "<!-- example: begin -->\n", "<!-- example: end -->\n"
HEALTH_WAIT_S: Final = 2 * HEALTH_EVERY_S
SHOWN: Final = "int.egate.document.read"
LONGEST: Final = 72


async def _passage(folder: Path) -> dict[str, bytes]:
    """Run a lane, let the genuine traveller pass: files by name."""
    specimens = folder / "specimens"
    issue_all(specimens, PORTRAITS, datetime.now(UTC), lambda _: None)  # noqa: TID251
    loaded = settings.load(ROOT / "config/gate.virtual.toml")
    assert loaded.simulation is not None  # noqa: S101  # the file says so
    configured = loaded.model_copy(
        update={
            "trust": loaded.trust.model_copy(update={"anchors": (specimens / "trust",)}),
            "central": Central(keys=specimens / central_keys.PUBLIC),
            "simulation": loaded.simulation.model_copy(update={"specimens": specimens}),
        }
    )
    async with lane.running(configured, folder / "lane") as running:
        await running.passage("genuine")
        central = running.training.central
        assert central is not None  # noqa: S101  # the virtual lane has one
        if not await asyncio.to_thread(central.wait_for, _is_told_where_it_ends, HEALTH_WAIT_S):
            raise lane.Stuck("no health came that says where the chain ends")
        bodies = [canonical(received.content) for received in central.received]
        retained = dict(central.retained)
    files = {
        f"{topic.rpartition('/')[2]}.json": _pretty(json.loads(body))
        for topic, body in retained.items()
    }
    files[EVENTS] = b"".join(body + b"\n" for body in bodies)
    files[OPENS] = (specimens / central_keys.OPENS).read_bytes()
    return files


def _is_told_where_it_ends(central: VirtualCentral) -> bool:
    """Whether the latest health is of after the passage: its head is what the events end with."""
    health = next(
        (body for name, body in central.retained.items() if name.endswith("/health")), b""
    )
    return bool(health) and json.loads(health)["head"]["sequence"] == len(central.received)


def _pretty(content: object) -> bytes:
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def shown(events: bytes) -> str:
    """The example in the text: one event, long values shortened."""
    content = next(
        found for line in events.splitlines() if (found := json.loads(line))["type"] == SHOWN
    )
    return f"```json\n{json.dumps(_shortened(content), indent=2, ensure_ascii=False)}\n```\n"


def _shortened(value: object) -> object:
    match value:
        case dict():
            return {key: _shortened(part) for key, part in value.items()}
        case list():
            return [_shortened(part) for part in value]
        case str() if len(value) > LONGEST:
            return f"{value[:40]}…"
        case _:
            return value


def inserted(text: str, example: str) -> str:
    """The text with another example in its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + example + END + after


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the virtual lane once and write the examples again."""
    with tempfile.TemporaryDirectory(prefix="egate-examples-") as folder:
        files = asyncio.run(_passage(Path(folder)))
    FOLDER.mkdir(exist_ok=True)
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
        click.echo(f"docs/examples/{name}")
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(inserted(text, shown(files[EVENTS])), encoding="utf-8")


if __name__ == "__main__":
    main()

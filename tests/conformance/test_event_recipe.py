"""The recipe of docs/events.md works in another language, on the examples and on changed ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.contract.events import hash_of
from edge.contract.signature import KeyKind
from edge.keys.device_key import DeviceKey
from tests.support.event_stream import Writer
from tests.support.signing import signed
from tests.support.some import replaced
from tools.contract.event_examples import EVENTS, FOLDER, OPENS

NODE = shutil.which("node")
RECIPE = Path(__file__).with_name("event_recipe.mjs")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run(  # noqa: S603
        [NODE, str(RECIPE), str(folder)], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_examples_verify_and_open() -> None:
    done = run(FOLDER)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    bodies = (FOLDER / EVENTS).read_bytes().splitlines()
    assert found["events"] == len(bodies)
    assert found["last_hash"] == hash_of(bodies[-1])
    assert found["head"] is True
    assert [who["primary_identifier"] for who in found["opened"]] == ["SPECIMEN", "SPECIMEN"]


@pytest.mark.parametrize("kind", KeyKind)
def test_keys_of_every_kind_are_understood_and_forgeries_are_not(
    tmp_path: Path, kind: KeyKind
) -> None:
    writer = Writer(key=DeviceKey.make(kind))
    bodies = writer.many(3)
    head = {"source": writer.source, "sequence": 3, "hash": writer.previous}
    info = {"keys": [writer.key.public_jwk(writer.source)]}
    health = {"head": signed(head, writer.key.sign)}
    (tmp_path / "info.json").write_text(json.dumps(info), encoding="utf-8")
    (tmp_path / "health.json").write_text(json.dumps(health), encoding="utf-8")
    shutil.copy(FOLDER / OPENS, tmp_path)
    for events, refused in (
        (bodies, ""),
        ([bodies[0], bodies[2]], "no chain"),
        ([replaced(body, b"true", b"false") for body in bodies], "forged"),
        ([body + b" " for body in bodies], "not canonical"),
    ):
        (tmp_path / EVENTS).write_bytes(b"\n".join(events) + b"\n")
        done = run(tmp_path)
        assert bool(done.returncode) is bool(refused), done.stderr
        assert refused in done.stderr

"""gatectl privacy: what this device holds now, and erasing what may go."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from edge.contract.json_object import JsonObject
from edge.errors import DeliveryError
from edge.journal.erasure import Erasure, stated_until
from edge.journal.journal import FORGET_AT_A_TIME, Journal
from edge.keys.central_keys import sealer
from edge.settings.tree import Operation
from tools.gatectl.gate import Gate, now

NEVER = (
    "pictures and templates",
    "names, numbers, dates of birth and MRZ in clear",
    "keys of chips",
    "the key of the travellers' numbers of the day",
)
"""What is never written to this device."""


def report(config: Path, *, as_json: bool) -> None:
    """Run `gatectl privacy report`."""
    found = _report(Gate(config))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo("\n".join(_lines(found)))


def erase(config: Path, *, before: datetime, yes: bool) -> None:
    """Run `gatectl privacy erase`."""
    gate = Gate(config)
    key = gate.key()
    if not yes:
        click.confirm(f"Erase acknowledged events before {before.isoformat()}?", abort=True)
    with Journal(
        gate.settings.state_dir / "journal.db",
        source=gate.source,
        simulated=gate.settings.operation is Operation.TRAINING,
        clock=now,
        random=os.urandom,
        sign=key.sign,
    ) as journal:
        count = _erase(journal, before)
        if not count:
            click.echo("nothing to erase", err=True)
            return
        erasure = Erasure(count, journal.first_sequence - 1, before)
        (statement,) = journal.append([erasure.draft(now(), "order")])
        scrubbed = journal.scrub()
    click.echo(statement.body.decode())
    click.echo(f"erased: {count} events, all up to {erasure.through}", err=True)
    if not scrubbed:
        raise DeliveryError("somebody reads the journal, so its log was not emptied: again")


def _erase(journal: Journal, before: datetime) -> int:
    stated = stated_until(journal.durable_facts())
    while journal.forget_before(before) == FORGET_AT_A_TIME:
        pass
    return max(0, journal.first_sequence - 1 - stated)


def _report(gate: Gate) -> JsonObject:
    kept = timedelta(hours=gate.settings.journal.keep_h)
    moment_now = now()
    with gate.journal() as journal:
        first, last, _ = journal.ends()
        kinds = journal.kinds()
        waiting, since = journal.waiting()
        overdue = journal.overdue((moment_now - kept).isoformat())
        remembered = journal.durable_facts()
        name = journal.journal_id
    central = sealer(gate.settings.central.keys)
    return {
        "time": moment_now.isoformat(),
        "source": gate.source,
        "journal": {
            "id": name,
            "first_sequence": first,
            "last_sequence": last,
            "oldest": min((kind.oldest for kind in kinds), default=None),
            "events": [asdict(kind) for kind in kinds],
        },
        "sealed": {
            "fields": sum(kind.sealed for kind in kinds),
            "to": None if central is None else central.kid,
            "readable_here": False,
        },
        "unacknowledged": {"events": waiting, "since": since},
        "retention": {"keep_h": gate.settings.journal.keep_h, "overdue": overdue},
        "remembered": len(remembered),
        "keys": {"device": gate.key().kid, "file": str(gate.settings.device_key)},
        "files": list(_files(gate.settings.state_dir)),
        "strangers": gate.settings.error_rates.model_dump(mode="json"),
        "never": list(NEVER),
    }


def _files(folder: Path) -> Iterator[JsonObject]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found = path.stat()
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        yield {
            "name": str(path.relative_to(folder)),
            "bytes": found.st_size,
            "mode": f"{stat.S_IMODE(found.st_mode):04o}",
            "changed": changed.isoformat(timespec="seconds"),
        }


def _lines(found: JsonObject) -> Iterator[str]:
    journal, sealed, retention = found["journal"], found["sealed"], found["retention"]
    yield f"gate            {found['source']}, journal {journal['id']}"
    yield f"events          {journal['first_sequence']} to {journal['last_sequence']}"
    yield f"oldest          {journal['oldest'] or 'none'}"
    for kind in journal["events"]:
        hidden = f", {kind['sealed']} sealed" if kind["sealed"] else ""
        yield f"  {kind['type']:26} {kind['count']:>8}{hidden}"
    to = sealed["to"] or "nobody: no personal field is kept at all"
    yield f"sealed fields   {sealed['fields']}, to {to}; this device cannot open them"
    waiting = found["unacknowledged"]
    since = f" since {waiting['since']}" if waiting["since"] else ""
    yield f"unacknowledged  {waiting['events']}{since}"
    yield f"retention       {retention['keep_h']:g} h after storage; overdue {retention['overdue']}"
    yield f"remembered      {found['remembered']} facts about commands and erasures"
    yield f"device key      {found['keys']['device']} in {found['keys']['file']}"
    for file in found["files"]:
        yield f"  {file['name']:26} {file['bytes']:>8} bytes, mode {file['mode']}"
    yield f"in memory       {_in_memory(found['strangers'])}"
    yield f"never kept      {'; '.join(found['never'])}"


def _in_memory(strangers: JsonObject) -> str:
    """What a running gate keeps of travellers beyond their passage."""
    if not strangers["strangers"]:
        return "no template after a passage"
    return (
        f"templates of the last {strangers['strangers']} portraits for {strangers['keep_s']:g} s"
        f" at most, to count false matches, by: {strangers['basis']}"
    )

"""What the commands of the central side do, but for `stats` and `open`."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import click

from edge.errors import SettingsError
from edge.files.reading import read_json
from edge.host import telemetry
from tools.central.assembly import now, open_known_store, open_store
from tools.central.records import ChainKey, DeviceKey
from tools.central.registry import key_of
from tools.central.settings import Settings, load
from tools.central.store import OPERATOR, Contradiction, Store
from tools.central.supervisor import Supervisor
from tools.central.worker import Worker


def run(config: Path, workers: int | None) -> None:
    """Run `egate-central run`."""
    settings = _prepared(config)
    supervisor = Supervisor(settings, config.resolve(), workers or settings.intake.workers)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stop())
    supervisor.run()


def work(config: Path, index: int, ready: int) -> None:
    """Run `egate-central work`."""
    settings = _prepared(config)
    worker = Worker(settings, index, lambda: open_store(settings), now, lambda: _tell(ready))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C: the supervisor decides
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    threading.Thread(target=_await_end, args=(worker,), daemon=True).start()
    worker.run()


def enroll(config: Path, gate: str, file: Path, only: bool, flow: str) -> None:
    """Run `egate-central enroll`."""
    keys = [_key(gate, jwk, file) for jwk in _jwks(file)]
    with closing(open_store(load(config))) as store:
        if only:
            for key in store.active_keys():
                if key.source == gate and key.kid not in {new.kid for new in keys}:
                    store.revoke(gate, key.kid, now())
        new = store.enrol(keys, OPERATOR, now())
        if flow:
            store.set_flow(gate, flow)
    for key in keys:
        click.echo(f"{gate} {key.kid} {'enrolled' if new else 'was enrolled before'}")


def revoke(config: Path, gate: str, kid: str) -> None:
    """Run `egate-central revoke`."""
    with _store(load(config)) as store:
        count = store.revoke(gate, kid, now())
    if not count:
        raise Contradiction(f"{gate} has no such key")
    click.echo(f"{gate}: {count} key(s) revoked; workers know within 30 s")


def flow(config: Path, gate: str, name: str) -> None:
    """Run `egate-central flow`."""
    with _store(load(config)) as store:
        if not store.set_flow(gate, name):
            raise Contradiction(f"{gate} is not enrolled")
    click.echo(f"{gate} serves {name}")


def devices(config: Path) -> None:
    """Run `egate-central devices`."""
    with _store(load(config)) as store:
        for device in store.devices():
            click.echo(
                f"{device.source}\tkeys {device.keys}\tby {device.how} {device.enrolled:%Y-%m-%d}"
                f"\tflow {device.flow or '-'}\tjournal {device.journal or '-'}"
            )


def chains(config: Path) -> None:
    """Run `egate-central chains`."""
    with _store(load(config)) as store:
        for chain in store.chains():
            waits = f"\t{chain.waiting} wait beyond a gap" if chain.waiting else ""
            forked = "\tforked: other histories are stored beside it" if chain.forked else ""
            click.echo(f"{chain.key.source}\t{chain.key.journal}\t{chain.head}{waits}{forked}")


def skip(config: Path, gate: str, journal: str, last: int, why: str) -> None:
    """Run `egate-central skip`."""
    with _store(load(config)) as store:
        count = store.skip(ChainKey(gate, journal), last, why, now())
    click.echo(f"{count} event(s) given up")


def quarantine(config: Path, limit: int, release_before: datetime | None) -> None:
    """Run `egate-central quarantine`."""
    with _store(load(config)) as store:
        if release_before is not None:
            click.echo(f"{store.release(release_before)} message(s) thrown away")
        for found in store.refusals():
            click.echo(
                f"{found.source}\t{found.reason}\t{found.count}"
                f"\tlast {found.last:%Y-%m-%d %H:%M:%S}"
            )
        for kept in store.quarantined(limit):
            click.echo(
                f"{kept.arrived:%Y-%m-%d %H:%M:%S}\t{kept.source}\t{kept.reason}\t{kept.detail}"
                f"\t{kept.size} bytes\t{kept.topic}"
            )


def forget(config: Path, before: datetime) -> None:
    """Run `egate-central forget`."""
    if before > now():
        raise click.UsageError("--before is in the future: that would erase everything")
    with _store(load(config)) as store:
        click.echo(f"{store.forget(before)} event(s) erased, whole months not counted")


def _prepared(config: Path) -> Settings:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    telemetry.configure_daemon()
    return load(config)


def _tell(ready: int) -> None:
    with suppress(OSError):
        os.write(ready, b"\n")


def _await_end(worker: Worker) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    worker.stop()


def _store(settings: Settings) -> closing[Store]:
    return closing(open_known_store(settings))


def _jwks(file: Path) -> list[object]:
    content = read_json(file)
    if isinstance(content, dict) and isinstance(content.get("keys"), list):
        found = [key for key in content["keys"] if isinstance(key, dict)]
        keys: list[object] = [key for key in found if key.get("use", "sig") == "sig"]
        if not keys:
            raise SettingsError(f"{file} has no key that signs")
        return keys
    return [content]


def _key(gate: str, jwk: object, file: Path) -> DeviceKey:
    """A key that says of whom it is: a file of other keys must not make a gate of their owner."""
    try:
        key = key_of(gate, jwk)
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from None
    if isinstance(jwk, dict) and "source" not in jwk:
        raise SettingsError(
            f"{file}: a key without `source` is of no gate; `gatectl events keys` writes it there"
        )
    return key

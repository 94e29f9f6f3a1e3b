"""The command line of the central side."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edge.errors import EdgeError, SettingsError
from edge.files.reading import read_json
from edge.host import telemetry
from tools.central.assembly import now, open_known_store, open_store
from tools.central.opening import open_command
from tools.central.options import Day, GateName, config_option, examples
from tools.central.records import ChainKey
from tools.central.registry import key_of
from tools.central.settings import Settings, load
from tools.central.statistics.command import stats
from tools.central.store import OPERATOR, Contradiction, Store
from tools.central.supervisor import EXIT_CONFIGURATION, Supervisor
from tools.central.worker import Worker

EXAMPLES = examples(
    "run --config config/central.toml",
    "enroll hall-1/lane-3 --jwk lane-3.jwks.json",
    "chains",
    "stats --from 2026-11-01 --to 2026-12-01 --by issuer",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.version_option(package_name="egate")
def central() -> None:
    """Take in, store and count the events of every gate."""


@central.command(epilog=examples("run --config config/central.toml", "run --workers 4"))
@config_option
@click.option("--workers", type=click.IntRange(1, 64), help="Instead of the configuration's.")
def run(config: Path, workers: int | None) -> None:
    """Take in events until interrupted.

    Exits with 0 when stopped, 78 when the configuration is wrong, 1 on any other fault.
    """
    settings = _prepared(config)
    supervisor = Supervisor(settings, config.resolve(), workers or settings.intake.workers)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stop())
    supervisor.run()


@central.command(hidden=True)
@config_option
@click.option("--index", type=int, required=True)
@click.option("--ready", type=int, required=True, help="The descriptor to tell so.")
def work(config: Path, index: int, ready: int) -> None:
    """Be one worker; ends with its standard input."""
    settings = _prepared(config)
    worker = Worker(settings, f"worker-{os.getpid()}-{index}", lambda: open_store(settings), now)
    worker.on_ready = lambda: _tell(ready)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C: the supervisor decides
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    threading.Thread(target=_await_end, args=(worker,), daemon=True).start()
    worker.run()


@central.command(
    epilog=examples(
        "enroll hall-1/lane-3 --jwk lane-3.jwks.json --flow entry",
        "enroll hall-1/lane-3 --jwk new.jwks.json --only",
    )
)
@config_option
@click.argument("gate", type=GateName())
@click.option("--jwk", "file", type=click.Path(path_type=Path), required=True,
              help="The gate's public key: a JWK, a JWK Set, or its `info`.")  # fmt: skip
@click.option("--only", is_flag=True, help="Revoke the gate's other keys.")
@click.option("--flow", default="", help="What its lane serves, for statistics: entry, exit ...")
def enroll(config: Path, gate: str, file: Path, only: bool, flow: str) -> None:
    """Make a gate and its key known."""
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


@central.command(epilog=examples("revoke hall-1/lane-3"))
@config_option
@click.argument("gate", type=GateName())
@click.option("--kid", default="", help="This key only; otherwise all of them.")
def revoke(config: Path, gate: str, kid: str) -> None:
    """Believe a gate's key no more; what is stored stays."""
    with _store(load(config)) as store:
        count = store.revoke(gate, kid, now())
    if not count:
        raise Contradiction(f"{gate} has no such key")
    click.echo(f"{gate}: {count} key(s) revoked; workers know within 30 s")


@central.command(epilog=examples("flow hall-1/lane-3 exit"))
@config_option
@click.argument("gate", type=GateName())
@click.argument("name")
def flow(config: Path, gate: str, name: str) -> None:
    """Say what a gate's lane serves: entry, exit, crew ..."""
    with _store(load(config)) as store:
        if not store.set_flow(gate, name):
            raise Contradiction(f"{gate} is not enrolled")
    click.echo(f"{gate} serves {name}")


@central.command(epilog=examples("devices"))
@config_option
def devices(config: Path) -> None:
    """List the gates that are known."""
    with _store(load(config)) as store:
        for device in store.devices():
            click.echo(
                f"{device.source}\tkeys {device.keys}\tby {device.how} {device.enrolled:%Y-%m-%d}"
                f"\tflow {device.flow or '-'}\tjournal {device.journal or '-'}"
            )


@central.command(epilog=examples("chains"))
@config_option
def chains(config: Path) -> None:
    """List every journal: how far it is stored, what waits beyond a gap, and whether it forked."""
    with _store(load(config)) as store:
        for chain in store.chains():
            waits = f"\t{chain.waiting} wait beyond a gap" if chain.waiting else ""
            forked = "\tforked: other histories are stored beside it" if chain.forked else ""
            click.echo(f"{chain.key.source}\t{chain.key.journal}\t{chain.head}{waits}{forked}")


@central.command(
    epilog=examples(
        "skip hall-1/lane-3 --journal 0f193e94-ab9f-4794-b24f-77c3792e509a --to 4711"
        ' --why "disk of the gate lost"'
    )
)
@config_option
@click.argument("gate", type=GateName())
@click.option("--journal", required=True, help="Its id, as `chains` lists it.")
@click.option("--to", "last", type=click.IntRange(1, 2**53 - 1), required=True,
              help="The last sequence that is lost.")  # fmt: skip
@click.option("--why", required=True, help="Kept with the gap, for whoever asks later.")
def skip(config: Path, gate: str, journal: str, last: int, why: str) -> None:
    """Give up events that are lost, so that later ones count; on record, for good."""
    with _store(load(config)) as store:
        count = store.skip(ChainKey(gate, journal), last, why, now())
    click.echo(f"{count} event(s) given up")


@central.command(
    epilog=examples("quarantine --limit 100", "quarantine --release-before 2026-11-01")
)
@config_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help="How many messages to show.")  # fmt: skip
@click.option("--release-before", type=Day(), help="Throw away what is older.")
def quarantine(config: Path, limit: int, release_before: datetime | None) -> None:
    """Show what was refused: how often, and the newest messages (without their content)."""
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


@central.command(epilog=examples("forget --before 2026-05-25"))
@config_option
@click.option("--before", type=Day(), required=True, help="A day that is over.")
def forget(config: Path, before: datetime) -> None:
    """Erase events stored before a day (retention); they are not taken in again."""
    if before > now():
        raise click.UsageError("--before is in the future: that would erase everything")
    with _store(load(config)) as store:
        click.echo(f"{store.forget(before)} event(s) erased, whole months not counted")


central.add_command(stats)
central.add_command(open_command)


def main() -> None:
    """Run the command line; what goes wrong on purpose is told in one line."""
    try:
        central()
    except SettingsError as error:
        click.echo(f"egate-central: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)
    except EdgeError as error:
        click.echo(f"egate-central: {error}", err=True)
        sys.exit(1)


def _prepared(config: Path) -> Settings:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    telemetry.configure()
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


def _jwks(file: Path) -> list[Any]:
    content = read_json(file)
    if isinstance(content, dict) and isinstance(content.get("keys"), list):
        found = [key for key in content["keys"] if isinstance(key, dict)]
        keys = [key for key in found if key.get("use", "sig") == "sig"]
        if not keys:
            raise SettingsError(f"{file} has no key that signs")
        return keys
    return [content]


def _key(gate: str, jwk: Any, file: Path) -> Any:
    """A key that says of whom it is: a file of other keys must not make a gate of their owner."""
    try:
        key = key_of(gate, jwk)
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from None
    if "source" not in jwk:
        raise SettingsError(
            f"{file}: a key without `source` is of no gate; `gatectl events keys` writes it there"
        )
    return key

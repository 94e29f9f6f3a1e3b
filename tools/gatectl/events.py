"""gatectl events: what the gate has written, and whether it is all that it wrote."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from edge.contract.chain import ChainVerifier
from edge.contract.signature import VerificationKey, VerificationKeys
from edge.contract.verification import LARGEST_EVENT_BYTES, Fault, Finding, Head, verify_head
from edge.errors import SettingsError, printable
from edge.files.reading import read_json
from edge.keys.key_history import public_keys
from tools.gatectl.gate import Gate, config_option

LARGEST_FILE_BYTES = 10_000_000
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_LINE = 500
ENDS = {Fault.FRONT, Fault.END}
_EXAMPLES = {
    "export": (
        "gatectl events export > events.ndjson",
        "gatectl events export --config config/gate.virtual.toml --from 4000 --to 4999",
    ),
    "head": ("gatectl events head > head.json",),
    "keys": ("gatectl events keys > keys.json",),
    "verify": (
        "gatectl events verify events.ndjson --keys keys.json --head head.json",
        "gatectl events verify - --keys keys.json --part --json < part.ndjson",
    ),
}


def _examples(*names: str) -> str:
    """The end of a help: lines to copy."""
    return "\n".join(("\b", "Examples:", *(f"  {e}" for n in names for e in _EXAMPLES[n])))


@click.group(epilog=_examples(*_EXAMPLES))
def group() -> None:
    """Export the events of a gate, and verify that nobody has changed, added or removed any."""


@group.command(epilog=_examples("export"))
@config_option
@click.option("--from", "first", type=click.IntRange(1), default=1, help="The first sequence.")
@click.option("--to", "last", type=click.IntRange(1), help="The last sequence; default: the last.")
def export(config: Path, first: int, last: int | None) -> None:
    """Print the journal, one event a line, exactly as signed.

    Reads beside the daemon, and changes nothing.
    """
    with Gate(config).journal() as journal:
        oldest, newest, _ = journal.ends()
        last = newest if last is None else last
        if first > min(last, newest) or last < oldest:
            raise SettingsError(f"there is nothing to export: the journal has {oldest} to {newest}")
        out = sys.stdout.buffer
        for body in journal.bodies(first, last):
            out.write(body + b"\n")
        out.flush()


@group.command(epilog=_examples("head"))
@config_option
def head(config: Path) -> None:
    """Print where the chain ends by now, signed by the device key.

    Kept elsewhere, it tells later whether the end of the journal was cut off.
    """
    gate = Gate(config)
    with gate.journal() as journal:
        click.echo(json.dumps(gate.head(journal), indent=2))


@group.command(epilog=_examples("keys"))
@config_option
def keys(config: Path) -> None:
    """Print the public keys that verify this gate's events, a JWK Set; the one in use is first.

    Bring them to the central system by a way you trust.
    """
    gate = Gate(config)
    with gate.journal() as journal:
        found = public_keys(gate.key(), gate.source, journal.memories())
    click.echo(json.dumps({"keys": found}, indent=2))


@group.command(epilog=_examples("verify"))
@click.argument("file", type=click.File("rb"))
@click.option(
    "--keys",
    "key_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A JWK Set of device keys, or the `info` of a gate; again for more.",
)
@click.option(
    "--head",
    "head_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What the gate said about the end: `gatectl events head`, or its `health`.",
)
@click.option("--part", is_flag=True, help="FILE is a part of a chain: more before and after.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
def verify(
    file: IO[bytes],
    *,
    key_files: tuple[Path, ...],
    head_file: Path | None,
    part: bool,
    as_json: bool,
) -> None:
    """Verify events, one a line, in FILE or, by `-`, from standard input.

    Names gaps, reorderings, repetitions, forgeries, forks and truncations, in the words of
    docs/events.md.  Without --keys no signature is verified.  Lines may end with CR LF.

    Exit 0 when everything holds, 1 when anything does not or cannot be read, 2 when called wrongly.
    """
    trusted = _keys(key_files)
    verifier = ChainVerifier(trusted, _head(head_file, trusted))
    counted: Counter[Fault] = Counter()
    told: list[dict[str, Any]] = []
    for finding in _findings(verifier, file):
        if part and finding.fault in ENDS:
            continue
        counted[finding.fault] += 1
        if as_json:
            told.append(_plain(finding))
        else:
            click.echo(_line(finding))
    if as_json:
        report = _report(verifier, told, signed=trusted is not None)
        click.echo(json.dumps(report | {"end_verified": head_file is not None}, indent=2))
    else:
        ended = part or head_file is not None
        click.echo("\n".join(_summary(verifier, counted, signed=trusted is not None, ended=ended)))
    sys.exit(1 if counted else 0)


def _findings(verifier: ChainVerifier, file: IO[bytes]) -> Iterator[Finding]:
    for body in _lines(file):
        yield from verifier.take(body)
    yield from verifier.end()


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines without their ends; of one that is too long, enough to see that it is."""
    start = True
    while line := file.readline(LARGEST_EVENT_BYTES + 3):
        if start and line.startswith(GZIP):
            raise SettingsError("the events are compressed: zcat FILE | gatectl events verify -")
        if not line.endswith(b"\n"):
            while (rest := file.readline(LARGEST_EVENT_BYTES)) and not rest.endswith(b"\n"):
                pass
        # What Windows makes of a file of text is not part of any event.
        line = line.removeprefix(BYTE_ORDER_MARK) if start else line
        start = False
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def _keys(files: tuple[Path, ...]) -> VerificationKeys | None:
    if not files:
        return None
    found: list[VerificationKey] = []
    for path in files:
        try:
            found += VerificationKeys.of_jwks(read_json(path, LARGEST_FILE_BYTES))
        except ValueError as error:
            raise SettingsError(f"{path}: {error}") from None
    return VerificationKeys(found)


def _head(path: Path | None, trusted: VerificationKeys | None) -> Head | None:
    if path is None:
        return None
    content = read_json(path, LARGEST_FILE_BYTES)
    if isinstance(content, dict) and isinstance(content.get("head"), dict):
        content = content["head"]  # of `health`
    try:
        return verify_head(content, trusted)
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from None


def _line(finding: Finding) -> str:
    where = []
    if finding.place is not None:
        where.append(f"line {finding.place}")
    if finding.chain is not None:
        where.append(finding.chain.source)
    if finding.sequence is not None:
        last = finding.last
        span = f"{finding.sequence}" if last in (None, finding.sequence) else (
            f"{finding.sequence} to {last}"
        )  # fmt: skip
        where.append(f"sequence {span}")
    line = f"{finding.fault.value:12} {', '.join(where)}: {finding.detail}"
    # A forger chose the name of the gate: it must not write lines, or colours, of its own.
    return printable(line[:LONGEST_LINE])


def _summary(
    verifier: ChainVerifier, counted: Counter[Fault], *, signed: bool, ended: bool
) -> Iterator[str]:
    for chain, (first, last, digest) in verifier.chains().items():
        yield f"chain {chain.source} {chain.journal}: {first} to {last}, last hash {digest}"
    if not signed:
        yield "signatures were not verified: name the gate's keys by --keys"
    if verifier.genuine and not ended:
        yield "whether the last events were cut off was not verified: name a head by --head"
    faults = ", ".join(f"{count} {fault.value}" for fault, count in counted.items())
    yield f"{verifier.genuine} events, {faults or 'everything holds'}"


def _report(verifier: ChainVerifier, told: list[dict[str, Any]], *, signed: bool) -> dict[str, Any]:
    return {
        "events": verifier.genuine,
        "signatures_verified": signed,
        "chains": [
            {**chain._asdict(), "first": first, "last": last, "last_hash": digest}
            for chain, (first, last, digest) in verifier.chains().items()
        ],
        "findings": told,
    }


def _plain(finding: Finding) -> dict[str, Any]:
    chain = finding.chain._asdict() if finding.chain is not None else None
    return asdict(finding) | {"fault": finding.fault.value, "chain": chain}

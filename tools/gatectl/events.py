"""gatectl events: what the gate has written, and whether it is all that it wrote."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

import click

from edge.contract.chain import ChainVerifier
from edge.contract.json_object import JsonObject
from edge.contract.signature import VerificationKey, VerificationKeys
from edge.contract.verification import LARGEST_EVENT_BYTES, Fault, Finding, Head, verify_head
from edge.errors import SettingsError, printable
from edge.files.reading import read_json
from edge.keys.key_history import public_keys
from tools.gatectl.gate import Gate

LARGEST_JSON_BYTES = 10_000_000
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_LINE = 500
ENDS = {Fault.FRONT, Fault.END}


def export(config: Path, first: int, last: int | None) -> None:
    """Run `gatectl events export`."""
    with Gate(config).journal() as journal:
        oldest, newest, _ = journal.ends()
        last = newest if last is None else last
        if first > min(last, newest) or last < oldest:
            raise SettingsError(f"there is nothing to export: the journal has {oldest} to {newest}")
        out = sys.stdout.buffer
        for body in journal.bodies(first, last):
            out.write(body + b"\n")
        out.flush()


def head(config: Path) -> None:
    """Run `gatectl events head`."""
    gate = Gate(config)
    with gate.journal() as journal:
        click.echo(gate.head(journal).model_dump_json(indent=2))


def keys(config: Path) -> None:
    """Run `gatectl events keys`."""
    gate = Gate(config)
    with gate.journal() as journal:
        found = public_keys(gate.key(), gate.source, journal.durable_facts())
    click.echo(json.dumps({"keys": found}, indent=2))


def verify(
    file: IO[bytes],
    *,
    key_files: tuple[Path, ...],
    head_file: Path | None,
    part: bool,
    as_json: bool,
) -> None:
    """Run `gatectl events verify`."""
    trusted = _keys(key_files)
    verifier = ChainVerifier(trusted, _head(head_file, trusted))
    counted: Counter[Fault] = Counter()
    told: list[JsonObject] = []
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
            found += VerificationKeys.of_jwks(read_json(path, LARGEST_JSON_BYTES))
        except ValueError as error:
            raise SettingsError(f"{path}: {error}") from None
    return VerificationKeys(found)


def _head(path: Path | None, trusted: VerificationKeys | None) -> Head | None:
    if path is None:
        return None
    content = read_json(path, LARGEST_JSON_BYTES)
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


def _report(verifier: ChainVerifier, told: list[JsonObject], *, signed: bool) -> JsonObject:
    return {
        "events": verifier.genuine,
        "signatures_verified": signed,
        "chains": [
            {**chain._asdict(), "first": first, "last": last, "last_hash": digest}
            for chain, (first, last, digest) in verifier.chains().items()
        ],
        "findings": told,
    }


def _plain(finding: Finding) -> JsonObject:
    chain = finding.chain._asdict() if finding.chain is not None else None
    return asdict(finding) | {"fault": finding.fault.value, "chain": chain}

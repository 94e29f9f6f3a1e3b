"""`egate-central open`: read what was sealed, one transaction at a time, where the key is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from edge.contract.seal import ALGORITHM, ENCRYPTION
from edge.errors import SettingsError
from edge.keys import jwks
from tools.central.assembly import now, open_known_store
from tools.central.settings import load
from tools.central.store import Contradiction, Kept

WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What was sealed in one event.  Personal: for the one who asked, and for no log."""

    sequence: int
    type: str
    content: object
    """None when none of our keys opens it."""


def read_keys(path: Path) -> KeySet:
    """Read a JWK Set with private keys; SettingsError when it is none."""
    try:
        keys = KeySet.import_key_set({"keys": jwks.read(path)})
    except SettingsError as error:
        raise SettingsError(f"`keys.open`: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, JoseError):
        raise SettingsError(f"`keys.open`: {path} has a key that cannot be used") from None
    if not all(key.is_private for key in keys.keys):
        raise SettingsError(f"`keys.open`: {path} has public keys only: nothing opens with them")
    return keys


def opened(events: Iterable[Kept], transaction: str, keys: KeySet) -> Iterator[Opened]:
    """Open every sealed field of a transaction."""
    for event in events:
        data = json.loads(event.body).get("data")
        sealed = data.get("sealed") if isinstance(data, dict) else None
        if event.transaction == transaction and isinstance(sealed, str):
            yield Opened(event.sequence, event.type, _plain(sealed, keys))


def _plain(sealed: str, keys: KeySet) -> object:
    try:
        found = jwe.decrypt_compact(sealed, keys, algorithms=[ALGORITHM, ENCRYPTION])
        return json.loads(found.plaintext or b"null")
    except (JoseError, ValueError, KeyError):
        return None


def open_transaction(  # noqa: PLR0913, PLR0917  # each is an option
    config: Path,
    gate: str,
    transaction: str,
    why: str,
    first: datetime | None,
    last: datetime | None,
) -> None:
    """Run `egate-central open`."""
    settings = load(config)
    if settings.keys is None:
        raise SettingsError(f"{config}: sealed fields open only where `[keys] open` names the key")
    keys = read_keys(settings.keys.open)
    until = last or now()
    with closing(open_known_store(settings)) as store:
        events = store.events(first or until - WINDOW, until, source=gate)
        found = list(opened(events, transaction, keys))
    click.echo(f"{now().isoformat()} asked for {transaction} of {gate}: {why}", err=True)
    if not found:
        raise Contradiction(f"nothing sealed is stored of {transaction} of {gate} in that time")
    for one in found:
        click.echo(json.dumps({"sequence": one.sequence, "type": one.type, "sealed": one.content}))

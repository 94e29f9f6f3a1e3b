"""The settings of the central side: one TOML file, refused as a whole when any part is wrong.

Relative paths are relative to the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from edge.settings.delivery import Tls
from edge.settings.loader import read_toml, resolved, validate
from edge.settings.section import Section


class Broker(Section):
    """`[broker]`: where the gates publish."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    protocol: Literal["5", "3.1.1"] = "5"
    client_id: str = Field(default="egate-central", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """What our connections are called at the broker; each adds its role and a number."""
    username: str | None = None
    password_file: Path | None = None
    tls: Tls | None = None
    """`{role}` in `certificate` and `key` stands for `steward`, `worker-0` and so on: a broker that
    binds a client id to its certificate wants one for each connection."""

    def tls_of(self, role: str) -> Tls | None:
        """The files of one of our connections."""
        if self.tls is None:
            return None
        files = {
            name: Path(str(file).replace("{role}", role))
            for name, file in (("certificate", self.tls.certificate), ("key", self.tls.key))
            if file is not None
        }
        return self.tls.model_copy(update=files)


class SqliteStore(Section):
    """`[store]` with `kind = "sqlite"`: one file, for one machine."""

    kind: Literal["sqlite"]
    path: Path


class PostgresStore(Section):
    """`[store]` with `kind = "postgresql"`: a server, for a country."""

    kind: Literal["postgresql"]
    conninfo: str
    """As libpq has it: `host=... dbname=... user=...`.  The password belongs in ~/.pgpass."""


Storage: TypeAlias = Annotated[SqliteStore | PostgresStore, Field(discriminator="kind")]


class Intake(Section):
    """`[intake]`: how events are taken in."""

    workers: int = Field(default=1, ge=1, le=64)
    share: str = Field(default="central", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """The name under which all workers, on all machines, share the events (MQTT 5)."""
    batch: int = Field(default=500, ge=1, le=5000)
    """Events of one database transaction, at most."""
    acknowledge_every_s: float = Field(default=0.2, gt=0, le=10)
    ask_after_s: float = Field(default=2.0, gt=0, le=3600)
    """How long a gap may last before its events are asked for."""
    ask_per_s: int = Field(default=50, ge=1, le=10_000)
    """Gates asked for their events in a second, at most: all of them come when we start."""
    trust_on_first_use: bool = False
    """Training only: believe the first key and the first event a gate shows."""
    quarantine_messages: int = Field(default=10_000, ge=0, le=1_000_000)


class Statistics(Section):
    """`[statistics]`: what may be told."""

    smallest_count: int = Field(default=5, ge=2, le=1000)
    """Smaller counts of people are not shown, and cannot be computed from what is."""


class Keys(Section):
    """`[keys]`: for reading sealed fields; on a machine that only stores there is none."""

    open: Path
    """A JWK Set with private keys."""


class Settings(Section):
    """The whole file."""

    broker: Broker = Broker()
    store: Storage
    intake: Intake = Intake()
    statistics: Statistics = Statistics()
    keys: Keys | None = None


def load(path: Path) -> Settings:
    """Read a settings file; SettingsError names the file, the key and what to do."""
    found = validate(Settings, read_toml(path), str(path))
    return resolved(found, path.resolve().parent)

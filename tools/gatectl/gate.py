"""The gate a command speaks of: its configuration, its journal, its key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from edge.contract.verification import Head, UnsignedHead
from edge.journal.outbox import Topics
from edge.keys.device_key import DeviceKey
from edge.settings import tree as settings
from edge.settings.tree import Settings
from tools.gatectl.journal_file import JournalFile


def now() -> datetime:
    """The clock of the tools."""
    return datetime.now(UTC)  # noqa: TID251  # the tool is where the clock is


class Gate:
    """A gate by its configuration; SettingsError as of `edge.settings.tree.load`."""

    def __init__(self, config: Path) -> None:
        self.settings: Settings = settings.load(config)
        self.source = Topics(self.settings.site, self.settings.device).source

    def journal(self) -> JournalFile:
        """Its journal, to read."""
        return JournalFile(self.settings.state_dir / "journal.db")

    def key(self) -> DeviceKey:
        """Its device key; SettingsError when it cannot be read."""
        return DeviceKey.load(self.settings.device_key)

    def head(self, journal: JournalFile) -> Head:
        """Where its chain ends by now, signed."""
        first, last, digest = journal.ends()
        return UnsignedHead(
            source=self.source,
            journalid=journal.journal_id,
            first_sequence=first,
            sequence=last,
            hash=digest,
            time=now().isoformat(),
        ).signed(self.key().sign)

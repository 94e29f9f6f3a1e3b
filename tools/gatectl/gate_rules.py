"""The settings, policy and trust of a gate, for `gatectl read` and `gatectl verify`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import click
from click.core import ParameterSource

from edge.__main__ import INSTALLED
from edge.border.policy import Policy
from edge.lane.clock import LaneClock, last_known
from edge.pki.trust_anchors import trust_store
from edge.settings import tree as settings
from edge.settings.chip import ChipSettings
from edge.settings.policy import load_policy
from edge.settings.tree import Operation, Settings
from edge.trust import TrustStore
from tools import shipped
from tools.gatectl.trust import now, trusted_with


@dataclass(frozen=True, slots=True)
class GateRules:
    """The rules of a gate; without a configuration, those of a live gate with every default."""

    settings: Settings | None
    policy: Policy

    @classmethod
    def of(cls, config: Path | None, policy: Path | None) -> Self:
        """Read a configuration and its policy, or another policy.

        Without a configuration, the one of this machine counts where there is one; without any
        policy, the example.

        Raises:
            SettingsError: a file is missing or wrong.
        """
        path = config or (INSTALLED if INSTALLED.is_file() else None)
        loaded = None if path is None else settings.load(path)
        named = policy or (
            shipped.config("policy.example.toml") if loaded is None else loaded.policy
        )
        return cls(loaded, load_policy(named, live=loaded is None or loaded.live))

    @property
    def chip(self) -> ChipSettings:
        """How a chip is read."""
        return ChipSettings() if self.settings is None else self.settings.chip

    @property
    def in_training(self) -> bool:
        """Whether only specimens pass this gate."""
        return self.settings is not None and self.settings.operation is Operation.TRAINING

    def trusted(self, material: Sequence[Path], store: Path, as_of: datetime) -> TrustStore:
        """What the gate trusts, unless this call names a store, or material to trust besides."""
        if self.settings is None or material or _was_named("store"):
            found = trusted_with(store, material, as_of)
        else:
            found = trust_store(self.settings.trust.anchors, as_of)
        if not found.anchors:
            click.echo("nothing to trust: name --trust, or gatectl trust import", err=True)
        return found

    def clock(self, store: TrustStore) -> LaneClock:
        """The clock of this computer in the place of the gate's, with the civil date of the lane.

        How far it may be wrong is not asked: that says nothing about a document.
        """
        zone = UTC if self.settings is None else self.settings.zone
        return LaneClock(now, zone, last_known({}, None, store), lambda: 0.0)


def _was_named(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}

"""Reads the rules of a lane: policy, models, trust, and the central system's keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import structlog

from edge.border.policy import Policy
from edge.contract.seal import Sealer
from edge.contract.signature import VerificationKey
from edge.inference.models import ModelStore
from edge.keys.central_keys import sealer
from edge.keys.command_keys import command_keys
from edge.lane.inspection import Inspector
from edge.pki.trust_anchors import trust_store
from edge.settings.policy import load_policy
from edge.settings.tree import Settings
from edge.trust import TrustStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """The rules at the start; `edge.management.upkeep` reloads policy and trust later."""

    policy: Policy
    models: ModelStore
    threshold: float
    """The least similarity of two pictures of one face, for the policy's false match rate."""
    store: TrustStore
    command_keys: tuple[VerificationKey, ...]
    sealer: Sealer | None

    @classmethod
    def read(cls, settings: Settings, now: datetime) -> Self:
        """Read the files the settings name.

        Raises:
            SettingsError: one of them is missing, wrong, or contradicts another.
        """
        policy = load_policy(settings.policy, live=settings.live)
        models = measured_models(settings)
        return cls(
            policy=policy,
            models=models,
            threshold=models.threshold(policy.false_match_rate),
            store=trust_store(settings.trust.anchors, now),
            command_keys=command_keys(settings.central.keys),
            sealer=sealer(settings.central.keys),
        )

    def judged_by(self, inspector: Inspector, policy: Policy) -> Inspector:
        """The same inspector with another policy, and what the models make of it.

        Raises:
            SettingsError: the models have no threshold for its false match rate.
        """
        threshold = self.models.threshold(policy.false_match_rate)
        engine = replace(inspector.engine, threshold=threshold)
        return replace(inspector, policy=policy, engine=engine)


def measured_models(settings: Settings) -> ModelStore:
    """The models that the settings name; training goes on with thresholds of another comparison.

    Raises:
        SettingsError: the manifest is missing or wrong; in live operation its thresholds were not
            measured with exactly its comparison.
    """
    models = ModelStore(settings.models.manifest, settings.models.weights)
    if settings.live:
        models.require_measured()
    elif not models.manifest.is_measured:
        embedders = models.manifest.comparison.embedders
        log.warning("comparison_not_measured", model=", ".join(embedders))
    return models

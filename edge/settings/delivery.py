"""`[broker]` and `[journal]`: how events are kept and sent to the central system."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from paho.mqtt.enums import MQTTProtocolVersion
from pydantic import Field, model_validator

from edge.settings.section import Section

PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}


class Tls(Section):
    """`[broker.tls]`: TLS 1.2 or newer; the broker's name is checked against `broker.host`."""

    ca: Path
    """PEM: the authority of the broker's certificate."""
    certificate: Path | None = None
    """PEM: the gate's own certificate; the broker's ACL checks its common name."""
    key: Path | None = None
    """PEM: its private key, or a TSS2 key of a TPM (docs/delivery.md)."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) is not (self.key is None):
            raise ValueError("`certificate` and `key` go together")
        return self


class Broker(Section):
    """`[broker]`: the MQTT broker of the central system."""

    host: str = Field(default="127.0.0.1", min_length=1, max_length=253)
    port: int = Field(default=1883, ge=1, le=65535)
    protocol: Literal["5", "3.1.1"] = "5"
    tls: Tls | None = None
    username: str | None = Field(default=None, min_length=1, max_length=256)
    password_file: Path | None = None
    keepalive_s: int = Field(default=15, ge=5, le=600)
    """A connection that is silent for longer is ended and made again."""
    session_expiry_s: int = Field(default=3600, ge=0, le=604_800)
    """How long the broker keeps subscriptions and commands for a gate that is away (MQTT 5; with
    3.1.1 the broker decides); 0 keeps nothing."""
    will_delay_s: int = Field(default=5, ge=0, le=600)
    """MQTT 5: how long a gate may be away before the broker publishes that it is offline."""
    inflight: int = Field(default=100, ge=1, le=10_000)
    """Most events sent and not yet confirmed by the broker; a broker may demand fewer."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("`password_file` needs a `username`")
        return self


class JournalSettings(Section):
    """`[journal]`: how long events are kept, and when too many wait for the central system.

    No waiting event is dropped.  Beyond an `alarm_` bound the gate raises an alarm; beyond a
    `stop_` bound it no longer opens.
    """

    keep_h: float = Field(default=72, ge=0, le=8760)
    """Acknowledged events are erased after so many hours."""
    alarm_events: int = Field(default=100_000, ge=1)
    stop_events: int = Field(default=5_000_000, ge=1)
    alarm_mb: float = Field(default=200, gt=0)
    stop_mb: float = Field(default=10_000, gt=0)
    alarm_age_h: float = Field(default=24, gt=0)
    stop_age_h: float = Field(default=24 * 31, gt=0)
    alarm_free_mb: float = Field(default=1000, ge=0)
    """Free room on the disk."""
    stop_free_mb: float = Field(default=200, ge=0)
    when_stopped: Literal["refer", "close"] = "refer"
    """Refer every traveller (R-MODE-DEGRADED), or go out of service."""

    @model_validator(mode="after")
    def _alarm_first(self) -> Self:
        for what in ("events", "mb", "age_h"):
            if getattr(self, f"alarm_{what}") > getattr(self, f"stop_{what}"):
                raise ValueError(f"`alarm_{what}` is beyond `stop_{what}`")
        if self.alarm_free_mb < self.stop_free_mb:
            raise ValueError("`alarm_free_mb` is below `stop_free_mb`")
        return self

"""What can happen at a gate, by name; the central system depends on these names."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PREFIX: Final = "int.egate."
"""Of the `type` of every event."""


class EventType(StrEnum):
    """Event types, without the prefix `int.egate.`; the central system depends on them."""

    TRANSACTION_STARTED = "transaction.started"
    TRANSACTION_CLOSED = "transaction.closed"
    DOCUMENT_PRESENTED = "document.presented"
    DOCUMENT_READ = "document.read"
    CHIP_READ = "chip.read"
    CHIP_VERIFIED = "chip.verified"
    CHIP_FAILED = "chip.failed"
    FACE_CAPTURED = "face.captured"
    FACE_COMPARED = "face.compared"
    FACE_ERROR_RATES = "face.error_rates"
    DECISION_MADE = "decision.made"
    GATE_AUTHORISED = "gate.authorised"
    GATE_OPENED = "gate.opened"
    GATE_PASSED = "gate.passed"
    GATE_CLOSED = "gate.closed"
    GATE_PASSAGE_TIMEOUT = "gate.passage_timeout"
    GATE_TAILGATING = "gate.tailgating"
    GATE_WRONG_WAY = "gate.wrong_way"
    GATE_INTRUSION = "gate.intrusion"
    GATE_HELD_OPEN = "gate.held_open"
    GATE_FORCED = "gate.forced"
    GATE_BLOCKED = "gate.blocked"
    GATE_EMERGENCY_ACTIVATED = "gate.emergency.activated"
    GATE_EMERGENCY_RESET = "gate.emergency.reset"
    OFFICER_ASSIST = "officer.assist"
    OFFICER_OVERRIDE = "officer.override"
    OFFICER_OUTCOME = "officer.outcome"
    DEVICE_STARTED = "device.started"
    DEVICE_STOPPED = "device.stopped"
    DEVICE_DEGRADED = "device.degraded"
    DEVICE_RECOVERED = "device.recovered"
    DEVICE_PERIPHERAL_LOST = "device.peripheral_lost"
    SECURITY_AUTH_FAILED = "security.auth_failed"
    SECURITY_CERT_EXPIRING = "security.cert_expiring"
    AUDIT_COMMAND = "audit.command"
    AUDIT_CONFIG_CHANGED = "audit.config_changed"
    AUDIT_ERASED = "audit.erased"

    @property
    def topic(self) -> str:
        """The last two levels of its topic: family and name."""
        family, _, name = self.value.partition(".")
        return f"{family}/{name}"

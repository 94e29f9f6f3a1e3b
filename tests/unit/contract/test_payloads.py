"""What each type of event carries, and how it is guarded; the words that statistics count."""

from __future__ import annotations

from edge.contract.data_category import Category
from edge.contract.event_types import PREFIX, EventType
from edge.contract.payloads import PAYLOADS, Certified

CARRIED = {
    "transaction.started": "Nothing",
    "transaction.closed": "TransactionClosed passage",
    "document.presented": "Nothing",
    "document.read": "DocumentRead passage",
    "chip.read": "ChipRead passage",
    "chip.verified": "ChipVerified passage",
    "chip.failed": "ChipFailed passage",
    "face.captured": "FaceCaptured passage",
    "face.compared": "FaceCompared passage",
    "face.error_rates": "ErrorRatesFound operational",
    "decision.made": "DecisionMade passage",
    "gate.authorised": "Nothing",
    "gate.opened": "Nothing",
    "gate.passed": "Nothing",
    "gate.closed": "Nothing",
    "gate.passage_timeout": "Nothing",
    "gate.tailgating": "Nothing",
    "gate.wrong_way": "Nothing",
    "gate.intrusion": "Nothing",
    "gate.held_open": "Nothing",
    "gate.forced": "Nothing",
    "gate.blocked": "Nothing",
    "gate.emergency.activated": "Nothing",
    "gate.emergency.reset": "Nothing",
    "officer.assist": "Nothing",
    "officer.override": "Override passage",
    "officer.outcome": "Outcome passage",
    "device.started": "DeviceStarted operational",
    "device.stopped": "Nothing",
    "device.degraded": "Peripheral operational",
    "device.recovered": "Peripheral operational",
    "device.peripheral_lost": "Peripheral operational",
    "security.auth_failed": "SecurityFinding operational",
    "security.cert_expiring": "CertificateExpiring operational",
    "audit.command": "CommandTaken operational",
    "audit.config_changed": "ConfigChanged operational",
    "audit.erased": "Erased operational",
}


def test_each_type_carries_its_payload_of_its_category() -> None:
    found = {}
    for kind, payload in PAYLOADS.items():
        category = getattr(payload, "category", None)
        found[kind.value] = f"{payload.__name__} {category.value}" if category else "Nothing"
    assert found == CARRIED
    assert [kind.value for kind in EventType] == list(CARRIED)
    assert PREFIX == "int.egate."


def test_what_is_more_sensitive_is_guarded_more() -> None:
    assert [f"{each} {each.classification}" for each in Category] == [
        "operational internal",
        "personnel confidential",
        "passage confidential",
        "selection restricted",
        "identity restricted",
    ]
    assert [each.weight for each in Category] == [0, 1, 2, 3, 4]


def test_whose_certificate_it_is() -> None:
    assert [each.value for each in Certified] == ["gate", "broker-authority", "csca"]

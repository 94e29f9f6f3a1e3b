"""The words of commands and answers: integrators depend on each of them."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from edge.contract.commands import (
    OFFICER,
    ORDERS,
    TRANSACTION,
    Code,
    CommandName,
    Diagnose,
    LeaveService,
    Order,
    Reboot,
    RecordOutcome,
    Release,
    Reload,
    Reloaded,
    Reset,
    ResumeService,
    SecondLine,
)

WORDS: dict[type[StrEnum], str] = {
    CommandName: "out-of-service in-service release outcome reset reload diagnostics reboot",
    SecondLine: "admitted refused examined-further handed-over left",
    Reloaded: "policy lists trust",
    Code: (
        "accepted done deferred unauthenticated retained wrong-audience wrong-name expired "
        "not-yet-valid valid-too-long replayed clock-not-trusted malformed unknown-command busy "
        "not-recorded not-referred not-alone lane-occupied nothing-to-reset not-configured invalid "
        "failed"
    ),
}
ORDER_OF: dict[str, type[Order]] = {
    "out-of-service": LeaveService,
    "in-service": ResumeService,
    "release": Release,
    "outcome": RecordOutcome,
    "reset": Reset,
    "reload": Reload,
    "diagnostics": Diagnose,
    "reboot": Reboot,
}


@pytest.mark.parametrize("vocabulary", WORDS, ids=lambda vocabulary: vocabulary.__name__)
def test_the_words_stay_what_they_are(vocabulary: type[StrEnum]) -> None:
    assert " ".join(vocabulary) == WORDS[vocabulary]


def test_each_command_has_its_order() -> None:
    assert {name.value: order for name, order in ORDERS.items()} == ORDER_OF


@pytest.mark.parametrize("officer", ["K-4711", "4711", "ABCD-123456789012", "-1"])
def test_a_service_number_spells_no_name(officer: str) -> None:
    assert re.search(OFFICER, officer)
    for name in ("ROBIN", "ABCDE-1", f"{officer}X", f" {officer}", "1234567890123", ""):
        assert re.search(OFFICER, name) is None


def test_a_transaction_is_32_digits() -> None:
    assert re.search(TRANSACTION, "0123456789abcdef" * 2)
    for other in ("0" * 31, "0" * 33, "A" * 32, "*"):
        assert re.search(TRANSACTION, other) is None

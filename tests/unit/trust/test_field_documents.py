"""Documents with properties met in the field (shared test material, `data/field`)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.checks import CheckId, Result
from edge.trust import TrustStore, verify_sod
from tests.support.shared_data import shared

AT = datetime(2026, 12, 1, tzinfo=UTC)
pytestmark = pytest.mark.shared


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("01a-nonull-sod", Result.SUCCESSFUL),
        ("01n1-trailing-garbage", Result.FAILED),
        ("02-pss-salt64", Result.SUCCESSFUL),
        ("05-no-com", Result.SUCCESSFUL),
    ],
)
def test_the_signature_of_ef_sod(name: str, signature: Result) -> None:
    folder = shared(f"field/{name}")
    store = TrustStore.of([(folder / "csca.der").read_bytes()])
    verdict = verify_sod((folder / "dump/EF_SOD.bin").read_bytes(), store, AT)
    found = {check.id: check.result for check in verdict.checks}
    assert found[CheckId.CHIP_SOD_SIGNATURE] is signature
    assert found[CheckId.CHIP_DS_CHAIN] is Result.SUCCESSFUL
    assert verdict.is_authentic is (signature is Result.SUCCESSFUL)

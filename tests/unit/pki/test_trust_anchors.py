"""What a gate trusts is what the files and folders of its configuration hold."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.pki.trust_anchors import trust_store
from tests.support.shared_data import shared

THEN = datetime(2026, 2, 1, tzinfo=UTC)


def test_a_folder_is_taken_whole_and_a_file_whatever_its_ending(
    specimens: Path, tmp_path: Path
) -> None:
    now = datetime.now(UTC)  # noqa: TID251
    whole = trust_store((specimens / "trust",), now)
    assert whole.anchors
    (certificate,) = (specimens / "trust").iterdir()
    odd = tmp_path / "root.of.utopia"
    shutil.copy(certificate, odd)
    assert trust_store((odd,), now).anchors == whole.anchors


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_nothing_to_trust_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="no trust anchor in"):
        trust_store((tmp_path / name,), THEN)


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="trust anchor"):
        trust_store((tmp_path / ("x" * 300),), THEN)


@pytest.mark.shared
def test_a_master_list_in_the_folder_counts_beside_its_root(tmp_path: Path) -> None:
    for name in ("DE_ROOT_CA_CSCA07.cer", "DE_ML_2026-01-08-12-20-54.ml"):
        shutil.copy(shared(f"pki/masterlists/{name}"), tmp_path)
    alone = trust_store((shared("pki/masterlists/DE_ROOT_CA_CSCA07.cer"),), THEN)
    assert len(alone.anchors) == 1
    assert len(trust_store((tmp_path,), THEN).anchors) > 300

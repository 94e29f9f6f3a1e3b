"""Virtual chips on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from drivers.virtual.chip.personalisation import LARGEST_FILE, Personalisation
from drivers.virtual.chip.quirks import Quirks
from edge.emrtd.files import ElementaryFile
from edge.errors import SettingsError
from tests.support.emrtd.cv_authority import state
from tests.support.emrtd.specimens import (
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    pkcs8,
    rsa_key,
    speaking_cam,
    specimen,
)


def test_saved_and_loaded(tmp_path: Path) -> None:
    chip = replace(
        specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, active_auth_key=rsa_key()),
        bac=False,
        chip_auth_key_id=0,
        max_response=256,
    )
    chip.save(tmp_path / "chip")
    assert Personalisation.load(tmp_path / "chip") == chip
    assert (tmp_path / "chip" / "EF_CardAccess.bin").exists()
    assert "DG1" in repr(chip)
    assert chip.mrz_information not in repr(chip)


def test_with_trust_points(tmp_path: Path) -> None:
    roots = (state().root, state().verifier_certificate)
    chip = replace(specimen(), trust_points=roots, personalised_on=date(2024, 2, 29))
    chip.save(tmp_path)
    assert Personalisation.load(tmp_path) == chip


def test_quirks_are_kept(tmp_path: Path) -> None:
    quirks = Quirks(short_identifiers="none", largest_read=160, largest_read_status=0x6282)
    replace(specimen(), quirks=quirks).save(tmp_path)
    assert Personalisation.load(tmp_path).quirks == quirks


def test_with_the_key_of_pace_cam(tmp_path: Path) -> None:
    """On a curve that no library of ours reads from PKCS#8."""
    chip = speaking_cam(2, 14)
    chip.save(tmp_path)
    assert Personalisation.load(tmp_path) == chip


def test_without_keys(tmp_path: Path) -> None:
    specimen().save(tmp_path)
    assert Personalisation.load(tmp_path) == specimen()


@pytest.mark.parametrize(
    "settings",
    [
        b"",
        b"\xff",
        b"mrz_information = 3",
        b'mrz_information = "lower case is not read"',
        b'mrz_information = "L898902C3674081221204159"\nunknown = 1',
        b'mrz_information = "L898902C3674081221204159"\nmax_response = 100',
        b'mrz_information = "L898902C3674081221204159"\ncan = "12"',
        b'mrz_information = "L898902C3674081221204159"\n[quirks]\nno_such_quirk = true',
        b"mrz_information = ",
    ],
)
def test_broken_settings(tmp_path: Path, settings: bytes) -> None:
    (tmp_path / "chip.toml").write_bytes(settings)
    with pytest.raises(SettingsError, match=r"chip\.toml"):
        Personalisation.load(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"chip\.toml"):
        Personalisation.load(tmp_path / "absent")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("active_auth_key.der", b"no key"),
        ("chip_auth_key.der", b"\x30\x00"),
        ("pace_cam_key.der", pkcs8(rsa_key())),
        ("DG99.bin", b""),
        ("DG1.bin", bytes(LARGEST_FILE + 1)),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes) -> None:
    specimen().save(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=name):
        Personalisation.load(tmp_path)


@pytest.mark.parametrize("key", [pkcs8(rsa_key())])
def test_keys_a_chip_cannot_play(key: bytes) -> None:
    with pytest.raises(SettingsError, match="not an EC private key"):
        insert(replace(specimen(), chip_auth_key=key))


def test_a_key_on_a_curve_of_no_chip() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    with pytest.raises(SettingsError, match="not an EC private key"):
        insert(replace(specimen(), chip_auth_key=pkcs8(ec_key(ec.SECP256K1))))


def test_pace_is_offered_by_ef_card_access() -> None:
    assert specimen(pace=PACE_AES_128).offers_pace
    assert not specimen().offers_pace
    assert specimen().needs_key
    assert not replace(specimen(), bac=False).needs_key
    assert ElementaryFile.CARD_ACCESS not in specimen().files

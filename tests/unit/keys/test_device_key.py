"""The device key is made once, read by its owner only, and never replaced unasked."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from edge.contract.signature import KeyKind
from edge.errors import SettingsError
from edge.keys.device_key import DeviceKey


@pytest.mark.parametrize(("kind", "algorithm"), [("ed25519", "Ed25519"), ("p-256", "ES256")])
def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path, kind: str, algorithm: str) -> None:
    path = tmp_path / "state" / "device-key.pem"
    made = DeviceKey.load_or_make(path, KeyKind(kind))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert made.algorithm == algorithm
    assert DeviceKey.load_or_make(path).kid == made.kid
    assert [file.name for file in path.parent.iterdir()] == ["device-key.pem"]


def test_nothing_private_is_shown(tmp_path: Path) -> None:
    key = DeviceKey.make()
    private = str(key._key.as_dict(private=True)["d"])
    assert private not in repr(key)
    assert private not in str(key.public_jwk("/s"))
    assert "d" not in key.public_jwk("/s")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "device-key.pem"
    DeviceKey.load_or_make(path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="may be read by others: chmod 600"):
        DeviceKey.load(path)


def pem(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def written(
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b""
) -> bytes:
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no unencrypted PEM key"),
        (b"\xff" * 100, "no unencrypted PEM key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no unencrypted PEM"),
        (written(ec.generate_private_key(ec.SECP256R1()), b"secret"), "no unencrypted PEM key"),
        (written(ec.generate_private_key(ec.SECP384R1())), "neither an Ed25519 nor a P-256 key"),
        (written(rsa.generate_private_key(65537, 2048)), "neither an Ed25519 nor a P-256 key"),
    ],
)
def test_another_file_is_refused_and_left_alone(tmp_path: Path, content: bytes, why: str) -> None:
    path = pem(tmp_path / "device-key.pem", content)
    with pytest.raises(SettingsError, match=why):
        DeviceKey.load_or_make(path)
    assert path.read_bytes() == content


def test_a_key_made_elsewhere_is_taken(tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    assert DeviceKey.load(pem(tmp_path / "key", written(private))).algorithm == "ES256"


def test_a_place_where_no_key_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be opened"):
        DeviceKey.load_or_make(tmp_path / "file" / "device-key.pem")
    with pytest.raises(SettingsError, match="cannot be opened"):
        DeviceKey.load(tmp_path / "none")
    with pytest.raises(SettingsError, match="cannot be opened"):
        DeviceKey.load_or_make(tmp_path)


def test_a_key_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "device-key.pem"
    first = DeviceKey.load_or_make(path)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(SettingsError, match="exists"):
        DeviceKey.load_or_make(path)
    monkeypatch.undo()
    assert DeviceKey.load(path).kid == first.kid
    assert list(tmp_path.iterdir()) == [path]

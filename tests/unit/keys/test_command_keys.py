"""Which keys of a central system may sign commands, and which files are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from edge.contract.signature import VerificationKey
from edge.errors import SettingsError
from edge.keys.command_keys import command_keys
from tools.central.central_key import CentralKey, Use

SIGNING = CentralKey.make(Use.SIGN, "Ed25519")


def jwks(folder: Path, *keys: Any) -> Path:
    path = folder / "central.jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    return path


def test_without_a_file_nobody_may_command() -> None:
    assert command_keys(None) == ()


def test_keys_for_another_use_are_left_out(tmp_path: Path) -> None:
    sealing = CentralKey.make(Use.SEAL, "X25519")
    unsaid = {k: v for k, v in CentralKey.make(Use.SIGN, "P-256").public.items() if k != "use"}
    found = command_keys(jwks(tmp_path, sealing.public, SIGNING.public, unsaid))
    assert [key.kid for key in found] == [SIGNING.kid]


def test_a_key_is_called_what_its_set_calls_it(tmp_path: Path) -> None:
    public = CentralKey.make(Use.SIGN, "P-256").public
    named = public | {"kid": "hsm-1"}
    unnamed = {k: v for k, v in public.items() if k != "kid"}
    found = command_keys(jwks(tmp_path, named, unnamed))
    assert [key.kid for key in found] == ["hsm-1", public["kid"]]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (OctKey.generate_key(256).as_dict(), "neither an Ed25519 nor"),
        (RSAKey.generate_key(2048).as_dict(private=False), "neither an Ed25519 nor"),
        (ECKey.generate_key("P-384").as_dict(private=False), "neither an Ed25519 nor"),
        (
            OKPKey.generate_key("X25519").as_dict(private=False),
            "neither an Ed25519 nor",
        ),
        (OKPKey.generate_key("Ed25519").as_dict(private=True), "a private key"),
        (SIGNING.public | {"alg": "ES256"}, "`alg`"),
        (SIGNING.public | {"x": "AA"}, "not a key"),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "not a key"),
        ({"kty": "OKP", "crv": "Ed25519"}, "not a key"),
    ],
)
def test_a_signing_key_we_cannot_use_stops_the_start(
    tmp_path: Path, key: dict[str, Any], why: str
) -> None:
    path = jwks(tmp_path, SIGNING.public, key | {"use": "sig"})
    with pytest.raises(SettingsError, match=f"key 2: .*{why}"):
        command_keys(path)


def test_two_keys_of_one_name_stop_the_start(tmp_path: Path) -> None:
    other = CentralKey.make(Use.SIGN, "Ed25519").public | {"kid": SIGNING.kid}
    with pytest.raises(SettingsError, match="the same `kid`"):
        command_keys(jwks(tmp_path, SIGNING.public, other))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no JWK Set"),
        ('{"keys": {}}', "no JWK Set"),
        ('{"keys": [1]}', "no JWK Set"),
    ],
)
def test_a_file_that_is_no_set_of_keys_stops_the_start(
    tmp_path: Path, content: str, why: str
) -> None:
    path = tmp_path / "central.jwks.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=why):
        command_keys(path)


def test_a_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        command_keys(tmp_path / "missing")


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_an_ed25519_key_goes_by_its_old_name_too(name: str) -> None:
    key = VerificationKey.of_named_jwk(SIGNING.public | {"alg": name})
    assert key.uses(name)
    assert key.algorithm == "Ed25519"
    assert not key.uses("ES256")

"""What is sealed opens with the central system's private key, and with nothing else."""

from __future__ import annotations

import json
import re
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey

from edge import mrz
from edge.contract.seal import BLOCK, PATTERN, Sealer, identity
from edge.errors import SettingsError
from edge.keys.central_keys import sealer
from edge.keys.command_keys import command_keys
from tests.support.some import replaced
from tools.specimen import central_keys

TODAY = date(2026, 11, 24)
ALGORITHMS = ["ECDH-ES", "A256GCM"]
SPECIMEN = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)


def sealing_key(kind: str) -> OKPKey | ECKey:
    return OKPKey.generate_key("X25519") if kind == "X25519" else ECKey.generate_key("P-256")


def public(key: Key, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


def opened(sealed: str, key: Key) -> Any:
    plaintext = jwe.decrypt_compact(sealed, key, algorithms=ALGORITHMS).plaintext
    assert plaintext is not None
    assert len(plaintext) % BLOCK == 0
    return json.loads(plaintext)


@pytest.mark.parametrize("kind", ["X25519", "P-256"])
def test_only_the_owner_of_the_private_key_opens_it(kind: str) -> None:
    key = sealing_key(kind)
    sealing = Sealer.of_jwk(public(key))
    sealed = sealing.seal({"primary_identifier": "ERIKSSON"})
    assert re.fullmatch(PATTERN, sealed)
    assert opened(sealed, key) == {"primary_identifier": "ERIKSSON"}
    with pytest.raises((JoseError, ValueError)):
        jwe.decrypt_compact(sealed, sealing_key(kind), algorithms=ALGORITHMS)
    with pytest.raises((JoseError, ValueError)):
        jwe.decrypt_compact(sealed, type(key).import_key(public(key)), algorithms=ALGORITHMS)


def test_the_same_seals_never_to_the_same() -> None:
    sealing = Sealer.of_jwk(public(sealing_key("X25519")))
    first, second = (sealing.seal({"a": "b"}).split(".") for _ in range(2))
    assert all(one != other for one, other in zip(first, second, strict=True) if one)


@pytest.mark.parametrize(("letters", "length"), [(0, 512), (495, 512), (496, 1024), (1007, 1024)])
def test_what_is_sealed_is_json_in_utf_8_filled_up_to_512_bytes(letters: int, length: int) -> None:
    key = sealing_key("X25519")
    sealed = Sealer.of_jwk(public(key, kid="2026")).seal({"a": "Ä", "b": "x" * letters})
    found = jwe.decrypt_compact(sealed, key, algorithms=ALGORITHMS)
    text = f'{{"a":"Ä","b":"{"x" * letters}"}}'.encode()
    assert found.plaintext == text.ljust(length)
    assert found.protected == {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "kid": "2026",
        "epk": found.protected["epk"],
    }


def test_the_length_tells_no_name_apart() -> None:
    sealing = Sealer.of_jwk(public(sealing_key("X25519")))
    assert len(sealing.seal({"a": "LI"})) == len(
        sealing.seal({"a": "WOLFESCHLEGELSTEINHAUSEN" * 5})
    )


@pytest.mark.parametrize(
    ("jwk", "why"),
    [
        ({}, "neither an X25519 nor a P-256 key"),
        (public(OKPKey.generate_key("Ed25519")), "neither an X25519 nor a P-256 key"),
        (dict(OKPKey.generate_key("X25519").as_dict(private=True)), "a private key"),
        ({"kty": "OKP", "crv": "X25519", "x": "A" * 43}, "not a key that can be sealed to"),
        ({"kty": "OKP", "crv": "X25519", "x": "AAAA"}, "not a key that can be sealed to"),
        ({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, "not a key that can be sealed"),
        ({"kty": "EC", "crv": "P-256"}, "not a key that can be sealed to"),
    ],
)
def test_a_key_one_cannot_seal_to_is_refused(jwk: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Sealer.of_jwk(jwk)


def test_who_the_holder_is_in_the_words_of_the_contract() -> None:
    """The specimen of ICAO Doc 9303-4 appendix B; its personal number stays behind."""
    assert identity(mrz.parse(SPECIMEN), TODAY) == {
        "primary_identifier": "ERIKSSON",
        "secondary_identifier": "ANNA MARIA",
        "document_number": "L898902C3",
        "document_code": "P",
        "issuing_state": "UTO",
        "nationality": "UTO",
        "date_of_birth": "1974-08-12",
        "sex": "F",
        "date_of_expiry": "2012-04-15",
    }


@pytest.mark.parametrize(
    ("printed", "meant"),
    [("7408<<", "1974-08"), ("74<<<<", "1974"), ("<<<<<<", None), ("740000", None)],
)
def test_a_date_is_as_precise_as_it_is_printed(printed: str, meant: str | None) -> None:
    lines = (SPECIMEN[0], replaced(SPECIMEN[1], "740812", printed))
    assert identity(mrz.parse(lines), TODAY).get("date_of_birth") == meant


def test_a_sex_that_is_not_stated_is_left_out() -> None:
    lines = (SPECIMEN[0], replaced(SPECIMEN[1], "2F1204", "2<1204"))
    assert "sex" not in identity(mrz.parse(lines), TODAY)


def test_a_sex_that_only_a_visual_zone_should_have_is_sealed_as_it_was_read() -> None:
    """Doc 9303-4 has X for the visual zone and `<` for the MRZ; some print X in both."""
    lines = (SPECIMEN[0], replaced(SPECIMEN[1], "2F1204", "2X1204"))
    assert identity(mrz.parse(lines), TODAY)["sex"] == "X"


# The central system's JWK Set


def jwks(path: Path, *keys: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"keys": keys}), encoding="utf-8")
    return path


def test_without_a_key_nothing_is_sealed(tmp_path: Path) -> None:
    assert sealer(None) is None
    signing = public(OKPKey.generate_key("Ed25519"), use="sig")
    assert sealer(jwks(tmp_path / "keys", signing)) is None


def test_the_first_key_for_encryption_seals(tmp_path: Path) -> None:
    new, old = sealing_key("X25519"), sealing_key("P-256")
    path = jwks(
        tmp_path / "keys",
        public(OKPKey.generate_key("Ed25519"), use="sig"),
        public(new, use="enc", kid="2027"),
        public(old, use="enc", kid="2026"),
    )
    found = sealer(path)
    assert found is not None
    assert found.kid == "2027"
    assert opened(found.seal({"a": 1}), new) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b"[]", "no JWK Set"),
        (b'{"keys": [7]}', "no JWK Set"),
        (b'{"keys": [{"kty": "OKP", "use": "enc"}]}', "key 1: neither an X25519"),
    ],
)
def test_a_set_one_cannot_seal_to_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=why):
        sealer(path)


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        sealer(tmp_path / "none")


# Keys for training


def test_keys_for_training_are_made_and_kept(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, kept in ((one, tmp_path), (two, one)):
        folder.mkdir()
        central_keys.establish(folder, kept)
    for name in (central_keys.OPENS, central_keys.SIGNS):
        assert stat.S_IMODE((two / name).stat().st_mode) == 0o600
        assert (two / name).read_bytes() == (one / name).read_bytes()
    found = sealer(two / central_keys.PUBLIC)
    assert found is not None
    (private,) = json.loads((two / central_keys.OPENS).read_bytes())["keys"]
    secret = OKPKey.import_key(private)
    assert opened(found.seal({"a": 1}), secret) == {"a": 1}
    assert len(command_keys(two / central_keys.PUBLIC)) == 1
    assert b'"d"' not in (two / central_keys.PUBLIC).read_bytes()


def test_keys_of_which_one_is_missing_are_made_anew(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    central_keys.establish(one, tmp_path)
    (one / central_keys.OPENS).unlink()
    central_keys.establish(two, one)
    assert (two / central_keys.PUBLIC).read_bytes() != (one / central_keys.PUBLIC).read_bytes()

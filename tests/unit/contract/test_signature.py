"""Which keys are taken, and what each of them vouches for."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from edge.contract.base64url import decode, encode
from edge.contract.canonical import canonical
from edge.contract.signature import KeyKind, VerificationKey, VerificationKeys, header_of
from edge.keys.device_key import DeviceKey

GATE = "/egate/v1/site/lane-1"
KINDS = pytest.mark.parametrize("kind", KeyKind)

# RFC 8037 appendix A: an Ed25519 key, its thumbprint, and a JWS by it.
RFC_8037_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC_8037_KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
RFC_8037_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def test_the_name_of_a_key_is_its_thumbprint() -> None:
    """RFC 8037 appendix A.3."""
    assert VerificationKey.of_jwk(RFC_8037_KEY).kid == RFC_8037_KID


@KINDS
def test_the_header_is_the_canonical_one(kind: KeyKind) -> None:
    key = DeviceKey.make(kind)
    header, _, _ = key.sign(b"x").partition("..")
    assert header == header_of(key.algorithm, key.kid)


@KINDS
def test_a_key_vouches_for_what_it_signed(kind: KeyKind) -> None:
    key = DeviceKey.make(kind)
    public = VerificationKey.of_jwk(key.public_jwk(GATE))
    assert public.source == GATE
    signed = key.sign(b"payload")
    assert public.verifies_detached(b"payload", signed)
    assert not public.verifies_detached(b"another", signed)
    assert not public.verifies_detached(b"payload", signed[:-1])
    assert not public.verifies_detached(b"payload", "")
    stranger = VerificationKey.of_jwk(DeviceKey.make(kind).public_jwk(GATE))
    assert not stranger.verifies_detached(b"payload", signed)


def test_a_key_verifies_a_whole_token() -> None:
    """RFC 8037 appendix A.4."""
    key = VerificationKey.of_jwk(RFC_8037_KEY)
    content, _, signature = RFC_8037_JWS.rpartition(".")
    assert key.verifies(content.encode(), decode(signature))
    assert not key.verifies(content.encode() + b"A", decode(signature))
    assert not key.verifies(content.encode(), decode(signature)[1:])
    assert not key.verifies(content.encode(), b"")


def test_a_key_may_go_by_the_older_name_of_its_algorithm_and_by_no_other() -> None:
    """RFC 9864 gives Ed25519 the name; RFC 8037 called it EdDSA."""
    key = VerificationKey.of_jwk(RFC_8037_KEY | {"alg": "EdDSA"})
    assert key.algorithm == "Ed25519"
    assert [name for name in ("Ed25519", "EdDSA", "ES256", "none", "") if key.uses(name)] == [
        "Ed25519",
        "EdDSA",
    ]
    other = VerificationKey.of_jwk(ec("P-256"))
    assert [name for name in ("Ed25519", "EdDSA", "ES256", "none") if other.uses(name)] == ["ES256"]


def test_a_set_may_give_a_key_a_name_where_names_are_free() -> None:
    named = VerificationKey.of_named_jwk(RFC_8037_KEY | {"kid": "hsm-1"})
    assert named.kid == "hsm-1"
    assert named.header == header_of("Ed25519", "hsm-1")
    assert VerificationKey.of_named_jwk(RFC_8037_KEY).kid == RFC_8037_KID


@KINDS
def test_bytes_that_are_no_signature_vouch_for_nothing(kind: KeyKind) -> None:
    """Such as r and s of zero, which bad ECDSA takes for good (CVE-2022-21449)."""
    key = DeviceKey.make(kind)
    public = VerificationKey.of_jwk(key.public_jwk(GATE))
    for text in ("A" * 86, "_" * 85 + "w", "A" * 85 + "B"):
        assert public.verifies_detached(b"payload", f"{public.header}..{text}") is False
    assert public.verifies_detached(b"payload", f"x..{'A' * 86}") is False
    assert public.verifies(b"payload", b"") is False


def ec(curve: str) -> dict[str, Any]:
    return dict(ECKey.generate_key(curve).as_dict(private=False))


@pytest.mark.parametrize(
    ("jwk", "why"),
    [
        ({}, "neither an Ed25519 nor a P-256 key"),
        (ec("P-384"), "neither an Ed25519 nor a P-256 key"),
        (dict(OctKey.generate_key().as_dict()), "neither an Ed25519 nor a P-256 key"),
        (OKPKey.generate_key("X25519").as_dict(private=False), "neither an Ed25519 nor"),
        (dict(ECKey.generate_key("P-256").as_dict(private=True)), "a private key"),
        (ec("P-256") | {"y": ec("P-256")["y"]}, "not a key"),
        (RFC_8037_KEY | {"x": 5}, "not a key"),
        (RFC_8037_KEY | {"x": "AAAA"}, "not a key"),
        ({"kty": "OKP", "crv": "Ed25519"}, "not a key"),
        ({"kty": ["OKP"], "crv": {}}, "neither an Ed25519 nor a P-256 key"),
        (RFC_8037_KEY | {"kid": "mine"}, "a `kid` that is not the key's thumbprint"),
        (RFC_8037_KEY | {"alg": "HS256"}, "an `alg` that is not the key's"),
        (RFC_8037_KEY | {"source": 7}, "a `source` that is no text"),
    ],
)
def test_another_kind_of_key_is_refused(jwk: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        VerificationKey.of_jwk(jwk)


def test_a_set_takes_the_keys_for_signatures() -> None:
    device = DeviceKey.make()
    sealing = dict(OKPKey.generate_key("X25519").as_dict(private=False)) | {"use": "enc"}
    keys = VerificationKeys.of_jwks({"keys": [device.public_jwk(GATE), sealing], "version": "1"})
    assert [key.kid for key in keys] == [device.kid]
    assert len(keys) == 1
    found = keys.signer_of(device.sign(b""))
    assert found is not None
    assert found.kid == device.kid
    assert keys.signer_of(DeviceKey.make().sign(b"")) is None


def test_a_key_that_names_no_use_is_for_signatures() -> None:
    assert len(VerificationKeys.of_jwks({"keys": [RFC_8037_KEY]})) == 1


def test_the_kinds_of_keys_stay_what_they_are_called() -> None:
    """Settings name them."""
    assert [kind.value for kind in KeyKind] == ["ed25519", "p-256"]


@pytest.mark.parametrize(
    "content",
    [None, [], {}, {"keys": {}}, {"keys": [1]}, {"keys": [RFC_8037_KEY, 1]}, {"keys": "x"}],
)
def test_what_is_no_set_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match="not a JWK Set"):
        VerificationKeys.of_jwks(content)


def test_a_key_that_its_set_keeps_from_verifying_vouches_for_nothing() -> None:
    """RFC 7517 §4.3."""
    content, _, signature = RFC_8037_JWS.rpartition(".")
    key = VerificationKey.of_jwk(RFC_8037_KEY | {"key_ops": ["encrypt"]})
    assert not key.verifies(content.encode(), decode(signature))


def test_only_the_header_of_the_key_is_taken_and_only_in_one_spelling() -> None:
    """Even when the key itself has signed under another header."""
    private = OKPKey.generate_key("Ed25519")
    key = VerificationKey.of_jwk(private.as_dict(private=False))
    payload, algorithm = b"an event", jws.JWSRegistry.algorithms[key.algorithm]

    def signed(header: str) -> str:
        content = f"{header}.{encode(payload)}".encode("ascii")
        return f"{header}..{encode(algorithm.sign(content, private))}"

    own = signed(key.header)
    other = signed(encode(canonical({"alg": key.algorithm, "kid": key.kid, "typ": "JWT"})))
    assert key.verifies_detached(payload, own)
    assert key.verifies(
        f"{key.header}.{encode(payload)}".encode("ascii"), decode(own.split(".")[2])
    )
    for wrong in (other, f"{own}==", f"{own}\n", f"{own}A", own[:-1], own.replace("..", ".")):
        assert not key.verifies_detached(payload, wrong)

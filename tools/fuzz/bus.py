"""What arrives over the broker, at the gate and at the central side, as functions of bytes.

Commands and events beyond their signature are reached by signing what the fuzzer thinks of.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.contract import sync
from edge.contract.base64url import encode
from edge.contract.canonical import canonical, parse
from edge.contract.chain import ChainVerifier
from edge.contract.signature import VerificationKey, VerificationKeys, header_of
from edge.contract.sync import Acknowledgement, Replay
from edge.contract.verification import Finding, Genuine, verify_event, verify_head
from edge.contract.verified_command import TYPE, Refusal, VerifiedCommand, Verifier
from tools.central.admission import Admitted, admit
from tools.central.introduction import Introduction, read_info
from tools.central.records import Refusal as Refused

SOURCE: Final = "/egate/v1/training/lane-1"
NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
_PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
"""The same in every run, so that what was found stays found."""
_X: Final = encode(_PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
_JWK: Final = {"kty": "OKP", "crv": "Ed25519", "x": _X}
_KEY: Final = VerificationKey.of_jwk(_JWK)
_KEYS: Final = VerificationKeys([_KEY])
_VERIFIER: Final = Verifier([_KEY], SOURCE, lambda _: True, lambda _: None)


def acknowledgement(data: bytes) -> Acknowledgement | Replay | None:
    """`sync/ack`."""
    return _order("ack", data)


def replay(data: bytes) -> Acknowledgement | Replay | None:
    """`sync/replay`."""
    return _order("replay", data)


def command(data: bytes) -> VerifiedCommand | Refusal:
    """`cmd/release` as it arrives."""
    return _VERIFIER.examine("release", data, retained=False, now=NOW)


def claims(data: bytes) -> VerifiedCommand | Refusal:
    """What a rightly signed command says."""
    header = encode(canonical({"alg": "Ed25519", "kid": _KEY.kid, "typ": TYPE}))
    return command(_signed(f"{header}.{encode(data)}").encode())


def events(data: bytes) -> list[Finding]:
    """A file of events, one a line."""
    verifier = ChainVerifier(_KEYS)
    return [f for line in data.split(b"\n") for f in verifier.take(line)] + verifier.end()


def event(data: bytes) -> Genuine | Finding:
    """One event, rightly signed whatever it says, and twice the same."""
    found = verify_event(_resigned(data), _KEYS)
    again = verify_event(_resigned(data), _KEYS)
    if found != again:
        raise AssertionError("two verdicts on one event")
    return found


def arrival(data: bytes) -> Admitted | Refused:
    """What arrives at the central side: a topic, a line's end, an event."""
    topic, _, body = data.partition(b"\n")
    return admit(topic.decode("latin-1"), _resigned(body), lambda _: _KEYS)


def introduction(data: bytes) -> Introduction | None:
    """`info`, at the central side."""
    with contextlib.suppress(ValueError):
        return read_info(SOURCE, data)
    return None


def head(data: bytes) -> object:
    """The head in a `health`, rightly signed whatever it says."""
    with contextlib.suppress(ValueError):
        return verify_head(parse(_resigned(data)), _KEYS)
    return None


def _order(name: str, data: bytes) -> Acknowledgement | Replay | None:
    with contextlib.suppress(ValueError):
        return sync.read(name, data, retained=False)
    return None


def _signed(content: str) -> str:
    return f"{content}.{encode(_PRIVATE.sign(content.encode('ascii')))}"


def _resigned(data: bytes) -> bytes:
    """An object with a signature of ours; anything else as it is."""
    try:
        content = parse(data)
    except ValueError:
        return data
    content.pop("signature", None)
    payload = encode(canonical(content))
    header = header_of("Ed25519", _KEY.kid)
    value = _signed(f"{header}.{payload}").rpartition(".")[2]
    return canonical(content | {"signature": f"{header}..{value}"})

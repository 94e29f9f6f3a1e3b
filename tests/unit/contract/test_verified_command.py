"""A command is proven exactly within its limits: of size, of time, of name (RFC 7515, RFC 8725)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from edge.contract.base64url import encode
from edge.contract.commands import (
    ORDERS,
    Claims,
    Code,
    Command,
    CommandName,
    Diagnose,
    LeaveService,
    Reboot,
    RecordOutcome,
    Release,
    Reload,
    Reloaded,
    Reset,
    ResumeService,
    SecondLine,
)
from edge.contract.signature import VerificationKey
from edge.contract.verified_command import Refusal, VerifiedCommand, Verifier

GATE = "/egate/v1/site/lane-1"
ID = "0e9b1c52-0000-4000-8000-000000000000"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_S = int(NOON.timestamp())
PRIVATE = OKPKey.generate_key("Ed25519")
KID = "k" * 128
TRANSACTION = "0" * 32
ORDER_OF: dict[str, Command] = {
    "out-of-service": LeaveService(),
    "in-service": ResumeService(),
    "release": Release(transaction=TRANSACTION, officer="K-4711"),
    "outcome": RecordOutcome(
        transaction=TRANSACTION, officer="K-4711", outcome=SecondLine.ADMITTED
    ),
    "reset": Reset(officer="K-4711"),
    "reload": Reload(what=Reloaded.TRUST),
    "diagnostics": Diagnose(),
    "reboot": Reboot(),
}


@dataclass
class Gate:
    """A gate that knows one key, by several names."""

    plausible: bool = True
    passed: list[datetime] = field(default_factory=list)

    def examine(
        self, token: bytes, name: str = "reset", *, retained: bool = False, now: datetime = NOON
    ) -> VerifiedCommand | Refusal:
        public = PRIVATE.as_dict(private=False)
        keys = [
            VerificationKey.of_named_jwk({**public, "kid": kid})
            for kid in (KID, "k", "k" * 129, "")
        ]
        verifier = Verifier(keys, GATE, lambda _: self.plausible, self.passed.append)
        return verifier.examine(name, token, retained=retained, now=now)


def token(
    head: Mapping[str, Any] | None = None, spaces: tuple[int, int] = (0, 0), **claims: Any
) -> bytes:
    """A rightly signed `reset` of now, changed; with spaces behind its header and its claims."""
    header = {"alg": "Ed25519", "kid": KID, "typ": "egate-command+jwt", **(head or {})}
    said = {
        "id": ID,
        "aud": GATE,
        "name": "reset",
        "iat": NOW_S,
        "exp": NOW_S + 60,
        "args": {"officer": "K-4711"},
    } | claims
    parts = [
        encode(json.dumps(part).encode() + b" " * more)
        for part, more in zip((header, said), spaces, strict=True)
    ]
    signed = ".".join(parts)
    algorithm = jws.JWSRegistry.algorithms["Ed25519"]
    return f"{signed}.{encode(algorithm.sign(signed.encode(), PRIVATE))}".encode()


def code_of(found: VerifiedCommand | Refusal) -> Code | None:
    return found.code if isinstance(found, Refusal) else None


def test_what_is_proven_is_told_whole() -> None:
    gate = Gate()
    found = gate.examine(token())
    assert found == VerifiedCommand(
        ID,
        CommandName.RESET,
        Reset(officer="K-4711"),
        KID,
        NOON,
        NOON + timedelta(seconds=60),
    )
    # The sender's clock may be 30 s ahead: so much later it is at least.
    assert gate.passed == [NOON - timedelta(seconds=30)]


@pytest.mark.parametrize("name", ORDER_OF)
def test_each_name_orders_its_own(name: str) -> None:
    order = ORDER_OF[name]
    found = Gate().examine(token(name=name, args=order.model_dump(mode="json")), name)
    assert isinstance(found, VerifiedCommand)
    assert (found.name.value, found.command) == (name, order)
    assert ORDERS.keys() == set(ORDER_OF)


def test_an_order_is_read_strictly() -> None:
    """Nothing is turned into what it might have been meant to be."""
    said = {"transaction": TRANSACTION, "officer": b"K-4711"}
    claims = Claims(id=ID, aud=GATE, name="release", iat=0, exp=1, args=said)
    with pytest.raises(ValueError, match="officer"):
        claims.command()


@pytest.mark.parametrize(("length", "code"), [(4096, None), (4097, Code.UNAUTHENTICATED)])
def test_a_token_has_4096_bytes_at_most(length: int, code: Code | None) -> None:
    most = length - len(token())
    tokens = (token(spaces=(few, most * 3 // 4 - few + at)) for few in range(3) for at in range(3))
    sent = next(each for each in tokens if len(each) == length)
    assert code_of(Gate().examine(sent)) is code


@pytest.mark.parametrize(
    ("kid", "code"),
    [
        ("k", None),
        ("k" * 128, None),
        ("k" * 129, Code.UNAUTHENTICATED),
        ("", Code.UNAUTHENTICATED),
        ("stranger", Code.UNAUTHENTICATED),
    ],
)
def test_the_name_of_a_key_has_1_to_128_characters(kid: str, code: Code | None) -> None:
    assert code_of(Gate().examine(token({"kid": kid}))) is code


@pytest.mark.parametrize(
    ("issued", "expires", "code"),
    [
        (0, 1, None),
        (0, 0, Code.VALID_TOO_LONG),
        (1, 0, Code.VALID_TOO_LONG),
        (0, 300, None),
        (0, 301, Code.VALID_TOO_LONG),
        (-60, 1, None),
        (-60, 0, Code.EXPIRED),
        (30, 90, None),
        (31, 90, Code.NOT_YET_VALID),
    ],
)
def test_a_command_lives_within_its_limits(issued: int, expires: int, code: Code | None) -> None:
    """300 s at most; to the second of its expiry; from 30 s ahead of this clock."""
    sent = token(iat=NOW_S + issued, exp=NOW_S + expires)
    assert code_of(Gate().examine(sent)) is code


@pytest.mark.parametrize(
    ("refused", "proven", "words"),
    [
        (Gate().examine(b"x"), False, "no signed token"),
        (Gate().examine(token({"typ": "JWT"})), False, "a header that is not a command's"),
        (
            Gate().examine(token({"kid": "other"})),
            False,
            "an unknown key, or not its algorithm",
        ),
        (
            Gate().examine(token({"alg": "ES256"})),
            False,
            "an unknown key, or not its algorithm",
        ),
        (Gate().examine(token()[:-86] + b"A" * 86), False, "a wrong signature"),
        (Gate().examine(token(aud="/other")), True, "meant for another gate"),
        (Gate().examine(token(), "reboot"), True, "on the topic of another command"),
        (Gate().examine(token(), retained=True), True, "retained"),
        (Gate(plausible=False).examine(token()), True, "while the clock is not trusted"),
        (Gate().examine(token(exp=NOW_S + 999)), True, "valid for too long"),
        (Gate().examine(token(iat=NOW_S - 99, exp=NOW_S - 9)), True, "expired"),
        (Gate().examine(token(iat=NOW_S + 99, exp=NOW_S + 199)), True, "from the future"),
        (Gate().examine(token(name="dance"), "dance"), True, "an unknown command"),
        (Gate().examine(token(args={})), True, "arguments that are not the command's"),
    ],
)
def test_a_refusal_says_why_and_whether_the_sender_may_know(
    refused: Refusal, proven: bool, words: str
) -> None:
    assert (refused.proven, refused.finding) == (proven, words)
    assert refused.id == (ID if proven else None)


def test_claims_that_are_none_are_rightly_signed_all_the_same() -> None:
    """Their id is not to be believed; the sender may know the code."""
    refused = Gate().examine(token(id="none"))
    assert refused == Refusal(Code.MALFORMED, "claims that are not those of a command")
    assert isinstance(refused, Refusal)
    assert refused.proven is True


def test_nothing_is_learnt_from_what_is_refused() -> None:
    gate = Gate()
    for sent in (token(aud="/other"), token(exp=NOW_S + 999), token(args={}), b"x"):
        gate.examine(sent)
    assert gate.passed == []

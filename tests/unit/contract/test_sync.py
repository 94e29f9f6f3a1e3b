"""The orders on `sync/` that are read, and why others are refused."""

from __future__ import annotations

import pytest

from edge.contract.sync import Acknowledgement, Replay, read

JOURNAL = "01234567-89ab-cdef-0123-456789abcdef"


def test_an_acknowledgement_is_read() -> None:
    body = f'{{"sequence": 41, "journal": "{JOURNAL}", "hash": "{"ab" * 32}"}}'.encode()
    said = Acknowledgement(sequence=41, journal=JOURNAL, hash="ab" * 32)
    assert read("ack", body, retained=False) == said


def test_a_replay_is_read() -> None:
    body = b'{"from": 7, "to": 12}'
    assert read("replay", body, retained=False) == Replay.between(7, 12)
    assert read("replay", body.ljust(4096), retained=False) == Replay.between(7, 12)


def test_sequences_have_twenty_digits_at_most() -> None:
    last = 10**20 - 1
    assert read("replay", b'{"from": 1, "to": %d}' % last, retained=False) == Replay.between(
        1, last
    )
    with pytest.raises(ValueError, match="`to`"):
        read("replay", b'{"from": 1, "to": %d}' % (last + 1), retained=False)


@pytest.mark.parametrize(
    ("name", "payload", "retained", "why"),
    [
        ("replay", b'{"from": 7, "to": 12}', True, "retained"),
        ("replay", b'{"from": 7, "to": 12}'.ljust(4097), False, "too large"),
        ("again", b"{}", False, "no such order"),
        ("replay", b"{", False, "not JSON"),
        ("replay", b'{"from": 0, "to": 12}', False, "`from` is not as the contract says"),
    ],
)
def test_what_is_refused(name: str, payload: bytes, retained: bool, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(name, payload, retained=retained)

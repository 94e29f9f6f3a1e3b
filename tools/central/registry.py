"""Which keys count for which gate, as the store has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.contract.signature import VerificationKey, VerificationKeys
from tools.central.records import DeviceKey

REFRESH_S = 30.0
MISSED_S = 1.0
STRANGERS_LIMIT = 10_000
"""Names without keys that are remembered: anybody can invent some."""


def key_of(source: str, jwk: object) -> DeviceKey:
    """A key as a gate shows it, or a file has it, for one gate.

    Raises:
        ValueError: it is no public key of ours, or of another gate.
    """
    if not isinstance(jwk, dict):
        raise ValueError("not a JWK")  # noqa: TRY004  # one kind of refusal
    found = VerificationKey.of_jwk(jwk)
    if found.source not in (None, source):
        raise ValueError("the key of another gate")
    public = {name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}
    return DeviceKey(source, found.kid, public)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read, and when."""

    read_s: float
    keys: VerificationKeys | None


class Registry:
    """The keys of gates, each read when it is asked for; used from one thread.

    A gate that was enrolled is known after `MISSED_S`, a key that was revoked counts no more after
    `REFRESH_S`.
    """

    def __init__(self, read: Callable[[str], Iterable[DeviceKey]]) -> None:
        self._read = read
        self._gates: dict[str, _Known] = {}
        self._strangers: dict[str, _Known] = {}

    def of(self, source: str) -> VerificationKeys | None:
        """The keys of a gate; None when it has none."""
        now_s = time.monotonic()
        found = self._gates.get(source)
        if found is not None and now_s - found.read_s < REFRESH_S:
            return found.keys
        found = self._strangers.get(source)
        if found is not None and now_s - found.read_s < MISSED_S:
            return None
        return self._look_up(source, now_s)

    def _look_up(self, source: str, now_s: float) -> VerificationKeys | None:
        keys = [VerificationKey.of_jwk({**k.jwk, "source": source}) for k in self._read(source)]
        if keys:
            self._gates[source] = _Known(now_s, VerificationKeys(keys))
            return self._gates[source].keys
        self._gates.pop(source, None)
        if len(self._strangers) >= STRANGERS_LIMIT:
            self._strangers.clear()
        self._strangers[source] = _Known(now_s, None)
        return None

"""Which keys count for which gate: read from the store now and then, and when one is missed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import structlog

from edge.signature import VerificationKey, VerificationKeys
from tools.central.records import DeviceKey

REFRESH_S = 30.0
"""After so long a revoked key counts no more."""
MISSED_S = 1.0
"""How often, at most, strangers make us look again."""

log = structlog.get_logger()


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


class Registry:
    """The keys of every gate; used from one thread."""

    def __init__(self, read: Callable[[], Iterable[DeviceKey]]) -> None:
        self._read = read
        self._keys: dict[str, VerificationKeys] = {}
        self._read_s = float("-inf")

    def refresh(self) -> None:
        """Read the keys when it is time."""
        if time.monotonic() - self._read_s > REFRESH_S:
            self._load()

    def of(self, source: str) -> VerificationKeys | None:
        """The keys of a gate; a gate that is not known may have been enrolled this moment."""
        if source not in self._keys and time.monotonic() - self._read_s > MISSED_S:
            self._load()
        return self._keys.get(source)

    def _load(self) -> None:
        by_source: dict[str, list[VerificationKey]] = {}
        for key in self._read():
            found = VerificationKey.of_jwk({**key.jwk, "source": key.source})
            by_source.setdefault(key.source, []).append(found)
        self._keys = {source: VerificationKeys(keys) for source, keys in by_source.items()}
        self._read_s = time.monotonic()

"""Warns before a certificate ends: the gate's own, the broker's authority, a state's CSCA."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509

from edge.contract.payloads import CertificateExpiring, Certified
from edge.files.reading import read_bounded
from edge.settings.delivery import Tls
from edge.trust import TrustStore

LOOK_EVERY_S = 3600.0
STAGES = (timedelta(0), timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""It warns once at each of these times before the end."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CertificateWatch:
    """Looks at the present files and anchors, because they may be renewed at any time."""

    tls: Tls | None
    anchors: Callable[[], TrustStore]
    warn: Callable[[CertificateExpiring], None]
    clock: Callable[[], datetime]
    is_plausible: Callable[[datetime], bool]
    """Whether the clock can be right: for a wrong clock every certificate has ended, or none."""
    _warned: dict[tuple[Certified, str, datetime], timedelta] = field(default_factory=dict)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Look once."""
        now = self.clock()
        if not self.is_plausible(now):
            return
        for which, country, expires in self._ends(now):
            stage = next((stage for stage in STAGES if expires - now <= stage), None)
            key = which, country, expires
            if stage is not None and self._warned.get(key) != stage:
                self._warned[key] = stage
                _log_end(which, country, expires, expires - now)
                self.warn(CertificateExpiring(certificate=which, country=country, expires=expires))

    def _ends(self, now: datetime) -> Iterator[tuple[Certified, str, datetime]]:
        """The end of each certificate; of several that replace each other, the last end."""
        if self.tls is not None:
            for which, path in (
                (Certified.GATE, self.tls.certificate),
                (Certified.BROKER_AUTHORITY, self.tls.ca),
            ):
                expires = None if path is None else _end_of(path, which)
                if expires is not None:
                    yield which, "", expires
        states: dict[str, datetime] = {}
        for anchor in self.anchors().anchors:
            states[anchor.country] = max(anchor.not_after, states.get(anchor.country, now))
        for country, expires in sorted(states.items()):
            if expires > now:  # old anchors stay for old documents, and need no warning
                yield Certified.CSCA, country, expires


def _log_end(which: Certified, country: str, expires: datetime, left: timedelta) -> None:
    end = expires.isoformat()
    if left > timedelta(0):
        log.warning(
            "certificate_expiry_approached", certificate=which.value, country=country, expires=end
        )
    else:
        log.warning("certificate_expired", certificate=which.value, country=country, expires=end)


def _end_of(path: Path, which: Certified) -> datetime | None:
    """The end of a certificate file: of the first in the gate's chain, of the last authority."""
    try:
        found = x509.load_pem_x509_certificates(read_bounded(path))
    except (OSError, ValueError) as error:  # perhaps half renewed: the next look decides
        log.warning("certificate_read_failed", certificate=which.value, error=type(error).__name__)
        return None
    ends = [each.not_valid_after_utc for each in found]
    return ends[0] if which is Certified.GATE else max(ends)

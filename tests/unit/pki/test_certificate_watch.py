"""A certificate that ends is told in time, and not every hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from structlog.testing import capture_logs

from edge.contract.payloads import CertificateExpiring, Certified
from edge.pki.certificate_watch import CertificateWatch
from edge.settings.delivery import Tls
from edge.trust import TrustStore
from tests.support.tls_authority import Authority
from tests.support.trust.specimens import NOW, authority, foreign, trusting

DAY = timedelta(days=1)
NOBODY = TrustStore(())


class Watched:
    """A watch whose clock a test sets, and what it told."""

    def __init__(self, tls: Tls | None, store: TrustStore = NOBODY) -> None:
        self.now = datetime(2026, 11, 25, tzinfo=UTC)
        self.store = store
        self._told: list[CertificateExpiring] = []
        self._watch = CertificateWatch(
            tls,
            lambda: self.store,
            self._told.append,
            lambda: self.now,
            lambda moment: moment.year > 2000,
        )

    def told(self, at: datetime) -> list[tuple[Certified, str]]:
        """What is told when it looks at a moment."""
        self.now = at
        self._told.clear()
        self._watch.look()
        return [(found.certificate, found.country) for found in self._told]


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Authority(tmp_path).issue("site/lane")


def end_of(path: Path | None) -> datetime:
    assert path is not None
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def test_it_is_told_thirty_seven_and_one_day_before_and_when_it_has_ended(tls: Tls) -> None:
    watched, end = Watched(tls), end_of(tls.certificate)
    both = [(Certified.GATE, ""), (Certified.BROKER_AUTHORITY, "")]
    assert watched.told(end - 31 * DAY) == []
    for left in (30 * DAY, 7 * DAY, DAY, 0 * DAY):
        assert watched.told(end - left + DAY / 48) == both
        assert watched.told(end - left + DAY / 24) == [], "once is enough"


def test_the_log_says_which_certificate_ends_and_when(tls: Tls) -> None:
    watched, end = Watched(tls), end_of(tls.certificate)
    with capture_logs() as said:
        watched.told(end - DAY)
        watched.told(end)
    facts = {"country": "", "expires": end.isoformat(), "log_level": "warning"}
    assert [line for line in said if line["certificate"] == Certified.GATE] == [
        {"event": "certificate_expiry_approached", "certificate": "gate", **facts},
        {"event": "certificate_expired", "certificate": "gate", **facts},
    ]


def test_who_was_away_at_each_of_these_is_told_once(tls: Tls) -> None:
    watched, end = Watched(tls), end_of(tls.certificate)
    assert len(watched.told(end + DAY)) == 2
    assert watched.told(end + 2 * DAY) == []


def test_a_renewed_certificate_is_looked_at(tmp_path: Path) -> None:
    issuer = Authority(tmp_path)
    tls = issuer.issue("site/lane", valid=20 * DAY)
    watched, end = (
        Watched(tls.model_copy(update={"ca": tmp_path / "none"})),
        end_of(tls.certificate),
    )
    assert watched.told(end - 10 * DAY) == [(Certified.GATE, "")]
    issuer.issue("site/lane", valid=20 * DAY + 60 * DAY)
    assert watched.told(end - DAY / 2) == []
    assert watched.told(end + 31 * DAY) == [(Certified.GATE, "")]


@pytest.mark.parametrize(
    "spoil", [Path.unlink, lambda path: path.write_bytes(b"half")], ids=["missing", "half-written"]
)
def test_a_file_that_is_being_renewed_is_looked_at_later(
    tls: Tls, spoil: Callable[[Path], object]
) -> None:
    watched, end = Watched(tls), end_of(tls.ca)
    assert tls.certificate is not None
    whole = tls.certificate.read_bytes()
    spoil(tls.certificate)
    assert watched.told(end - DAY / 2) == [(Certified.BROKER_AUTHORITY, "")]
    tls.certificate.write_bytes(whole)
    assert watched.told(end - DAY / 2) == [(Certified.GATE, "")]


def test_a_clock_that_cannot_be_right_tells_nothing(tls: Tls) -> None:
    assert Watched(tls).told(datetime(1970, 1, 1, tzinfo=UTC)) == []


def test_a_gate_without_tls_has_nothing_that_ends() -> None:
    assert Watched(None).told(NOW) == []


def test_the_last_anchor_of_a_state_is_told_and_old_ones_are_not() -> None:
    store = trusting(authority(), foreign())
    country = store.anchors[0].country
    end = max(anchor.not_after for anchor in store.anchors)
    watched = Watched(None, store)
    assert watched.told(end - 31 * DAY) == []
    assert watched.told(end - 10 * DAY) == [(Certified.CSCA, country)]
    assert watched.told(end + DAY) == []

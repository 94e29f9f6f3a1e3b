"""What is to be sent next: new events, those asked for again, and everything after a new start.

Pure bookkeeping over `edge.journal.outbox.Outbox`; belongs to the publisher's thread, but for
`notify`.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from edge.errors import DamagedJournal, DeliveryError
from edge.journal.outbox import Outbox, Row
from edge.mqtt.stall import StallWatch

PAGE = 200
MOST_REPLAYS = 16
RESEND_AFTER_S = 15.0
LONGEST_RESEND_S = 600.0
RETRY_S = 2.0

log = structlog.get_logger()


class Replays:
    """Ranges the central system asked for again, few at a time."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._ranges: deque[tuple[int, int]] = deque()

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def ask(self, first: int, last: int) -> None:
        """Remember a range; one that is asked for already is enough."""
        covered = any(begin <= first and last <= end for begin, end in self._ranges)
        if first <= last and not covered and len(self._ranges) < MOST_REPLAYS:
            self._ranges.append((first, last))

    def page(self) -> list[Row]:
        """Take the next events of the oldest range, which stays when the outbox cannot be read.

        Raises:
            DamagedJournal, DeliveryError: as of `edge.journal.outbox.Outbox`.
        """
        first, last = self._ranges[0]
        rows = self._outbox.between(first, last, limit=PAGE)
        if len(rows) == PAGE and rows[-1].sequence < last:
            self._ranges[0] = (rows[-1].sequence + 1, last)
        else:
            self._ranges.popleft()
        return rows


class OutboxReader:
    """Reads one outbox for sending.  `clock` is monotonic: no change of the date wakes a resend.

    `damaged` gets damage that is found later; whoever reads meanwhile is told to ask again.

    Raises, on construction:
        DamagedJournal: the journal is not what was written.
        DeliveryError: it cannot be read.
    """

    def __init__(
        self,
        journal: Path,
        clock: Callable[[], float],
        damaged: Callable[[DamagedJournal], None],
    ) -> None:
        self._damaged = damaged
        self._outbox = Outbox(journal)
        self._clock = clock
        last = self._outbox.last_sequence()  # before the other: an event may be written meanwhile
        first = self._outbox.first_waiting()
        self._acknowledged = self._sent = last if first is None else first - 1
        self.watch = StallWatch(self._acknowledged, clock)
        """Knows the event that all others wait for."""
        self._highest_sent = last
        """What a daemon before this one wrote it may have sent as well."""
        self._page: deque[Row] = deque()
        self._replays = Replays(self._outbox)
        self._replay_next = False
        self._more = threading.Event()
        """There may be something in the outbox that was not read yet."""
        self._more.set()
        self._progress_s = clock()
        self._resend_s = RESEND_AFTER_S
        self._retry_s = clock()

    def close(self) -> None:
        """Close the file."""
        self._outbox.close()

    def notify(self) -> None:
        """Something new is in the outbox."""
        self._more.set()

    def start_over(self) -> None:
        """Send everything that is not acknowledged, from its beginning."""
        self._page.clear()
        self._sent = self._acknowledged
        self._more.set()
        self._progress_s = self._clock()

    def next_row(self) -> Row | None:
        """The next event to send, None while there is none.

        Raises:
            DeliveryError: the outbox cannot be read; ask again later.
        """
        if not self._page and self._clock() >= self._retry_s:
            try:
                with _telling(self._damaged):
                    self._fill()
            except DeliveryError as error:
                self._more.set()
                self._retry_s = self._clock() + RETRY_S
                log.warning("outbox_read_failed", cause=str(error))
                raise
        if not self._page:
            return None
        row = self._page.popleft()
        self._highest_sent = max(self._highest_sent, row.sequence)
        return row

    def acknowledge(self, sequence: int, digest: str) -> bool:
        """Note that everything up to the event of this hash is stored; whether that is news.

        Raises:
            ValueError: it was never sent, or is not what this journal has there.
            DeliveryError: what this journal has there cannot be read.
        """
        if sequence > self._highest_sent:
            raise ValueError("acknowledges what was never sent")
        is_news = sequence > self._acknowledged
        with _telling(self._damaged):
            found = self._outbox.hash_of(sequence)
        if found != digest and (is_news or found is not None):
            raise ValueError("acknowledges another event than this journal has there")
        if not is_news:
            return False
        self._acknowledged = sequence
        self.watch.acknowledged(sequence)
        self._progress_s, self._resend_s = self._clock(), RESEND_AFTER_S
        return True

    def replay(self, first: int, last: int) -> None:
        """Send a range again, as far as it was sent before; what is asked for already is enough."""
        self.watch.requested(first, last)
        self._replays.ask(first, min(last, self._highest_sent))

    def resend_when_unheard(self) -> None:
        """Start over, after longer and longer pauses, while the central system stays silent."""
        if self._sent <= self._acknowledged or self._page:
            self._progress_s = self._clock()
        elif self._clock() - self._progress_s > self._resend_s:
            self._resend_s = min(self._resend_s * 2, LONGEST_RESEND_S)
            self.start_over()

    def _fill(self) -> None:
        """Take a page of what was asked for again, or of what is new: in turns."""
        while not self._page and (self._replays or self._more.is_set()):
            if self._replays and (self._replay_next or not self._more.is_set()):
                self._replay_next = False
                self._page.extend(self._replays.page())
            else:
                self._replay_next = True
                self._page.extend(self._new())

    def _new(self) -> list[Row]:
        self._more.clear()  # before reading: what is written meanwhile sets it again
        rows = self._outbox.waiting(after=max(self._sent, self._acknowledged), limit=PAGE)
        if len(rows) == PAGE:
            self._more.set()
        if rows:
            self._sent = rows[-1].sequence
        return rows


@contextlib.contextmanager
def _telling(damaged: Callable[[DamagedJournal], None]) -> Iterator[None]:
    """Tell of damage; for whoever reads here it is one more reason to ask again later."""
    try:
        yield
    except DamagedJournal as error:
        damaged(error)
        raise DeliveryError(str(error)) from error

"""Is this all of what the gate wrote, in order?  A stream of events, verified as it comes.

A chain is what one journal of one gate has written: (source, journalid), sequences from 1 without a
gap, each event carrying the hash of the one before.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from edge.events import FIRST_HASH, Erased
from edge.signature import VerificationKeys
from edge.verification import ChainId, Fault, Finding, Genuine, Head, verify_event


@dataclass(slots=True)
class _Run:
    """Events without a gap between them; `hashes` are the first 64 bits of each."""

    first: int
    previous: str
    last_hash: str
    hashes: array[int] = field(default_factory=lambda: array("Q"))

    @property
    def last(self) -> int:
        return self.first + len(self.hashes) - 1


class ChainVerifier:
    """Verifies a stream of events of any number of gates; eight bytes of memory an event.

    `take` each event as it comes, then `end` once.  Erasures that a gate has stated in its chain
    explain a front that is missing.
    """

    def __init__(self, keys: VerificationKeys | None, head: Head | None = None) -> None:
        self._keys = keys
        self._head = head
        self._place = 0
        self._runs: dict[ChainId, list[_Run]] = {}
        self._erased: dict[ChainId, int] = {}
        self.genuine = 0
        """How many different events were genuine."""

    def take(self, body: bytes) -> list[Finding]:
        """Verify the next event; what is wrong with it, or because of it."""
        self._place += 1
        found = verify_event(body, self._keys)
        if isinstance(found, Finding):
            return [self._at(found)]
        findings = list(self._placed(found))
        if found.misfit:
            findings.append(self._finding(Fault.PAYLOAD, found, f"{found.misfit} does not fit"))
        return [self._at(finding) for finding in findings]

    def end(self) -> list[Finding]:
        """What is missing, now that nothing more comes."""
        findings = []
        if not self._place and self._head is None:
            findings.append(Finding(Fault.EMPTY, "there is no event"))
        for chain, runs in self._runs.items():
            findings += list(self._missing(chain, runs))
        if self._head is not None:
            findings += list(self._compared(self._head))
        return findings

    def chains(self) -> dict[ChainId, tuple[int, int, str]]:
        """First and last sequence of each chain, and the hash of the last event."""
        return {
            chain: (runs[0].first, runs[-1].last, runs[-1].last_hash)
            for chain, runs in self._runs.items()
        }

    def _placed(self, found: Genuine) -> Iterator[Finding]:
        """Give an event its place in its chain."""
        self._note_erasure(found)
        runs = self._runs.setdefault(found.chain, [])
        at = bisect_left(runs, found.sequence, key=lambda run: run.last)
        if at < len(runs) and runs[at].first <= found.sequence:
            yield self._again(found, runs[at])
            return
        self.genuine += 1
        if at < len(runs):
            yield self._finding(Fault.REORDERED, found, "it comes after later ones")
        before = runs[at - 1] if at and runs[at - 1].last == found.sequence - 1 else None
        after = runs[at] if at < len(runs) and runs[at].first == found.sequence + 1 else None
        yield from self._links(found, before, after)
        _insert(runs, at, before, after, found)

    def _again(self, found: Genuine, run: _Run) -> Finding:
        if run.hashes[found.sequence - run.first] == _short(found.hash):
            return self._finding(Fault.DUPLICATE, found, "the same event again")
        return self._finding(Fault.FORK, found, "another event has this sequence")

    def _links(self, found: Genuine, before: _Run | None, after: _Run | None) -> Iterator[Finding]:
        previous = found.event.prevhash
        if found.sequence == 1 and previous != FIRST_HASH:
            yield self._finding(Fault.LINK, found, "the first event names one before")
        if before is not None and previous != before.last_hash:
            yield self._finding(Fault.LINK, found, "`prevhash` is not of the event before")
        if after is not None and after.previous != found.hash:
            link = self._finding(Fault.LINK, found, "`prevhash` is not of the event before")
            yield replace(link, sequence=after.first)

    def _note_erasure(self, found: Genuine) -> None:
        data = found.event.data
        if isinstance(data, Erased) and data.through < found.sequence:
            self._erased[found.chain] = max(self._erased.get(found.chain, 0), data.through)

    def _missing(self, chain: ChainId, runs: list[_Run]) -> Iterator[Finding]:
        erased = self._erased.get(chain, 0)
        if self._head is not None and self._head.chain == chain:
            erased = max(erased, self._head.first_sequence - 1)
        first = runs[0].first
        if first > erased + 1:
            yield _absent(Fault.FRONT, chain, erased + 1, first - 1)
        for run, following in pairwise(runs):
            yield _absent(Fault.GAP, chain, run.last + 1, following.first - 1)

    def _compared(self, head: Head) -> Iterator[Finding]:
        runs = self._runs.get(head.chain, [])
        last = runs[-1].last if runs else 0
        if head.sequence > last:
            yield _absent(Fault.END, head.chain, last + 1, head.sequence)
        run = next((run for run in runs if run.first <= head.sequence <= run.last), None)
        if run is not None and run.hashes[head.sequence - run.first] != _short(head.hash):
            why = "the head says another hash"
            yield Finding(Fault.HEAD, why, chain=head.chain, sequence=head.sequence)

    def _finding(self, fault: Fault, found: Genuine, detail: str) -> Finding:
        return Finding(fault, detail, chain=found.chain, sequence=found.sequence)

    def _at(self, finding: Finding) -> Finding:
        return replace(finding, place=self._place)


def _insert(
    runs: list[_Run], at: int, before: _Run | None, after: _Run | None, found: Genuine
) -> None:
    """Append to the run before, put in front of the run after, join both, or begin one."""
    if before is not None:
        before.hashes.append(_short(found.hash))
        before.last_hash = found.hash
        if after is not None:
            before.hashes.extend(after.hashes)
            before.last_hash = after.last_hash
            del runs[at]
    elif after is not None:
        after.hashes.insert(0, _short(found.hash))
        after.first, after.previous = found.sequence, found.event.prevhash
    else:
        alone = _Run(found.sequence, found.event.prevhash, found.hash)
        alone.hashes.append(_short(found.hash))
        runs.insert(at, alone)


def _absent(fault: Fault, chain: ChainId, first: int, last: int) -> Finding:
    return Finding(fault, "missing", chain=chain, sequence=first, last=last)


def _short(digest: str) -> int:
    return int(digest[:16], 16)

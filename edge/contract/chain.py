"""Is this all of what the gate wrote, in order?  A stream of events, verified as it comes.

A chain is what one journal of one gate has written: (source, journalid), sequences from 1 without a
gap, each event carrying the hash of the one before.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from edge.contract.events import FIRST_HASH
from edge.contract.payloads import Erased
from edge.contract.signature import VerificationKeys
from edge.contract.verification import ChainId, Fault, Finding, Genuine, Head, verify_event


class _Hashes:
    """The first 64 bits of each event's hash: eight bytes an event where they come in order.

    Events that come in order make up segments; whatever comes behind them lies loose.
    """

    __slots__ = ("_firsts", "_loose", "_segments")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._segments: list[array[int]] = []
        self._loose: dict[int, int] = {}

    def get(self, sequence: int) -> int | None:
        at = bisect_right(self._firsts, sequence) - 1
        if at >= 0 and sequence - self._firsts[at] < len(self._segments[at]):
            return self._segments[at][sequence - self._firsts[at]]
        return self._loose.get(sequence)

    def put(self, sequence: int, digest: int) -> None:
        at = bisect_right(self._firsts, sequence) - 1
        if at >= 0 and sequence - self._firsts[at] == len(self._segments[at]):
            self._segments[at].append(digest)
        elif at == len(self._firsts) - 1:
            self._firsts.append(sequence)
            self._segments.append(array("Q", (digest,)))
        else:
            self._loose[sequence] = digest


@dataclass(slots=True)
class _Chain:
    """What came of a chain: runs of events without a gap between them, known by their ends."""

    hashes: _Hashes = field(default_factory=_Hashes)
    firsts: dict[int, str] = field(default_factory=dict)
    """The first sequence of each run, and its `prevhash`."""
    lasts: dict[int, str] = field(default_factory=dict)
    """The last sequence of each run, and its hash."""
    highest: int = 0
    erased: int = 0


class ChainVerifier:
    """Verifies a stream of events of any number of gates, in whatever order they come.

    Eight bytes of memory for an event that comes in order, some hundred for any other.

    `take` each event as it comes, then `end` once.  Erasures that a gate has stated in its chain
    explain a front that is missing.
    """

    def __init__(self, keys: VerificationKeys | None, head: Head | None = None) -> None:
        self._keys = keys
        self._head = head
        self._place = 0
        self._chains: defaultdict[ChainId, _Chain] = defaultdict(_Chain)
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
        for name, chain in self._chains.items():
            findings += list(self._missing(name, chain))
        if self._head is not None:
            findings += list(self._compared(self._head))
        return findings

    def chains(self) -> dict[ChainId, tuple[int, int, str]]:
        """First and last sequence of each chain, and the hash of the last event."""
        return {
            name: (min(chain.firsts), chain.highest, chain.lasts[chain.highest])
            for name, chain in self._chains.items()
        }

    def _placed(self, found: Genuine) -> Iterator[Finding]:
        """Give an event its place in its chain."""
        chain, sequence = self._chains[found.chain], found.sequence
        self._note_erasure(found, chain)
        there = chain.hashes.get(sequence)
        if there is not None:
            yield self._again(found, there)
            return
        self.genuine += 1
        chain.hashes.put(sequence, _short(found.hash))
        if sequence < chain.highest:
            yield self._finding(Fault.REORDERED, found, "it comes after later ones")
        chain.highest = max(sequence, chain.highest)
        yield from self._links(found, chain)

    def _again(self, found: Genuine, there: int) -> Finding:
        if there == _short(found.hash):
            return self._finding(Fault.DUPLICATE, found, "the same event again")
        return self._finding(Fault.FORK, found, "another event has this sequence")

    def _links(self, found: Genuine, chain: _Chain) -> Iterator[Finding]:
        """Join the runs before and after the event, as far as there are any, to one."""
        sequence, previous = found.sequence, found.event.prevhash
        before = chain.lasts.pop(sequence - 1, None)
        named_by_next = chain.firsts.pop(sequence + 1, None)
        if before is None:
            chain.firsts[sequence] = previous
        if named_by_next is None:
            chain.lasts[sequence] = found.hash
        if sequence == 1 and previous != FIRST_HASH:
            yield self._finding(Fault.LINK, found, "the first event names one before")
        if before not in {None, previous}:
            yield self._finding(Fault.LINK, found, "`prevhash` is not of the event before")
        if named_by_next not in {None, found.hash}:
            link = self._finding(Fault.LINK, found, "`prevhash` is not of the event before")
            yield replace(link, sequence=sequence + 1)

    def _note_erasure(self, found: Genuine, chain: _Chain) -> None:
        data = found.event.data
        if isinstance(data, Erased) and data.through < found.sequence:
            chain.erased = max(chain.erased, data.through)

    def _missing(self, name: ChainId, chain: _Chain) -> Iterator[Finding]:
        erased = chain.erased
        if self._head is not None and self._head.chain == name:
            erased = max(erased, self._head.first_sequence - 1)
        first, *later = sorted(chain.firsts)
        if first > erased + 1:
            yield _absent(Fault.FRONT, name, erased + 1, first - 1)
        for last, following in zip(sorted(chain.lasts), later, strict=False):
            yield _absent(Fault.GAP, name, last + 1, following - 1)

    def _compared(self, head: Head) -> Iterator[Finding]:
        chain = self._chains.get(head.chain, _Chain())
        if head.sequence > chain.highest:
            yield _absent(Fault.END, head.chain, chain.highest + 1, head.sequence)
        if chain.hashes.get(head.sequence) not in {None, _short(head.hash)}:
            why = "the head says another hash"
            yield Finding(Fault.HEAD, why, chain=head.chain, sequence=head.sequence)

    def _finding(self, fault: Fault, found: Genuine, detail: str) -> Finding:
        return Finding(fault, detail, chain=found.chain, sequence=found.sequence)

    def _at(self, finding: Finding) -> Finding:
        return replace(finding, place=self._place)


def _absent(fault: Fault, chain: ChainId, first: int, last: int) -> Finding:
    return Finding(fault, "missing", chain=chain, sequence=first, last=last)


def _short(digest: str) -> int:
    return int(digest[:16], 16)

"""Looking for known bytes in the memory of another process, and in whatever it has open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

LEAST: Final = 12
"""Bytes of a needle; shorter ones are found by chance."""
BLOCK: Final = 1024 * 1024
LONGEST: Final = 64
SKIPPED: Final = ("[vvar]", "[vsyscall]")


@dataclass(frozen=True, slots=True)
class Region:
    """One mapping of a process."""

    start: int
    end: int
    access: str
    name: str


def pieces(data: bytes, count: int, length: int = 32) -> tuple[bytes, ...]:
    """Pieces spread over data, each with something in it to know it by."""
    places = np.linspace(0, max(len(data) - length, 0), count).astype(int)
    found = (data[place : place + length] for place in places)
    return tuple(dict.fromkeys(piece for piece in found if len(set(piece)) >= LEAST))


def regions(pid: int) -> Iterator[Region]:
    """What a process has mapped."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        place, access, _, _, _, *name = line.split(maxsplit=5)
        start, end = (int(each, 16) for each in place.split("-"))
        yield Region(start, end, access, name[0] if name else "")


class Needles:
    """Named sets of bytes, all looked for at once."""

    def __init__(self, wanted: Mapping[str, Iterable[bytes]]) -> None:
        self._by_head: dict[bytes, list[tuple[str, bytes]]] = {}
        self.counts: dict[str, int] = {}
        for name, found in wanted.items():
            unique = tuple(dict.fromkeys(found))
            self.counts[name] = len(unique)
            for each in unique:
                assert LEAST <= len(each) <= LONGEST, name
                self._by_head.setdefault(each[:8], []).append((name, each))
        self._heads = np.sort(np.frombuffer(b"".join(self._by_head), "<u8"))
        self._likely = np.zeros(1 << 16, bool)
        self._likely[(self._heads & 0xFFFF).astype(int)] = True

    def within(self, data: bytes) -> Iterator[tuple[str, bytes, int]]:
        """Every needle in data: its name, itself and its place."""
        for shift in range(8):
            words = np.frombuffer(data, "<u8", (len(data) - shift) // 8, shift)
            maybe = np.flatnonzero(self._likely[words.view("<u2")[::4]])
            at = np.searchsorted(self._heads, words[maybe]).clip(0, len(self._heads) - 1)
            for word in maybe[self._heads[at] == words[maybe]]:
                place = int(word) * 8 + shift
                for name, needle in self._by_head[data[place : place + 8]]:
                    if data.startswith(needle, place):
                        yield name, needle, place

    def found_in(self, data: bytes) -> dict[str, int]:
        """How many of each name's needles are in data."""
        return _counted((name, needle) for name, needle, _ in self.within(data + bytes(8)))


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found in a process: how many different needles by name, and in which mappings."""

    found: Mapping[str, int]
    places: Mapping[str, Mapping[str, int]]
    searched_bytes: int


def search(pid: int, needles: Needles) -> Searched:
    """Look through all of a process's memory; needs the right to trace it."""
    everything: list[tuple[str, bytes]] = []
    places: dict[str, dict[str, int]] = {}
    total = 0
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:  # noqa: PTH123  # a Path cannot be unbuffered
        for region in regions(pid):
            if "rw" not in region.access or region.name in SKIPPED:
                continue
            for start in range(region.start, region.end, BLOCK):
                size = min(BLOCK + LONGEST, region.end - start)
                try:
                    data = os.pread(memory.fileno(), size, start)
                except OSError:
                    continue  # unmapped meanwhile, or a device's
                if not np.frombuffer(data, "<u8", len(data) // 8).any():
                    continue
                total += len(data)
                for name, needle, _ in needles.within(data):
                    everything.append((name, needle))
                    where = places.setdefault(name, {})
                    label = region.name or "anonymous"
                    where[label] = where.get(label, 0) + 1
    return Searched(_counted(everything), places, total)


def _counted(found: Iterable[tuple[str, bytes]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, _ in dict.fromkeys(found):
        counts[name] = counts.get(name, 0) + 1
    return counts

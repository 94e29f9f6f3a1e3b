"""Texts that match a pattern: of sets of characters, and how often each; more our schemas have not.

Far cheaper to draw than `hypothesis.strategies.from_regex`, and a long text is one choice.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from hypothesis import strategies as st

_PART: Final = re.compile(
    r"(?:\[(?P<of>[^\]]+)\]|\\(?P<escaped>[.])|(?P<plain>[A-Za-z0-9/-]))"
    r"(?:\{(?P<least>\d+)(?:,(?P<most>\d+))?\}|(?P<often>[+?]))?"
)
LONGEST: Final = 1000
"""Characters of a text, and choices of how many."""
_ASCII: Final = [chr(code) for code in range(128)]
_OFTEN: Final = {"+": (1, 40), "?": (0, 1), None: (1, 1)}


def texts(pattern: str) -> st.SearchStrategy[str]:
    """Texts that match a pattern from `^` to `$`."""
    parts, end = [], 1
    while (found := _PART.match(pattern, end)) is not None:
        end = found.end()
        parts.append(found)
    if pattern[:1] != "^" or pattern[end:] != "$":
        raise AssertionError(f"nobody has thought of this pattern: {pattern}")
    choices = [(_characters(part), *_times(part)) for part in parts]

    def text(seed: int) -> str:
        numbers = iter(hashlib.shake_128(seed.to_bytes(8)).digest(LONGEST))
        return "".join(
            characters[next(numbers) % len(characters)]
            for characters, least, most in choices
            for _ in range(least + next(numbers) % (most - least + 1))
        )

    return st.integers(0, 2**64 - 1).map(text)


def _characters(part: re.Match[str]) -> list[str]:
    if part["of"] is not None:
        return [one for one in _ASCII if re.fullmatch(f"[{part['of']}]", one)]
    return [part["escaped"] or part["plain"]]


def _times(part: re.Match[str]) -> tuple[int, int]:
    if part["least"] is None:
        return _OFTEN[part["often"]]
    return int(part["least"]), int(part["most"] or part["least"])

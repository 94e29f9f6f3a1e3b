"""Hints stay on the screen long enough to be read, and one odd frame shows nothing."""

from __future__ import annotations

from edge.face import Guidance, Hint
from edge.face.guidance import DWELL_S, PERSISTENT_S

FRAME_S = 1 / 15
CLOSER, STILL = Hint.COME_CLOSER, Hint.HOLD_STILL


def shown(*story: tuple[Hint | None, float]) -> list[tuple[Hint | None, float]]:
    """What is shown, and for how long, when frames ask for each hint for so many seconds."""
    guidance, now_s, begun_s = Guidance(), 100.0, 100.0
    changes: list[tuple[Hint | None, float]] = []
    last: Hint | None = None
    for hint, seconds in story:
        for _ in range(round(seconds / FRAME_S)):
            now = guidance.after(hint, now_s)
            if now is not last or now_s == 100.0:
                changes.append((now, now_s - begun_s))
                last = now
            now_s += FRAME_S
    ends = [start for _, start in changes[1:]] + [now_s - begun_s]
    return [(hint, end - start) for (hint, start), end in zip(changes, ends, strict=True)]


def hints(*story: tuple[Hint | None, float]) -> list[Hint | None]:
    return [hint for hint, _ in shown(*story)]


def test_the_first_hint_is_shown_at_once() -> None:
    assert hints((CLOSER, FRAME_S)) == [CLOSER]


def test_a_hint_stays_until_it_can_have_been_read() -> None:
    story = shown((CLOSER, 0.2), (None, 3.0))
    assert [hint for hint, _ in story] == [CLOSER, None]
    assert story[0][1] >= DWELL_S


def test_one_odd_frame_shows_nothing() -> None:
    assert hints((None, 1.0), (CLOSER, FRAME_S), (None, 1.0)) == [None]
    assert hints((CLOSER, 3.0), (STILL, FRAME_S), (CLOSER, 1.0)) == [CLOSER]


def test_what_persists_is_shown_soon() -> None:
    story = shown((None, 1.0), (CLOSER, 2.0))
    assert [hint for hint, _ in story] == [None, CLOSER]
    assert story[0][1] <= 1.0 + PERSISTENT_S + 2 * FRAME_S


def test_hints_that_alternate_from_frame_to_frame_do_not_flicker() -> None:
    flicker = [(CLOSER if number % 2 else STILL, FRAME_S) for number in range(90)]
    assert hints(*flicker) == [STILL]


def test_no_hint_is_ever_shown_for_less_than_it_takes_to_read_it() -> None:
    story = shown(*[(hint, 0.4) for hint in (CLOSER, STILL, None, CLOSER, None, STILL) * 5])
    assert all(seconds >= DWELL_S - 1e-6 for hint, seconds in story[:-1] if hint is not None)
    assert len(story) > 3

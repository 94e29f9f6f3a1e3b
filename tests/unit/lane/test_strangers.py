"""Templates of other travellers: so many, for so long, nobody's own, and then overwritten."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from edge import mrz
from edge.contract.rates.groups import Group
from edge.face import FaceTemplate
from edge.lane.strangers import Somebody, Strangers
from edge.mrz import MachineReadableZone, PartialDate
from tests.support.face.faces import template

WOMEN = Group("GTM", "F", "30 to 49")
MEN = Group("GTM", "M", "30 to 49")
LINES = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
"""ICAO Doc 9303-4, appendix B."""


def zone(born: str = "740812") -> MachineReadableZone:
    return replace(mrz.parse(LINES), birth_date=PartialDate(born))


def made(most: int = 3, keep_s: float = 60.0) -> Strangers:
    numbers = count(1)
    return Strangers(most, keep_s, lambda size: bytes([next(numbers)]) * size)


def who(strangers: Strangers, born: str, group: Group = WOMEN) -> Somebody:
    return strangers.somebody(zone(born), group)


def inside(strangers: Strangers) -> list[FaceTemplate]:
    return [each.template for each in strangers._kept]


def test_a_live_face_is_compared_with_those_before_and_not_with_its_own_portrait() -> None:
    found = made()
    assert found.similarities(template(1), who(found, "740812"), 0.0) == []
    found.keep(template(1), who(found, "740812"), 0.0)
    assert found.similarities(template(1), who(found, "740812"), 1.0) == []
    ((similarity, alike),) = found.similarities(template(0.6, 0.8), who(found, "800101"), 1.0)
    assert similarity == pytest.approx(0.6)
    assert alike


def test_of_another_group_is_told() -> None:
    found = made()
    found.keep(template(1), who(found, "740812", MEN), 0.0)
    found.keep(template(1), who(found, "740813", Group("GTM", "F", "65 and over")), 0.0)
    found.keep(template(1), who(found, "740814", Group("", "F", "65 and over")), 0.0)
    alike = [alike for _, alike in found.similarities(template(1), who(found, "800101"), 1.0)]
    assert alike == [False, True, False]
    nobody = who(found, "800101", Group("", "F", "18 to 29"))
    assert not any(alike for _, alike in found.similarities(template(1), nobody, 1.0))


@pytest.mark.parametrize("born", ["<<<<<<", "74<<<<", "7408<<"])
def test_who_cannot_be_told_from_others_is_neither_compared_nor_kept(born: str) -> None:
    found = made()
    found.keep(template(1), who(found, "740812"), 0.0)
    assert found.similarities(template(1), who(found, born), 1.0) == []
    found.keep(template(1), who(found, born), 1.0)
    assert len(found) == 1


def test_nobody_is_kept_twice() -> None:
    found = made()
    found.keep(template(1), who(found, "740812"), 0.0)
    (first,) = inside(found)
    found.keep(template(0, 1), who(found, "740812"), 1.0)
    assert len(found) == 1
    assert not first.vector.any()


def test_the_oldest_gives_way_and_is_overwritten() -> None:
    found = made(most=2)
    for born in ("740812", "740813"):
        found.keep(template(1), who(found, born), 0.0)
    first, second = inside(found)
    found.keep(template(1), who(found, "740814"), 1.0)
    assert len(found) == 2
    assert not first.vector.any()
    assert second.vector.any()


def test_a_template_is_overwritten_when_its_time_is_over() -> None:
    found = made(keep_s=60.0)
    found.keep(template(1), who(found, "740812"), 0.0)
    found.keep(template(1), who(found, "740813"), 30.0)
    first, second = inside(found)
    found.expire(59.9)
    assert len(found) == 2
    found.expire(60.0)
    assert len(found) == 1
    assert not first.vector.any()
    assert len(found.similarities(template(1), who(found, "800101"), 90.0)) == 0
    assert not second.vector.any()


def test_all_are_overwritten_at_the_end() -> None:
    found = made()
    for born in ("740812", "740813"):
        found.keep(template(1), who(found, born), 0.0)
    kept = inside(found)
    found.wipe()
    assert len(found) == 0
    assert not any(each.vector.any() for each in kept)


def test_what_is_kept_is_a_copy_that_outlives_the_passage() -> None:
    found = made()
    portrait = template(1)
    found.keep(portrait, who(found, "740812"), 0.0)
    portrait.wipe()
    assert found.similarities(template(1), who(found, "800101"), 1.0)[0][0] == pytest.approx(1)


def test_without_strangers_nothing_is_kept_and_nobody_is_told_apart() -> None:
    found = made(most=0)
    somebody = who(found, "740812")
    assert somebody == Somebody(WOMEN, b"")
    found.keep(template(1), somebody, 0.0)
    assert len(found) == 0


def test_nothing_of_a_person_is_printed() -> None:
    found = made()
    somebody = who(found, "740812")
    assert repr(somebody) == "Somebody(<redacted>)"
    found.keep(template(1), somebody, 0.0)
    assert "GTM" not in repr(found._kept[0])


def test_another_start_hides_dates_by_another_key() -> None:
    assert who(made(), "740812") != who(Strangers(3, 60.0, lambda size: b"x" * size), "740812")

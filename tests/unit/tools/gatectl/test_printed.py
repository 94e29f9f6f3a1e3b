"""What people type for what is printed on a document."""

from __future__ import annotations

import io

import click
import pytest

from edge.emrtd.key_derivation import AccessKey
from tests.support.emrtd.specimens import MRZ_INFORMATION, MRZ_LINES
from tests.support.some import replaced
from tools.gatectl import printed

KEY = AccessKey.of_mrz(MRZ_INFORMATION)


@pytest.mark.parametrize(
    "lines",
    [MRZ_LINES, ("".join(MRZ_LINES),), tuple(line.lower() for line in MRZ_LINES)],
    ids=["lines", "one text", "small letters"],
)
def test_a_whole_mrz(lines: tuple[str, ...]) -> None:
    found = printed.take(lines, None)
    assert found.key == KEY
    assert found.zone is not None
    assert found.zone.lines == MRZ_LINES
    assert printed.mistyped(found) == ()


def test_three_fields() -> None:
    found = printed.take(["L898902C3/740812/120415"], None)
    assert (found.key, found.zone, printed.mistyped(found)) == (KEY, None, ())


def test_a_short_and_a_long_number() -> None:
    short = printed.take(["ab12/740812/120415"], None)
    assert short.key.secret.startswith("AB12<<<<<")
    long = printed.take(["D23145890734/340712/950712"], None)
    assert long.key == AccessKey.of_mrz("D23145890734934071279507122")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(MRZ_LINES) + "\n"))
    assert printed.take(["-"], None).key == KEY


def test_a_can_opens_and_an_mrz_is_compared() -> None:
    assert printed.take([], "123456").key == AccessKey.of_can("123456")
    both = printed.take(MRZ_LINES, "123456")
    assert both.key == AccessKey.of_can("123456")
    assert both.zone is not None


def test_a_mistyped_field_is_named() -> None:
    wrong = (MRZ_LINES[0], replaced(MRZ_LINES[1], "L898902C3", "L898902C4"))
    assert "document_number" in printed.mistyped(printed.take(wrong, None))


@pytest.mark.parametrize(
    ("lines", "can", "advice"),
    [
        ([], None, "give the key"),
        ([], "12345", "six digits"),
        ([], "12345a", "six digits"),
        (["L898902C3"], None, "NUMBER/YYMMDD/YYMMDD"),
        (["L898902C3/1974/2012"], None, "NUMBER/YYMMDD/YYMMDD"),
        ([*MRZ_LINES, "LINE3", "LINE4"], None, "NUMBER/YYMMDD/YYMMDD"),
    ],
)
def test_what_it_cannot_be_is_refused_and_not_repeated(
    lines: list[str], can: str | None, advice: str
) -> None:
    with pytest.raises(click.UsageError, match=advice) as caught:
        printed.take(lines, can)
    assert not any(line in str(caught.value) for line in lines)

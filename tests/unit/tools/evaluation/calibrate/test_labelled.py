"""Sets with labels: what is read, who is in which group, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SettingsError
from tools.evaluation.calibrate.labelled import COLUMNS, Labels, read

HEADER = ",".join(COLUMNS)


def written(folder: Path, *lines: str, name: str = "set.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((HEADER, *lines)) + "\n")
    return path


def test_pictures_and_labels_are_read_and_people_belong_to_their_set(tmp_path: Path) -> None:
    one = written(tmp_path, "a.jpg,7,F,Brazil,40,2023", "/b.jpg, 8 ,,,,", name="one.csv")
    other = written(tmp_path, "c.jpg,7,M,Cuba,,", name="other.csv")
    found = read([one, other])
    assert [each.path for each in found.pictures] == [
        tmp_path / "a.jpg",
        Path("/b.jpg"),
        tmp_path / "c.jpg",
    ]
    assert [each.person for each in found.pictures] == ["one/7", "one/8", "other/7"]
    assert found.labels[:2] == [Labels("F", "Brazil", 40, 2023), Labels("", "", None, None)]
    assert found.of == ["one", "one", "other"]
    assert found.adult_groups == ["Brazil F", "Cuba M"]
    assert found.child_groups == []


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (5, "Peru F under 6"),
        (6, "Peru F 6 to 11"),
        (11, "Peru F 6 to 11"),
        (12, "Peru F 12 to 17"),
        (17, "Peru F 12 to 17"),
        (18, "Peru F"),
        (None, "Peru F"),
    ],
)
def test_children_are_compared_with_children_of_their_age(age: int | None, group: str) -> None:
    assert Labels("F", "Peru", age, None).group == group


def test_without_sex_or_population_there_is_no_group() -> None:
    assert Labels("", "Peru", 30, None).group == ""
    assert Labels("F", "", 30, None).group == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "the first line is file,person,sex,population,age,year"),
        ("file,person\na,b\n", "the first line is file,person,sex,population,age,year"),
        (f"{HEADER}\na.jpg,7,F,Brazil,40\n", "line 2: file and person, and six columns"),
        (f"{HEADER}\na.jpg,7,F,Brazil,40,2023,more\n", "line 2: file and person"),
        (f"{HEADER}\n,7,F,Brazil,40,2023\n", "line 2: file and person"),
        (f"{HEADER}\na.jpg,7,F,Brazil,old,2023\n", "line 2: age is `old`"),
        (f"{HEADER}\na.jpg,7,F,Brazil,40,-3\n", "line 2: year is `-3`"),
    ],
)
def test_a_set_that_is_none_is_said_so(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "set.csv"
    path.write_text(content)
    with pytest.raises(SettingsError, match=why):
        read([path])

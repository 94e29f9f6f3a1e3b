"""Recipes of sets, on folders that look like the repositories they are for."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import SettingsError
from tools.evaluation.calibrate.labelled import COLUMNS
from tools.evaluation.calibrate.recipes import main

DEPUTIES = "public/files/politicians/deputies"


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def made(out: Path, name: str, *clones: Path) -> list[tuple[str, ...]]:
    """The name of each picture, and its labels."""
    done = CliRunner().invoke(main, [name, *map(str, clones), "--out", str(out)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    with out.open(newline="") as file:
        first, *rows = csv.reader(file)
    assert tuple(first) == COLUMNS
    return [(Path(row[0]).name, *row[1:]) for row in rows]


def test_deputies_of_brazil_are_women_as_their_list_says(tmp_path: Path) -> None:
    folder = tmp_path / DEPUTIES
    for at in (0, 1):
        picture(folder / f"imagens/deputados.pdf-image-{at:03}.jpg")
    lines = "#\tTratamento\n0\tExmo. Senhor Deputado\n1\tExma. Senhora Deputada\n2\tno picture\n"
    (folder / "deputados_enumerados.txt").write_text(lines)
    assert made(tmp_path / "out.csv", "brazil", tmp_path) == [
        ("deputados.pdf-image-000.jpg", "0", "M", "Brazil", "", "2023"),
        ("deputados.pdf-image-001.jpg", "1", "F", "Brazil", "", "2023"),
    ]


def test_deputies_of_guatemala_are_women_by_their_first_names(tmp_path: Path) -> None:
    picture(tmp_path / "imagenes_diputados/ana-perez.jpg")
    picture(tmp_path / "imagenes_diputados/analio-perez.jpg")
    rows = made(tmp_path / "out.csv", "guatemala", tmp_path)
    assert [row[2] for row in rows] == ["F", "M"]


def test_who_is_no_member_by_the_list_of_the_congress_is_left_out(tmp_path: Path) -> None:
    for number in ("000001", "000002"):
        picture(tmp_path / f"images/{number}.jpg")
    (tmp_path / "members.csv").write_text(
        "icpsr,image\n000001,images/000001.jpg\n000002,images/000002.jpg\n"
    )
    (tmp_path / "legislators-current.yaml").write_text(
        "- id:\n    icpsr: 1\n  bio:\n    gender: F\n- id:\n    govtrack: 2\n"
    )
    rows = made(tmp_path / "out.csv", "congress", tmp_path, tmp_path)
    assert rows == [("000001.jpg", "000001", "F", "US Congress", "", "")]


def test_a_player_is_one_person_in_both_years_and_of_brothers_one_stays(tmp_path: Path) -> None:
    names = {"7": "Nikola Jokić", "8": "Cody Martin"}
    listed = [{"id": int(number), "full_name": name} for number, name in names.items()]
    (tmp_path / "players.json").write_text(json.dumps(listed))
    for name in ("player_images/7", "player_images/8", "player_images/nikola-jokic"):
        picture(tmp_path / f"{name}.png")
    picture(tmp_path / "2015-2016/Player Photos/Nikola Jokic Jr..png")
    assert made(tmp_path / "out.csv", "nba", tmp_path, tmp_path) == [
        ("7.png", "nikolajokic", "M", "NBA", "", "2025"),
        ("Nikola Jokic Jr..png", "nikolajokic", "M", "NBA", "", "2015"),
    ]


def test_of_sisters_in_the_wnba_one_stays(tmp_path: Path) -> None:
    for name in ("satou_sabally_2", "nyara_sabally_1"):
        picture(tmp_path / f"public/player_images/{name}.png")
    assert made(tmp_path / "out.csv", "wnba", tmp_path) == [
        ("satou_sabally_2.png", "satou_sabally", "F", "WNBA", "", "2025")
    ]


def test_candidates_of_thailand_are_one_of_a_family_name_and_every_fourth_man(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "apps/yourcandidates"
    people = [("a x", "female"), ("b x", "female"), ("c x", "male"), ("d y", "")]
    people += [("twice v", "female"), *((f"m z{at}", "male") for at in range(3))]
    for name, _ in people:
        path = folder / f"static/candidates/party/{name.replace(' ', '-')}.webp"
        picture(path)
        path.write_text(name.replace("twice v", "a x"))
    lines = [f"{name},{sex}" for name, sex in [*people, ("no picture", "female")]]
    (folder / "data").mkdir()
    listed = folder / "data/66_WV_Candidates.csv"
    listed.write_text("\n".join(["name,gender", *lines]), encoding="utf-8-sig")
    assert made(tmp_path / "out.csv", "thailand", tmp_path) == [
        ("a-x.webp", "a-x", "F", "Thailand", "", "2023"),
        ("m-z2.webp", "m-z2", "M", "Thailand", "", "2023"),
    ]


def test_members_for_korea_are_women_by_their_number(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png"):
        picture(tmp_path / "img" / name)
    listed = tmp_path / "assembly_members_complete.csv"
    listed.write_text("photo_filename,monaCd\na.jpg,1\nb.png,2\n")
    assert made(tmp_path / "out.csv", "korea", tmp_path) == [
        ("a.jpg", "1", "F", "Korea", "", "2024"),
        ("b.png", "2", "M", "Korea", "", "2024"),
    ]


def test_members_for_sri_lanka_are_women_by_their_number(tmp_path: Path) -> None:
    for number in ("102", "174", "53"):
        picture(tmp_path / f"public/mp_images/{number}.jpg")
    rows = made(tmp_path / "out.csv", "sri-lanka", tmp_path)
    assert [row[1:3] for row in rows] == [("102", "M"), ("174", "F")]


def test_people_of_cfp_are_taken_by_number(tmp_path: Path) -> None:
    for person in ("250", "251"):
        picture(tmp_path / f"cfp-dataset/Data/Images/train/{person}/frontal/01.jpg")
        picture(tmp_path / f"cfp-dataset/Data/Images/train/{person}/profile/01.jpg")
    rows = made(tmp_path / "out.csv", "cfp-251-500", tmp_path)
    assert rows == [("01.jpg", "251", "", "", "", "")]


def test_of_utkface_only_children_are_taken(tmp_path: Path) -> None:
    for name in ("2_0_0_1.jpg", "9_1_0_2.jpg.chip.jpg", "18_0_0_3.jpg", "9_0_4.jpg"):
        picture(tmp_path / "data/UTKFace/unlabeled" / name)
    rows = made(tmp_path / "out.csv", "utkface", tmp_path)
    assert rows == [("9_1_0_2.jpg.chip.jpg", "9_1_0_2.jpg.chip.jpg", "F", "UTKFace", "9", "")]


def test_adults_of_utkface_are_taken_by_origin(tmp_path: Path) -> None:
    for name in ("9_1_0_2.jpg", "18_1_1_3.jpg", "69_0_3_4.jpg", "70_0_0_5.jpg"):
        picture(tmp_path / "data/UTKFace/unlabeled" / name)
    rows = made(tmp_path / "out.csv", "utkface-adults", tmp_path)
    assert [row[2:5] for row in rows] == [
        ("F", "UTKFace Black", "18"),
        ("M", "UTKFace Indian", "69"),
    ]


def test_another_repository_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not the repository expected"):
        made(tmp_path / "out.csv", "brazil", tmp_path)
    done = CliRunner().invoke(main, ["nba", str(tmp_path), "--out", str(tmp_path / "out.csv")])
    assert "nba takes 2 clones" in done.output

"""The tool, on folders of specimens: who is found, what is written, what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.errors import SettingsError
from edge.inference.manifest import read_manifest
from edge.inference.models import ModelStore
from tests.support.face.faces import PHOTOGRAPHS, live
from tools.evaluation.calibrate import sweep
from tools.evaluation.calibrate.people import Picture, every_pair, groups, in_folders, in_protocol
from tools.evaluation.calibrate.portraits import DEGRADATIONS
from tools.evaluation.calibrate.report import write_between
from tools.evaluation.calibrate.templates import Directions
from tools.specimen import pictures

ROOT = Path(__file__).parents[5]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with two pictures each, numbered as collections are."""
    made = tmp_path_factory.mktemp("people")
    for number, crops in (
        ("001", (pictures.FIRST_PORTRAIT, pictures.FIRST_LIVE)),
        ("002", (pictures.SECOND_PORTRAIT, pictures.SECOND_LIVE)),
    ):
        (made / number / "frontal").mkdir(parents=True)
        (made / number / "profile").mkdir()
        for at, crop in enumerate(crops):
            with Image.open(PHOTOGRAPHS / crop.file) as photograph:
                photograph.convert("RGB").crop(crop.box).resize((300, 400)).save(
                    made / number / "frontal" / f"{at}.png"
                )
    (made / "notes.txt").write_text("not a person")
    return made


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.evaluation.calibrate", *map(str, arguments)]
    return subprocess.run(  # noqa: S603  # our own interpreter, our own program
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_whole_way_from_pictures_to_manifest_card_and_plots(
    folder: Path, tmp_path: Path
) -> None:
    """Through the gate's own networks; the templates of the first run serve the second."""
    manifest, card = tmp_path / "manifest.toml", tmp_path / "card.md"
    shutil.copy(ROOT / "models/manifest.toml", manifest)
    marks = "<!-- calibration as-is -->", "<!-- /calibration as-is -->"
    card.write_text(f"# Card\n{marks[0]}\nwhat stood there\n{marks[1]}\nend\n")
    first = run(
        folder, "--only", "frontal", "--cache", tmp_path / "cache", "--manifest", manifest,
        "--weights", ROOT / "models/weights", "--card", card, "--plots", tmp_path / "plots",
    )  # fmt: skip
    assert first.returncode == 0, first.stderr
    assert "as-is: 4/4 pictures" in first.stderr
    assert "2 people, 4 pictures, 2 genuine and 4 impostor pairs, 0 failures" in first.stdout
    assert "equal error rate 0.00 %" in first.stdout
    content = card.read_text()
    assert content.startswith("# Card\n")
    assert content.endswith("\nend\n")
    assert "what stood there" not in content
    assert "| 1e-4 |" in content
    assert "nan" not in content
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {
        "face-as-is-det.svg",
        "face-as-is-roc.svg",
    }
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    again = run(
        folder, "--only", "frontal", "--cache", tmp_path / "cache", "--manifest", manifest,
        "--weights", ROOT / "models/weights",
    )  # fmt: skip
    assert "from the cache" in again.stderr
    assert again.stdout == first.stdout


def test_people_are_counted_by_number_and_folder(folder: Path) -> None:
    found = in_folders([folder], only="frontal")
    assert [picture.person for picture in found] == ["001", "001", "002", "002"]
    assert [picture.path.name for picture in found[:2]] == ["0.png", "1.png"]
    with pytest.raises(SettingsError, match="no pictures of two people"):
        in_folders([folder], wanted=range(1, 2))
    with pytest.raises(SettingsError, match="no pictures of two people"):
        in_folders([folder], only="profile")
    with pytest.raises(SettingsError, match="is no folder"):
        in_folders([folder / "none"])


def test_a_protocol_names_pictures_and_people(tmp_path: Path) -> None:
    protocol = tmp_path / "pairs.csv"
    protocol.write_text("a.jpg,anna,b.jpg,anna\na.jpg,anna,c.jpg,bruno\n\n")
    found, pairs = in_protocol(protocol)
    assert [picture.path.name for picture in found] == ["a.jpg", "b.jpg", "c.jpg"]
    assert pairs.same.tolist() == [True, False]
    assert pairs.portraits.tolist() == [0, 0]
    assert pairs.lives.tolist() == [1, 2]
    assert found[0].path.parent == tmp_path


@pytest.mark.parametrize("content", ["", "a.jpg,anna,b.jpg\n", "one\n"])
def test_a_protocol_that_is_none_is_said_so(tmp_path: Path, content: str) -> None:
    protocol = tmp_path / "pairs.csv"
    protocol.write_text(content)
    with pytest.raises(SettingsError, match="each line is portrait,person,live,person"):
        in_protocol(protocol)


@pytest.mark.parametrize("pair", ["a.jpg,anna,b.jpg,anna", "a.jpg,anna,b.jpg,bruno"])
def test_pairs_of_one_kind_say_nothing(tmp_path: Path, pair: str) -> None:
    protocol = tmp_path / "pairs.csv"
    protocol.write_text(f"{pair}\n{pair}\n")
    done = run("--pairs", protocol)
    assert done.returncode == 1
    assert done.stderr == "calibrate: pairs of one person are wanted, and pairs of two\n"


def test_a_protocol_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    """It begins with a mark of the order of bytes."""
    protocol = tmp_path / "pairs.csv"
    protocol.write_text("a.jpg,anna,b.jpg,anna\n", encoding="utf-8-sig")
    found, _ = in_protocol(protocol)
    assert found[0].path.name == "a.jpg"


def test_four_pairs_are_measured_drawn_and_written(folder: Path, tmp_path: Path) -> None:
    """People without a pair of their own, and draws of one person alone, are no fault."""
    here = folder / "001/frontal", folder / "002/frontal"
    names = [f"{person}/{at}.png" for person in here for at in (0, 1)]
    protocol, card = tmp_path / "pairs.csv", tmp_path / "card.md"
    protocol.write_text(
        f"{names[0]},anna,{names[1]},anna\n{names[0]},anna,{names[2]},bruno\n"
        f"{names[2]},bruno,{names[1]},anna\n{names[3]},bruno,{names[0]},anna\n"
    )
    labels = tmp_path / "groups.csv"
    labels.write_text("anna,a\nbruno,b\n")
    card.write_text("<!-- calibration as-is -->\n<!-- /calibration as-is -->\n")
    done = run(
        "--pairs", protocol, "--card", card, "--plots", tmp_path / "plots", "--labels", labels
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    content = card.read_text()
    assert "2 people, 4 pictures, 1 genuine and 3 impostor pairs, 0 failures" in content
    assert "| 1e-4 |" in content
    assert "| a | 1 | 0.00 % | 0 | - |" in content
    assert "| b | 0 | - | 0 | - |" in content
    for kind in ("det", "roc"):
        assert (tmp_path / f"plots/face-as-is-{kind}.svg").read_text().count("<path") > 10


def test_too_few_people_to_be_halved_are_told_so() -> None:
    rows = np.eye(4, 128, dtype=np.float32)
    made = Directions({"sface": rows, "dlib": rows})
    found = [Picture(Path(f"{at}.jpg"), "anna" if at < 2 else "bruno") for at in range(4)]
    store = ModelStore(ROOT / "models/manifest.toml", ROOT / "models/weights")
    with pytest.raises(SettingsError, match="too few people"):
        sweep.table(store, [made], found, every_pair(found, ordered=False))


def test_groups_are_read_and_bad_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("001, a\n002,b\n")
    assert groups(path) == {"001": "a", "002": "b"}
    path.write_text("001\n")
    with pytest.raises(SettingsError, match="each line is person,group"):
        groups(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        groups(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give folders of people, or --pairs"),
        (("x", "--people", "250-1"), "give FIRST-LAST"),
        (("x", "--people", "all"), "give FIRST-LAST"),
        (("nowhere",), "calibrate: nowhere is no folder"),
        (("--pairs", "nowhere.csv"), "calibrate: nowhere.csv cannot be read"),
        (("x", "--fit"), "--fit and --check want --set"),
        (("--check",), "--fit and --check want --set"),
        (("x", "--set", "y.csv"), "--fit and --check want --set"),
        (("--set", "nowhere.csv"), "calibrate: nowhere.csv cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", sorted(set(DEGRADATIONS) - {"as-is"}))
@pytest.mark.parametrize("size", [(640, 480), (90, 300)])
def test_a_portrait_as_on_a_chip_is_small_and_shows_the_whole_picture(
    name: str, size: tuple[int, int]
) -> None:
    made = DEGRADATIONS[name](live().resize(size))
    assert made.size == (300, 400)
    assert made.mode == "RGB"
    assert np.array(made).std() > 10


def test_text_is_written_between_its_marks_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# <x>\n# </x>\n")
    write_between(path, "x", "new\\1", ("# <", ">"))
    assert path.read_text() == "# <x>\nnew\\1\n# </x>\n"
    with pytest.raises(SettingsError, match="there is no one place between `# <y>` and `# </y>`"):
        write_between(path, "y", "new", ("# <", ">"))
    with pytest.raises(SettingsError, match="No such file"):
        write_between(tmp_path / "none", "x", "new", ("# <", ">"))


def test_what_the_manifest_says_was_calibrated_is_what_the_tool_would_write() -> None:
    """Its centres are as long as a mean of directions can be."""
    comparison = read_manifest(ROOT / "models/manifest.toml").comparison
    for name, share in comparison.embedders.items():
        length = float(np.linalg.norm(share.centre))
        assert len(share.centre) == 128
        assert 0.05 < length < 1, name

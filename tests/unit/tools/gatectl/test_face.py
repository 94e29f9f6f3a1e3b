"""gatectl face: templates of many pictures, and a comparison that says how sure it is."""

from __future__ import annotations

import json
import os
import stat
import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from drivers.virtual.performance import Act
from edge import checks
from edge.errors import MalformedFile, SettingsError
from edge.face.pad import NO_PAD, Cue, CueName, examine_picture
from tests.support.face import faces
from tests.support.face.presented import performer, weights
from tests.support.shared_data import shared
from tools.evaluation.face import pictures, report
from tools.evaluation.face.faces import Presented
from tools.evaluation.face.likelihood import Bound, false_match_rate
from tools.gatectl.commands.face import group
from tools.specimen.pictures import FIRST_LIVE, FIRST_PORTRAIT, SECOND_LIVE

THRESHOLDS = {"1e-2": 0.3, "1e-3": 0.4, "1e-4": 0.5}


def run(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(group, list(map(str, arguments)), input=typed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of one person, one of another, one of nobody, and a text."""
    made = tmp_path_factory.mktemp("pictures")
    (made / "a portrait.jp2").write_bytes(faces.portrait(FIRST_PORTRAIT))
    faces.live(FIRST_LIVE).save(made / "live.jpg")
    faces.live(SECOND_LIVE).save(made / "other.PNG")
    Image.new("RGB", (320, 240), (90, 120, 90)).save(made / "nobody.jpg")
    (made / "notes.txt").write_text("no picture")
    return made


@cache
def vectors(path: Path) -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    with np.load(path) as file:
        return list(file["paths"]), file["templates"]


def test_a_folder_becomes_rows_in_the_order_of_names(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    done = run("embed", folder, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    paths, templates = vectors(out)
    assert [Path(path).name for path in paths] == [
        "a portrait.jp2",
        "live.jpg",
        "nobody.jpg",
        "other.PNG",
    ]
    assert templates.dtype == np.float32
    assert np.isnan(templates[2]).all()
    assert np.allclose(np.linalg.norm(templates[[0, 1, 3]], axis=1), 1, atol=1e-5)
    scores = templates @ templates.T
    limit = faces.threshold("1e-4")
    assert scores[0, 1] > limit > max(scores[0, 3], scores[1, 3])
    summary = json.loads(done.stdout)
    assert (summary["pictures"], summary["acquired"], summary["no_face"]) == (4, 3, 1)
    assert summary["dimension"] == templates.shape[1]
    assert summary["missing"] == [{"path": str(folder / "nobody.jpg"), "why": "no face found"}]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_the_order_given_is_kept_and_what_is_no_picture_is_told(
    folder: Path, tmp_path: Path
) -> None:
    """A row for each, whatever it is."""
    out, listed = tmp_path / "out.npz", tmp_path / "list.txt"
    listed.write_text(f"{folder / 'other.PNG'}\n\n{folder / 'gone.jpg'}\n")
    done = run("embed", folder / "live.jpg", f"@{listed}", folder / "notes.txt", "--out", out)
    assert done.exit_code == 1
    paths, templates = vectors(out)
    assert [Path(path).name for path in paths] == ["live.jpg", "other.PNG", "gone.jpg", "notes.txt"]
    assert np.isnan(templates).any(1).tolist() == [False, False, True, True]
    assert "gone.jpg: No such file" in done.stderr
    assert "notes.txt: a picture that is neither JPEG, JPEG 2000 nor PNG" in done.stderr
    assert "2 of 4 pictures" in done.stdout


def test_both_sides_and_any_number_of_threads_give_the_same_rows(
    folder: Path, tmp_path: Path
) -> None:
    for name, threads in (("one", "1"), ("three", "3")):
        done = run(
            "embed", folder, "--out", tmp_path / name, "--threads", threads, "--side", "live"
        )
        assert done.exit_code == 0
    one, three = vectors(tmp_path / "one")[1], vectors(tmp_path / "three")[1]
    assert np.allclose(one, three, equal_nan=True, atol=1e-5)


def test_of_many_pictures_the_progress_is_told_without_a_terminal_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = run("embed", folder, "--out", tmp_path / "few")
    assert "a second" not in few.stderr
    monkeypatch.setattr("tools.gatectl.face.MANY", 2)
    monkeypatch.setattr("tools.gatectl.face.SAID_EVERY_S", 0)
    told = run("embed", folder, "--out", tmp_path / "x").stderr.splitlines()
    assert any(line.startswith("gatectl: 4/4 pictures, ") for line in told)
    assert not any("\x1b" in line for line in told)


def test_lists_come_from_standard_input_too(folder: Path, tmp_path: Path) -> None:
    done = run("embed", "@-", "--out", tmp_path / "x", typed=f"{folder / 'live.jpg'}\n")
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("@{}/gone.txt", "no list of files can be read there"),
        ("{}/empty", "no picture in this folder"),
        ("@{}/empty.txt", "name no picture"),
        ("", "the name of a picture is empty"),
    ],
)
def test_what_names_no_picture_is_refused_before_any_work(
    argument: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.txt").touch()
    with pytest.raises(SettingsError, match=why):
        pictures.named([argument.format(tmp_path)])


def test_a_list_may_begin_as_editors_of_windows_begin_it(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("one.jpg\r\ntwo.jpg\r\n", encoding="utf-8-sig")
    named = pictures.named([f"@{tmp_path / 'list.txt'}"])
    assert named == [Path("one.jpg"), Path("two.jpg")]


def test_a_pipe_to_which_nobody_writes_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MalformedFile, match="a pipe"):
        pictures.read(tmp_path / "pipe")


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(MalformedFile, match="more than 20 MB"):
        pictures.read(Path("/dev/zero"))


def test_where_nothing_can_be_written_nothing_is_computed(folder: Path, tmp_path: Path) -> None:
    done = run("embed", folder, "--out", tmp_path / "gone" / "out.npz")
    assert isinstance(done.exception, SettingsError)
    assert "make it first" in str(done.exception)


def test_a_device_is_not_replaced_by_a_file(folder: Path, tmp_path: Path) -> None:
    """Root may do that to /dev/null."""
    device = tmp_path / "device"
    os.mkfifo(device)
    done = run("embed", folder / "live.jpg", "--out", device)
    assert isinstance(done.exception, SettingsError)
    assert "is no file" in str(done.exception)
    assert device.is_fifo()


def test_a_link_to_a_file_stays_a_link(folder: Path, tmp_path: Path) -> None:
    link, file = tmp_path / "link.npz", tmp_path / "elsewhere" / "file.npz"
    file.parent.mkdir()
    link.symlink_to(file)
    for _ in range(2):
        assert run("embed", folder / "nobody.jpg", "--out", link).exit_code == 0
        assert link.is_symlink()
        assert file.is_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


# Comparison.


def test_the_same_person_matches(folder: Path) -> None:
    done = run("compare", folder / "a portrait.jp2", folder / "live.jpg", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["decision"] == "match"
    assert found["score"] >= found["threshold"] == faces.threshold("1e-4")
    assert found["fmr"] <= 1e-4
    assert found["quality"]["live"]["usable"]
    assert (
        found["quality"]["live"]["measures"].keys()
        == found["quality"]["portrait"]["measures"].keys()
    )
    assert list(found) == ["score", "threshold", "fmr", "fmr_bound", "quality", "pad", "decision"]


def test_one_picture_is_looked_at_for_attacks_and_never_proves_somebody_there(folder: Path) -> None:
    done = run("compare", folder / "a portrait.jp2", folder / "live.jpg", "--json")
    pad = json.loads(done.stdout)["pad"]
    assert pad["result"] == "undetermined"
    assert pad["cues"]["texture"]["score"] > 0
    assert pad["cues"]["grid"]["score"] == 0
    assert 0 < pad["cues"]["grid"]["certainty"] < pad["cues"]["texture"]["certainty"] < 1
    words = run("compare", folder / "a portrait.jp2", folder / "live.jpg").stdout
    assert "attack    undetermined: one picture cannot tell a head" in words


def test_a_screen_that_shows_the_face_speaks_against_it(folder: Path, tmp_path: Path) -> None:
    screen = tmp_path / "screen.png"
    Image.fromarray(performer(Act.SCREEN).frame(0.0, None)).save(screen)
    found = json.loads(run("compare", folder / "a portrait.jp2", screen, "--json").stdout)
    assert found["pad"]["cues"]["grid"]["score"] < -0.9
    assert found["pad"]["result"] in {"undetermined", "failed"}
    words = run("compare", folder / "a portrait.jp2", screen).stdout
    assert words.rstrip().endswith("; grid speaks against it")


def test_where_every_cue_is_against_a_picture_it_has_failed() -> None:
    cues = (Cue(CueName.TEXTURE, -1, 0.5), Cue(CueName.GRID, -1, 0.25))
    check = examine_picture(weights(), cues)
    assert (check.result, check.detail) == (checks.Result.FAILED, "texture grid")
    said = report._presentation(Presented(check, cues))
    assert said == "FAILED: texture and grid speak of a picture of a face"


@pytest.mark.parametrize("name", ["nobody.jpg", "far.jpg"])
def test_without_a_face_near_enough_no_attack_is_looked_for(
    name: str, folder: Path, tmp_path: Path
) -> None:
    with Image.open(folder / "live.jpg") as picture:
        picture.resize((160, 120)).save(tmp_path / "far.jpg")
    path = next(each for each in (folder / name, tmp_path / name) if each.exists())
    found = json.loads(run("compare", folder / "a portrait.jp2", path, "--json").stdout)
    assert found["pad"] == {"result": "not_performed", "cues": {}}
    assert not found["quality"]["live"]["usable"]
    words = run("compare", folder / "a portrait.jp2", path).stdout
    assert "not looked for: one face, near enough, is wanted" in words


def test_a_manifest_that_weighs_no_cues_looks_for_no_attack(folder: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.toml"
    text = (faces.ROOT / "models/manifest.toml").read_text()
    begin, end = text.index("[pad]\n"), text.index("[pictures]")
    manifest.write_text(text[:begin] + text[end:])
    pair = (folder / "a portrait.jp2", folder / "live.jpg")
    done = run("compare", *pair, "--manifest", manifest)
    assert done.exit_code == 0
    assert f"not looked for: {NO_PAD}" in done.stdout


def test_help_tells_the_two_sides_apart_with_examples() -> None:
    said = " ".join(run("compare", "--help").stdout.split())
    assert "A, the PORTRAIT, is looked at as a chip's" in said
    assert "B, LIVE, is looked at as a picture of the gate's camera" in said
    assert "gatectl face compare passport.jp2 camera.jpg" in said


def test_of_several_live_pictures_the_best_is_compared(folder: Path) -> None:
    """A picture of nobody is worse than any face."""
    live = (folder / "nobody.jpg", folder / "live.jpg")
    found = json.loads(run("compare", folder / "a portrait.jp2", *live, "--json").stdout)
    assert found["quality"]["live"]["path"] == str(folder / "live.jpg")
    assert found["decision"] == "match"


def test_many_live_pictures_are_not_in_memory_together(folder: Path, tmp_path: Path) -> None:
    """A camera leaves thousands."""
    live = [tmp_path / f"{number}.png" for number in range(8)]
    for path in live:
        Image.new("RGB", (2000, 2000), (90, 120, 90)).save(path)
    tracemalloc.start()
    try:
        done = run("compare", folder / "a portrait.jp2", *live, folder / "live.jpg", "--json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert json.loads(done.stdout)["decision"] == "match"
    assert peak < 5 * 2000 * 2000 * 3


def test_strangers_do_not_match_and_that_is_no_error(folder: Path) -> None:
    done = run("compare", folder / "a portrait.jp2", folder / "other.PNG")
    assert done.exit_code == 0
    assert done.stdout.startswith("NO MATCH\n")
    assert "at least one pair in" in done.stdout


def test_without_a_face_there_is_nothing_to_compare(folder: Path) -> None:
    done = run("compare", folder / "nobody.jpg", folder / "live.jpg", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["score"], found["fmr"], found["decision"]) == (None, None, "undetermined")
    words = run("compare", folder / "a portrait.jp2", folder / "nobody.jpg")
    assert words.exit_code == 1
    assert words.stdout.startswith("NOT COMPARED")
    assert "nobody.jpg: no face found" in words.stdout


def test_a_stricter_rate_asks_for_a_higher_score(folder: Path) -> None:
    pair = (folder / "a portrait.jp2", folder / "live.jpg")
    found = json.loads(run("compare", *pair, "--fmr", "1e-3", "--json").stdout)
    assert found["threshold"] == faces.threshold("1e-3")
    policy = faces.ROOT / "config/policy.example.toml"
    found = json.loads(run("compare", *pair, "--policy", policy, "--json").stdout)
    assert found["threshold"] == faces.threshold("1e-4")


@pytest.mark.parametrize(
    ("more", "why"), [(("--fmr", "1e-7"), "measured: "), (("--policy", "gone.toml"), "gone.toml")]
)
def test_a_rate_nobody_measured_is_refused(more: tuple[str, str], why: str, folder: Path) -> None:
    done = run("compare", folder / "live.jpg", folder / "live.jpg", *more)
    assert isinstance(done.exception, SettingsError)
    assert why in str(done.exception)


def test_a_rate_and_a_policy_contradict_each_other(folder: Path) -> None:
    done = run(
        "compare", folder / "live.jpg", folder / "live.jpg", "--fmr", "1e-4", "--policy", "x"
    )
    assert done.exit_code == 2


@pytest.mark.parametrize("wrong", ["gone.jpg", "notes.txt"])
def test_a_file_that_is_no_picture_is_told_with_what_would_be(wrong: str, folder: Path) -> None:
    done = run("compare", folder / wrong, folder / "live.jpg")
    assert isinstance(done.exception, SettingsError)
    assert wrong in str(done.exception)


@pytest.mark.shared
def test_a_dumped_dg2_is_a_portrait(folder: Path) -> None:
    dumped = shared("chips/bsi2008/Datagroup2.bin")
    found = json.loads(run("compare", dumped, folder / "live.jpg", "--json").stdout)
    assert found["decision"] == "no_match"


# How likely a score is.


@pytest.mark.parametrize(
    ("score", "rate", "bound"),
    [
        (0.1, 1e-2, Bound.AT_LEAST),
        (0.3, 1e-2, Bound.ABOUT),
        (0.35, 10**-2.5, Bound.ABOUT),
        (0.4, 1e-3, Bound.ABOUT),
        (0.475, 10**-3.75, Bound.ABOUT),
        (0.5, 1e-4, Bound.AT_MOST),
        (0.99, 1e-4, Bound.AT_MOST),
    ],
)
def test_a_score_is_as_rare_as_the_thresholds_say(score: float, rate: float, bound: Bound) -> None:
    found = false_match_rate(score, THRESHOLDS)
    assert found is not None
    assert found.rate == pytest.approx(rate)
    assert found.bound is bound


def test_without_thresholds_nothing_is_known() -> None:
    assert false_match_rate(0.5, {}) is None


def test_a_higher_score_is_never_more_likely() -> None:
    rates = [false_match_rate(score / 100, THRESHOLDS) for score in range(-100, 101)]
    values = [found.rate for found in rates if found is not None]
    assert values == sorted(values, reverse=True)


def test_similarities_of_every_pair_are_those_of_the_gate(folder: Path, tmp_path: Path) -> None:
    """float32 [N, N], NaN where no face was acquired, for the owner only."""
    templates, out = tmp_path / "t.npz", tmp_path / "s.npy"
    assert run("embed", folder, "--out", templates).exit_code == 0
    done = run("similarities", templates, "--out", out, "--threshold", "1e-4")
    assert done.exit_code == 0, done.output
    assert float(done.stdout) == faces.threshold("1e-4")
    found = np.load(out)
    assert found.dtype == np.float32
    assert found.shape == (4, 4)
    assert np.isnan(found[2]).all()
    assert np.isnan(found[:, 2]).all()
    seen = found[np.ix_([0, 1, 3], [0, 1, 3])]
    assert np.allclose(seen, seen.T, atol=1e-6)
    assert np.allclose(np.diag(seen), 1, atol=1e-5)
    compared = run("compare", folder / "a portrait.jp2", folder / "live.jpg", "--json")
    assert json.loads(compared.stdout)["score"] == pytest.approx(found[0, 1], abs=0.05)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_the_similarity_in_force_is_told_alone() -> None:
    assert float(run("similarities", "--threshold", "1e-3").stdout) == faces.threshold("1e-3")
    unknown = run("similarities", "--threshold", "1e-9")
    assert "no threshold for a false match rate of 1e-9" in str(unknown.exception)


@pytest.mark.parametrize(
    "arguments", [(), ("t.npz",), ("--out", "s.npy"), ("t.npz", "--threshold", "1e-3")]
)
def test_similarities_want_templates_and_a_file_to_write(arguments: tuple[str, ...]) -> None:
    done = run("similarities", *arguments)
    assert done.exit_code == 2
    assert "give TEMPLATES and --out, or --threshold" in done.output


@pytest.mark.parametrize("content", ["nothing", "an array", "other names", "doubles"])
def test_what_holds_no_templates_is_said_so(content: str, tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    path.write_text("no archive")
    if content == "an array":
        with path.open("wb") as file:
            np.save(file, np.zeros((2, 3), np.float32))
    elif content == "other names":
        np.savez(path, rows=np.zeros((2, 3), np.float32))
    elif content == "doubles":
        np.savez(path, templates=np.zeros((2, 3)))
    done = run("similarities", path, "--out", tmp_path / "s.npy")
    assert isinstance(done.exception, SettingsError)
    assert "gatectl face embed" in str(done.exception)
    assert not (tmp_path / "s.npy").exists()

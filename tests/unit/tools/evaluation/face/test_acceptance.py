"""python -m tools.evaluation.face.acceptance: how many pictures pass each measure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.support.face.faces import PHOTOGRAPHS, ROOT


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.evaluation.face.acceptance", *map(str, arguments)]
    return subprocess.run(  # noqa: S603  # our own interpreter, our own program
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_good_photographs_pass() -> None:
    done = run(PHOTOGRAPHS)
    assert "4 pictures, 0 unreadable, 4 with a face" in done.stdout
    assert "all          passes 100.0 %\n" in done.stdout


def test_pictures_of_nobody_have_no_measures(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "nobody.png")
    done = run(tmp_path / "nobody.png", tmp_path / "gone.png")
    assert done.stdout == "2 pictures, 1 unreadable, 0 with a face\n"
    assert done.stderr == ""
    none = run("@/dev/null")
    assert (none.returncode, none.stderr) == (1, "error: these lists name no picture\n")

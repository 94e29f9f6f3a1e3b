"""gatectl face: templates and comparisons of pictures, with the networks of the gate."""

from __future__ import annotations

from pathlib import Path

import click

from tools.command_line import runs
from tools.gatectl.commands.options import (
    FILE,
    examples,
    json_option,
    manifest_option,
    weights_option,
)

IN_PYTHON = """\b
In Python: the similarity of every two pictures, as the gate computes it
  numpy.load("similarities.npy")[0, 1]

"""


@click.group(
    epilog=examples(
        "face compare DG2.bin camera.jpg",
        "face embed photographs/ --out templates.npz",
        "face embed @list.txt --out templates.npz --json",
        "face similarities templates.npz --out similarities.npy --threshold 1e-4",
    )
)
def group() -> None:
    """Compare faces, and turn pictures of faces into templates."""


@group.command(
    epilog=examples(
        "face compare passport.jp2 camera.jpg",
        "face compare dump/DG2.bin frame1.jpg frame2.jpg frame3.jpg --json",
        "face compare passport.jp2 camera.jpg --policy /etc/egate/policy.toml",
        "face compare passport.jp2 camera.jpg --fmr 1e-3",
        "face compare passport.jp2 camera.jpg --json | jq .pad",
    )
)
@click.argument("portrait", metavar="PORTRAIT", type=click.Path(path_type=Path))
@click.argument("live", metavar="LIVE...", nargs=-1, required=True)
@click.option("--fmr", "rate", help="False match rate to decide by; default: 1e-4.")
@click.option("--policy", type=FILE, help="Decide by the false match rate of this policy file.")
@json_option
@manifest_option
@weights_option
@runs("tools.gatectl.face:compare_pictures")
def compare() -> None:
    """Compare a chip's portrait with pictures of a traveller.

    The sides are not alike.  A, the PORTRAIT, is looked at as a chip's: JPEG, JPEG 2000, PNG, or
    a file of a chip with its DG2, and may be cropped tightly.  B, LIVE, is looked at as a
    picture of the gate's camera (files, folders, @FILE); of several the best is compared.

    The score is the gate's similarity: 1 for the same picture, about 0.2 for strangers.  The
    decision is the score's alone.  Quality below 25 in any measure would not be compared by a gate,
    which would give the hint instead.  A picture can look like an attack (pad: failed) but never
    prove that somebody is there (pad: undetermined); the gate watches films for that.

    Exit 1 when a side shows no face; whether it matches stands in the output.
    """


@group.command(
    epilog=examples(
        "face embed anna.jpg bruno.png --out two.npz",
        "face embed photographs/ --out templates.npz",
        "face embed @list.txt --side live --out templates.npz --json",
    )
)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="The file to write: NumPy's .npz.")
@click.option(
    "--side",
    type=click.Choice(["portrait", "live"]),
    default="portrait",
    show_default=True,
    help="Look for faces as the gate does in chip portraits, or in pictures of its camera.",
)
@click.option("--threads", type=click.IntRange(1, 64), help="Default: one a processor.")
@click.option("--json", "as_json", is_flag=True, help="A summary as JSON on standard output.")
@manifest_option
@weights_option
@runs("tools.gatectl.face:embed_pictures")
def embed() -> None:
    """Write the templates of pictures to a file.

    `templates` is float32 [N, D], in the order given.

    IMAGE is a file (JPEG, JPEG 2000, PNG), a folder (its pictures, by name, and those in its
    folders), or @FILE with one path a line (@- for standard input).  The score of two pictures is
    the cosine of their rows, which have length one: their product.  Where no face is found a row
    is NaN, and a line on standard error says why.

    Exit 1 when a file is no picture; the others are written all the same.  Templates are personal
    data: the file is readable by its owner only.
    """


@group.command(
    epilog=IN_PYTHON
    + examples(
        "face similarities templates.npz --out similarities.npy",
        "face similarities --threshold 1e-4",
    )
)
@click.argument("templates", metavar="[TEMPLATES]", required=False, type=FILE)
@click.option("--out", type=FILE, help="The file to write: NumPy's .npy.")
@click.option(
    "--threshold", "rate", metavar="RATE", help="Print the similarity in force at this rate."
)
@manifest_option
@weights_option
@runs("tools.gatectl.face:write_similarities")
def similarities() -> None:
    """Write the similarity of every two templates to a file.

    It is the similarity the gate uses: float32 [N, N] in the order of TEMPLATES, a file of `face
    embed`; NaN where no face was acquired.  From the similarity in force on, two faces are a match.
    RATE is a false match rate of the models' manifest: that of the worst group of adults.

    Similarities are personal data: the file is readable by its owner only.
    """

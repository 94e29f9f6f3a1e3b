"""How many pictures pass each quality measure: `python -m tools.evaluation.face.acceptance IMAGE`.

IMAGE as in `gatectl face embed`: files, folders, @FILE.  Ranges of measures are set so that good
pictures pass; this tells whether they still do.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np

from edge.errors import DocumentError, EdgeError
from edge.face.quality import LEAST, WEIGHTS
from edge.imaging import PHOTOGRAPH, Decoder
from edge.inference.models import ModelStore
from tools import shipped
from tools.evaluation.face import pictures
from tools.evaluation.face.embed import PICTURE_S, PICTURES_A_PROCESS
from tools.evaluation.face.faces import Networks


def main() -> None:
    """Look at every picture as a live one; print a row for each measure."""
    paths = pictures.named(sys.argv[1:])
    store = ModelStore(shipped.manifest(), shipped.weights())
    pipeline = Networks(store).pipeline()
    rows, unreadable, unified = [], 0, []
    with Decoder(PICTURE_S, PHOTOGRAPH, PICTURES_A_PROCESS) as decoder:
        for path in paths:
            try:
                observation = pipeline.observe(decoder.decode(pictures.read(Path(path))))
            except (OSError, DocumentError):
                unreadable += 1
                continue
            if observation.face is not None:
                rows.append([observation.quality[name] for name in WEIGHTS])
                unified.append(observation.overall)
    click.echo(f"{len(paths)} pictures, {unreadable} unreadable, {len(rows)} with a face")
    if not rows:
        return
    measured = np.array(rows)
    for name, values in zip(WEIGHTS, measured.T, strict=True):
        click.echo(f"{name:12} passes {_share(values >= LEAST)}  median {np.median(values):4.0f}")
    click.echo(f"{'all':12} passes {_share((measured >= LEAST).all(1))}")
    near = measured[:, list(WEIGHTS).index("inter_eye")] >= LEAST
    if near.any():
        click.echo(
            f"{'all':12} passes {_share((measured[near] >= LEAST).all(1))}  of those near enough"
        )
    click.echo(f"{'unified':12}                median {np.median(unified):4.0f}")


def _share(passes: object) -> str:
    return f"{100 * float(np.asarray(passes).mean()):5.1f} %"


if __name__ == "__main__":
    try:
        main()
    except EdgeError as error:
        sys.exit(f"error: {error}")

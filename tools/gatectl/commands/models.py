"""gatectl models: install, verify and list the models of the manifest, and describe a new one."""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import FILE, examples, manifest_option, weights_option

ABOVE_ZERO = click.FloatRange(min=0, min_open=True)


@click.group(epilog=examples("models verify"))
def group() -> None:
    """Install and verify the face models."""


@group.command(
    epilog=examples(
        "models install",
        "models install --manifest /etc/egate/models.toml --accept-licence arcface",
    )
)
@manifest_option
@weights_option
@click.option(
    "--accept-licence",
    metavar="NAME",
    multiple=True,
    help="Accept the licence of a model that runs only then; several may be given.",
)
@click.option("--accepted-by", metavar="WHO", help="Who accepts it; default: your login name.")
@runs("tools.gatectl.models:bring")
def install() -> None:
    """Obtain, verify and prepare the models that are not right.

    The acceptance of a licence is kept beside the weights.
    """


@group.command(epilog=examples("models verify"))
@manifest_option
@weights_option
@runs("tools.gatectl.models:verify")
def verify() -> None:
    """Verify every model: its hash, and a known answer.

    Exit 1 when one is not.
    """


@group.command(name="list", epilog=examples("models list"))
@manifest_option
@weights_option
@runs("tools.gatectl.models:show")
def list_() -> None:
    """List the models with licence and hash.

    The list also shows how faces are compared with them.
    """


@group.command(epilog=examples("models describe face.onnx --mean 127.5 --scale 127.5"))
@click.argument("file", type=FILE)
@click.option("--prepare", metavar="STEP", multiple=True, help="A step of preparation, in order.")
@click.option("--mean", default=0.0, help="Number to subtract from each pixel, 0..255.")
@click.option("--scale", type=ABOVE_ZERO, default=1.0, help="Number to divide the rest by.")
@click.option("--order", type=click.Choice(["RGB", "BGR"]), default="RGB", show_default=True)
@runs("tools.gatectl.models:describe")
def describe() -> None:
    """Compute what a manifest says of an ONNX file.

    These are its hashes, before and after preparation, its shapes, and a known answer.
    """

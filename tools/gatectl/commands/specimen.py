"""gatectl specimen: specimen passports for the virtual lane, and single chips to try readers on."""

from __future__ import annotations

import click

from tools import shipped
from tools.command_line import runs
from tools.gatectl.commands.options import FILE, FOLDER, examples

VPCD_PORT = 35963
"""Where Debian's vsmartcard-vpcd listens."""
ISSUE = ("specimen issue --out var/specimens", "specimen issue --out var/specimens --if-needed")
SERVE = ("specimen serve --example", "specimen serve passport.toml")
CHIP = "specimen chip passport.toml --out dump"
portraits_option = click.option(
    "--portraits",
    type=FOLDER,
    default=shipped.portraits,
    help="Folder with the specimen photographs.",
)


@click.group(epilog=examples(*ISSUE, *SERVE, CHIP))
def group() -> None:
    """Issue specimen documents; never real ones."""


@group.command(epilog=examples(*ISSUE))
@click.option(
    "--out",
    type=FOLDER,
    required=True,
    help="Folder to write; specimens that are in it are replaced.",
)
@portraits_option
@click.option(
    "--if-needed",
    is_flag=True,
    help="Only when missing, older than 30 days, or of another version.",
)
@runs("tools.gatectl.specimen:issue")
def issue() -> None:
    """Issue a test CSCA and the specimen travellers of the virtual lane."""


@group.command(epilog=examples(*SERVE, "specimen serve passport.toml --port 35963 --csca csca.der"))
@click.argument("file", required=False, type=FILE)
@click.option("--port", default=VPCD_PORT, help=f"The port of vpcd; default: {VPCD_PORT}.")
@click.option(
    "--csca",
    type=FILE,
    help="Where to write the issuer's CSCA certificate; default: a file that goes with the chip.",
)
@click.option("--example", is_flag=True, help="Print a description to begin with, and stop.")
@portraits_option
@runs("tools.gatectl.specimen:serve")
def serve() -> None:
    """Lay the chip of FILE on a virtual PC/SC reader, until Ctrl-C.

    The reader is vpcd's, of the pcscd that runs (Debian packages pcscd and vsmartcard-vpcd).
    """


@group.command(epilog=examples(CHIP))
@click.argument("file", type=FILE)
@click.option(
    "--out",
    type=FOLDER,
    required=True,
    help="A new folder for the files of the chip, and csca.der.",
)
@portraits_option
@runs("tools.gatectl.specimen:dump")
def chip() -> None:
    """Write the files of the chip that FILE describes."""

"""gatectl verify: passive authentication of dumped files, with the checks the gate makes."""

from __future__ import annotations

from pathlib import Path

import click

from tools.command_line import runs
from tools.gatectl.commands.options import (
    examples,
    json_option,
    own_config_option,
    policy_option,
    store_option,
)
from tools.gatectl.moments import moment


@click.command(
    epilog=examples(
        "verify dump/ --json",
        "verify EF_SOD.bin --trust DE_ROOT_CA.cer --trust DE_ML.ml --at 2024-06-01",
        "verify dump/ --mrz 'P<UTOERIKSSON<<ANNA<MARIA<<...' --mrz 'L898902C36UTO...'",
    )
)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--trust",
    "material",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Certificates, master lists, LDIF or CRLs to trust for this call only; again for more;"
    " default: what the configuration trusts.",
)
@click.option("--at", type=moment, help="Verify as of this moment; default: now.")
@click.option("--mrz", "printed", multiple=True, help="The printed MRZ: whole, or line by line.")
@store_option
@own_config_option
@policy_option
@json_option
@runs("tools.gatectl.verify:verify")
def command() -> None:
    """Verify the dumped files of a chip.

    PATH is a folder (EF_SOD.bin, EF_COM.bin, DG1.bin ...) or EF.SOD.

    The last lines say what the gate would decide, or what it would examine besides: nobody asks a
    chip here.  Exit 1 when a check failed or the gate would refer the traveller.
    """

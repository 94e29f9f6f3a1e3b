"""gatectl read: a document on a PC/SC reader, step by step, with every check."""

from __future__ import annotations

from pathlib import Path

import click

from tools.command_line import runs
from tools.gatectl.commands.options import (
    FOLDER,
    examples,
    json_option,
    own_config_option,
    policy_option,
    store_option,
)


@click.command(
    epilog=examples(
        "read --mrz L898902C3/740812/120415",
        "read --mrz 'P<UTOERIKSSON<<ANNA...' --mrz 'L898902C36UTO...' --trust csca.der",
        "read --mrz - --json",
        "read --can 123456 --reader ACR1252 --trust var/trust",
    )
)
@click.option("--reader", default="", help="Part of the reader's name; default: contactless ones.")
@click.option(
    "--mrz", "lines", multiple=True, help="A line of the MRZ, NUMBER/BIRTH/EXPIRY, or - for stdin."
)
@click.option("--can", help="The card access number, six digits.")
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Certificates, master lists, LDIF or CRLs, files or folders, beside what is imported;"
    " default: what the configuration trusts.",
)
@store_option
@own_config_option
@policy_option
@click.option("--wait", "wait_s", default=30.0, help="Seconds to wait for a document.")
@click.option("--show", is_flag=True, help="Print the holder's MRZ as well.")
@click.option(
    "--save",
    type=FOLDER,
    help="A new folder for the files as read; specimens, or a gate in training, only.",
)
@json_option
@runs("tools.gatectl.read:read")
def command() -> None:
    """Read and check a document on a PC/SC reader.

    Every check is the gate's own.

    The chip is read and judged by [chip], [trust] and the policy of the configuration.  The last
    lines say what the gate would decide; for the whole answer give every line of the MRZ.

    Nothing personal is printed unless --show asks for it.  Exit 1 when the document cannot be read,
    a check failed, or the gate would refer the traveller.
    """

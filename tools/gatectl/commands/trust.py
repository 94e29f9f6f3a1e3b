"""gatectl trust: master lists, LDIF, revocation lists and certificates into the trust store."""

from __future__ import annotations

from pathlib import Path

import click

from tools.command_line import runs
from tools.gatectl.commands.options import examples, json_option, store_option
from tools.gatectl.moments import moment

IMPORT = (
    "trust import DE_ROOT_CA.cer DE_ML.ml",
    "trust import icaopkd-001.ldif icaopkd-002.ldif --dry-run --json",
)
LIST = "trust list"
SHOW = ("trust show FR", "trust show 03b6caf0 --json")
PRUNE = "trust prune --dry-run"
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be; change nothing.")
at_option = click.option("--at", type=moment, help="Judge as of this moment; default: now.")


@click.group(epilog=examples(*IMPORT, LIST, *SHOW, PRUNE))
def group() -> None:
    """Keep the certificates that documents are verified with.

    Certificates given as files of their own are roots: you vouch for them.  A master list is
    accepted only under the root of the state that publishes it.
    """


@group.command(name="import", epilog=examples(*IMPORT))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@store_option
@at_option
@dry_run_option
@json_option
@runs("tools.gatectl.trust:import_")
def import_() -> None:
    """Import FILEs into the trust store.

    They are certificates (DER, PEM, PKCS#7), master lists, LDIF, CRLs, deviation lists.

    Every certificate ends as trusted, as link, or rejected with a reason.  Exit 1 when a file, or a
    list in it, is refused as a whole; the others are imported all the same.
    """


@group.command(name="list", epilog=examples(LIST))
@store_option
@json_option
@runs("tools.gatectl.trust:list_")
def list_() -> None:
    """List what is trusted, by country."""


@group.command(epilog=examples(*SHOW))
@click.argument("which")
@store_option
@json_option
@runs("tools.gatectl.trust:show")
def show() -> None:
    """Show what is trusted of WHICH.

    WHICH is the two letters of a country, or the beginning of a SHA-256.
    """


@group.command(epilog=examples(PRUNE))
@store_option
@at_option
@dry_run_option
@json_option
@runs("tools.gatectl.trust:prune")
def prune() -> None:
    """Remove expired certificates.

    What is trusted only through them goes too.

    A revocation list that is due for replacement stays: what it revokes is still revoked.
    """

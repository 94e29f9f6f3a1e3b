"""Options that several commands take, and how they show examples."""

from __future__ import annotations

from pathlib import Path

import click

from edge.__main__ import INSTALLED
from tools import shipped

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
config_option = click.option(
    "--config",
    type=FILE,
    default=INSTALLED,
    show_default=True,
    help="The configuration of the gate.",
)
own_config_option = click.option(
    "--config",
    type=FILE,
    help=f"The configuration of the gate; default: {INSTALLED}, where it is.",
)
policy_option = click.option(
    "--policy",
    type=FILE,
    help="The policy to decide by; default: that of the configuration, else the example policy.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
store_option = click.option(
    "--store",
    type=FOLDER,
    default=shipped.trust_store,
    envvar="EGATE_TRUST",
    help="The folder of the trust store; default: var/trust.",
)
manifest_option = click.option(
    "--manifest",
    type=FILE,
    default=shipped.manifest,
    help="The manifest; default: models/manifest.toml.",
)
weights_option = click.option(
    "--weights",
    type=FOLDER,
    default=shipped.weights,
    help="The folder of the prepared files; default: models/weights.",
)


def examples(*lines: str) -> str:
    """The end of a help: lines to copy."""
    title = "Examples:" if len(lines) > 1 else "Example:"
    return "\n".join(("\b", title, *(f"  gatectl {line}" for line in lines)))

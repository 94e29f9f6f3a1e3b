"""Files that ship with the program: config/ and models/ lie beside the packages.

That is the top of a checkout, and `site-packages` of an environment with the wheel.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def config(name: str) -> Path:
    """A file of config/."""
    return beside(f"config/{name}")


def models(name: str) -> Path:
    """A file of models/."""
    return beside(f"models/{name}")


def beside(name: str) -> Path:
    """A place beside the packages.

    Neither config/ nor models/ is a package, so that they are found from one that is.
    """
    return Path(str(files("tools"))).parent / name


def manifest() -> Path:
    """The manifest of the models."""
    return models("manifest.toml")


def weights() -> Path:
    """Where the prepared models go."""
    return beside("models/weights")


def portraits() -> Path:
    """Where the photographs go that specimens are issued with."""
    return weights() / "portraits"


def trust_store() -> Path:
    """Where `gatectl trust import` keeps what it accepted."""
    return beside("var/trust")


def virtual_lane() -> Path:
    """The configuration of the virtual lane."""
    return config("gate.virtual.toml")

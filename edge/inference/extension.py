"""A manifest that adds models to the shipped one, which is updated without it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge.errors import SettingsError
from edge.settings.loader import Table, read_toml

EXTENDS: Final = "extends"
"""The key that names the manifest to add to, from the folder of the file."""
ADDED: Final = ("packages", "models")
"""Tables that both files may have; a name stands in one of them."""
REPLACED: Final = "comparison"
"""The table that replaces the shipped one as a whole: a half of each was measured by nobody."""


def read_extended(path: Path) -> Table:
    """Read a manifest, and the one it extends, as one table.

    Raises:
        SettingsError: a file cannot be read, both have a model or a package of one name, or the
            file has tables that only the shipped manifest has.
    """
    table = _read(path)
    if EXTENDS not in table:
        return table
    named = table.pop(EXTENDS)
    if not isinstance(named, str):
        raise SettingsError(f"{path}: key `{EXTENDS}`: the path of a manifest is wanted")
    base_path = path.parent / named
    base = _read(base_path)
    if EXTENDS in base:
        raise SettingsError(f"{path}: {base_path} extends a manifest itself; name the shipped one")
    for part in table:
        if part not in {*ADDED, REPLACED}:
            raise SettingsError(
                f"{path}: `{part}` is that of {base_path}; a manifest that extends another has"
                f" {', '.join(ADDED)} and {REPLACED}"
            )
    for part in ADDED:
        _refuse_twice(part, base.get(part), table.get(part), path)
        table[part] = {**base.get(part, {}), **table.get(part, {})}
    return {**base, **table}


def _read(path: Path) -> Table:
    """A manifest whose models name packages by name, and files of this computer by whole paths."""
    table = read_toml(path)
    models, packages = table.get("models"), table.setdefault("packages", {})
    if not isinstance(models, dict) or not isinstance(packages, dict):
        return table  # the form is judged later, with the name of the key
    for name, model in models.items():
        if not isinstance(model, dict):
            continue
        package = model.get("package")
        if isinstance(package, dict):
            _refuse_twice("packages", packages, {name: package}, path)
            packages[name] = package
            model["package"] = name
        elif package is None and isinstance(model.get("file"), str):
            model["file"] = str(path.parent.absolute() / model["file"])
    return table


def _refuse_twice(part: str, some: object, others: object, path: Path) -> None:
    if isinstance(some, dict) and isinstance(others, dict):
        for name in others:
            if name in some:
                raise SettingsError(
                    f"{path}: there is a [{part}.{name}] already; give yours another name"
                )

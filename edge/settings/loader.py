"""Reads a TOML file into a section; an error names the file, the key and what to do."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge.errors import SettingsError
from edge.files.reading import read_named
from edge.settings.section import Section

M = TypeVar("M", bound=BaseModel)
Table: TypeAlias = dict[str, Any]  # what tomllib gives: its values are not known yet


def read_toml(path: Path) -> Table:
    """Read a TOML file; SettingsError when it cannot be read, is too large or is not TOML."""
    return parse_toml(read_named(path), path)


def parse_toml(content: bytes, path: Path) -> Table:
    """Parse the content of a file; SettingsError when it is not TOML."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not a TOML file: {error}") from None


def validate(model: type[M], data: Mapping[str, object], source: str) -> M:
    """Validate data; SettingsError names in one line the first error."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A misspelt key is also a missing one: name the misspelling.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise SettingsError(f"{source}: {_explain(first, model)}") from None


def resolved(section: M, folder: Path) -> M:
    """Make every path of a section and its sections absolute, from the folder of the file."""
    return section.model_copy(
        update={
            name: _resolve(getattr(section, name), folder) for name in type(section).model_fields
        }
    )


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"key `{key}` is missing"
    if error["type"] != "extra_forbidden":
        reason = error.get("ctx", {}).get("error") or error["msg"].lower()
        return f"key `{key}`: {reason}" if key else str(reason)
    near = difflib.get_close_matches(str(error["loc"][-1]), _keys(model, error["loc"][:-1]), n=1)
    return f"unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else "")


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys a table may have, at a location inside a model."""
    for part in location:
        if isinstance(part, int):
            continue  # one of a list of tables, all alike
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        tables = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        if not tables:
            return []
        model = tables[0]
    return [field.alias or name for name, field in model.model_fields.items()]


def _resolve(value: object, folder: Path) -> object:
    match value:
        case Path():
            return Path(os.path.normpath(folder / value))
        case tuple():
            return tuple(_resolve(item, folder) for item in value)
        case Section():
            return resolved(value, folder)
        case _:
            return value

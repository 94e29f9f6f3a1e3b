"""A mutant: one small fault in one module, and how it is named from run to run."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the core, parsed."""

    name: str
    path: Path
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault; `apply` puts it into the tree of its module, for good."""

    module: Module
    function: str
    """Qualified name; empty for what the module does when it is imported."""
    source: str
    """The text of the function, or of the statement of the module."""
    line: int
    was: str
    becomes: str
    ordinal: int
    """Counts the mutants of one function that read alike."""
    apply: Callable[[], None]

    @property
    def key(self) -> str:
        """The name a verdict is kept under; another one when the function changes."""
        parts = (self.module.name, self.function, self.source, self.was, self.becomes)
        text = "\0".join((*parts, str(self.ordinal)))
        return hashlib.sha256(text.encode()).hexdigest()

    @override
    def __str__(self) -> str:
        where = f"{self.module.name.replace('.', '/')}.py:{self.line}"
        return f"{where} {self.function or '(module)'}: {self.was}  ->  {self.becomes}"

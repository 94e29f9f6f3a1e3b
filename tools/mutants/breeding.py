"""Finds every mutant of a module: what is code in it, and what could be written instead."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tools.mutants.mutant import Module, Mutant
from tools.mutants.operators import Enums, replacements

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NOT_CODE = {
    "annotation",
    "returns",
    "decorator_list",
    "bases",
    "keywords_of_class",
    "type_params",
    "exc",  # the words of an error are for people
}


def modules(root: Path, package: str) -> list[Module]:
    """Parse every module of a package of `edge`, such as "gate"; ValueError if there is none."""
    folder = root / "edge" / package
    single = folder.with_suffix(".py")
    paths = [single] if single.is_file() else sorted(folder.rglob("*.py"))
    if not paths:
        raise ValueError(f"edge has no package {package!r}")
    return [_parsed(root, path) for path in paths]


def _parsed(root: Path, path: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, ast.parse(path.read_text(encoding="utf-8")))


def enumerations(trees: Iterable[ast.Module]) -> Enums:
    """Collect the members of every enumeration that the modules define."""
    return {
        each.name: tuple(
            target.id
            for line in each.body
            if isinstance(line, ast.Assign)
            for target in line.targets
            if isinstance(target, ast.Name)
        )
        for tree in trees
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef) and any("Enum" in ast.unparse(b) for b in each.bases)
    }


def mutants(module: Module, enums: Enums) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for mutant in _bred(module, enums):
        reads = (mutant.function, mutant.was, mutant.becomes)
        found.append(replace(mutant, ordinal=seen[reads]))
        seen[reads] += 1
    return found


def _bred(module: Module, enums: Enums) -> Iterator[Mutant]:
    for place in _places(module.tree, "", ""):
        for other in replacements(place.node, enums):
            ast.copy_location(other, place.node)
            yield Mutant(
                module,
                place.function,
                place.source,
                getattr(place.node, "lineno", place.line),
                _shown(place.node),
                _shown(other),
                0,
                lambda place=place, other=other: place.put(other),  # type: ignore[misc]  # bound now
            )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node hangs in the tree."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    function: str
    source: str
    line: int

    def put(self, other: ast.AST) -> None:
        """Hang another node there."""
        if self.index is None:
            setattr(self.parent, self.field, other)
        else:
            getattr(self.parent, self.field)[self.index] = other


def _places(parent: ast.AST, function: str, source: str, line: int = 0) -> Iterator[_Place]:
    for field, value in ast.iter_fields(parent):
        if _is_no_code(parent, field):
            continue
        several = isinstance(value, list)
        for index, node in enumerate(value if several else [value]):
            if not isinstance(node, ast.AST) or _says_nothing(node):
                continue
            name, text = _scope(node, function, source)
            here = getattr(node, "lineno", line)
            yield _Place(node, parent, field, index if several else None, name, text, here)
            yield from _places(node, name, text, here)


def _is_no_code(parent: ast.AST, field: str) -> bool:
    of_class = isinstance(parent, ast.ClassDef) and field == "keywords"
    alias = isinstance(parent, ast.AnnAssign) and "TypeAlias" in ast.unparse(parent.annotation)
    return field in _NOT_CODE or of_class or alias


def _says_nothing(node: ast.AST) -> bool:
    """Docstrings, texts put together for people, imports, exports, types, what is unreachable."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Assign(targets=[ast.Name("__all__")]):
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
        case ast.keyword(arg="usedforsecurity"):  # for OpenSSL in FIPS mode only
            return True
        case _:
            return False


def _scope(node: ast.AST, function: str, source: str) -> tuple[str, str]:
    """The function that a node belongs to, or the statement of the module."""
    if isinstance(node, _SCOPES):
        name = f"{function}.{node.name}" if function else node.name
        return name, ast.unparse(node)
    if not function and isinstance(node, ast.stmt):
        return "", ast.unparse(node)
    return function, source


def _shown(node: ast.AST) -> str:
    """The first line of a node as text."""
    match node:
        case ast.match_case():
            guard = f" if {ast.unparse(node.guard)}" if node.guard else ""
            return f"case {ast.unparse(node.pattern)}{guard}"
        case ast.If() | ast.While() | ast.IfExp():
            return f"if {ast.unparse(node.test)}"
        case _:
            return ast.unparse(node)

"""The import contracts of pyproject.toml, and what they call pure."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
PURE = sorted(
    path
    for module in CONTRACTS["pure"]["source_modules"]
    for place in [ROOT / module.replace(".", "/")]
    for path in (place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")])
)
ALLOWED = {"edge", *CONTRACTS["pure"]["allowed_modules"]}
WAITING = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
# fmt: off
IMPURE_CALLS = {
    "__import__", "default_rng", "eval", "exec", "fromfile", "generate_private_key",
    "import_module", "input", "monotonic", "now", "open", "perf_counter", "print", "read_bytes",
    "read_text", "sleep", "time", "today", "urandom", "utcnow", "write_bytes", "write_text",
}
# fmt: on


def impurities(tree: ast.Module) -> list[str]:
    """What a pure module must not have, each with its line."""
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, WAITING)
        or (isinstance(node, ast.Import | ast.ImportFrom) and imports(node) - ALLOWED)
        or (isinstance(node, ast.Call) and called(node) in IMPURE_CALLS)
    ]


def imports(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    return {name.partition(".")[0] for name in names}


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""

"""Parts are complete when they are built: nothing is set later, no callback is silent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EDGE = ROOT / "edge"
PRODUCTS = (EDGE, ROOT / "tools/central")
BUILDERS = (
    EDGE / "daemon.py",
    *sorted((EDGE / "composition").glob("*.py")),
    ROOT / "tools/central/operations.py",
    ROOT / "tools/central/supervisor.py",
)


def set_on_others(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Attributes of anything but `self` that are assigned to."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and not (isinstance(node.value, ast.Name) and node.value.id == "self")
        ):
            yield node


def defaults(tree: ast.Module) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """What is annotated and has a value: parameters, fields, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.annotation, node.value
        if isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            given = positional[len(positional) - len(node.defaults) :]
            for parameter, default in zip(given, node.defaults, strict=True):
                yield parameter.annotation, default
            for parameter, value in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                if value is not None:
                    yield parameter.annotation, value


def idle_functions(tree: ast.Module) -> set[str]:
    """Functions whose body is a docstring and nothing else."""
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and all(isinstance(each, ast.Expr | ast.Pass) for each in node.body)
    }


def silent_callbacks(tree: ast.Module) -> Iterator[int]:
    """Lines where a callback has a default that does nothing, or always says the same."""
    idle = idle_functions(tree)
    for annotation, value in defaults(tree):
        if annotation is not None and "Callable" in ast.unparse(annotation):
            for node in ast.walk(value):
                constant = isinstance(node, ast.Lambda) and isinstance(node.body, ast.Constant)
                if constant or (isinstance(node, ast.Name) and node.id in idle):
                    yield value.lineno


@pytest.mark.parametrize("path", BUILDERS, ids=lambda path: path.name)
def test_a_builder_sets_nothing_on_a_part_it_has_built(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [f"line {node.lineno}: {ast.unparse(node)}" for node in set_on_others(tree)] == []


def test_no_callback_does_nothing_by_default() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for product in PRODUCTS
        for path in sorted(product.rglob("*.py"))
        for line in silent_callbacks(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "def f(tell: Callable[[], None] = lambda: None): ...",
        "def f(*, tell: Callable[[int], bool] = lambda _: True): ...",
        "class A:\n    tell: Callable[[str], None] = field(default=lambda _: None)",
        "class A:\n    def __init__(self):\n        self.tell: Callable[[], bool] = lambda: False",
        "def ignore():\n    '''Nothing.'''\nclass A:\n    tell: Callable[[], None] = ignore",
    ],
)
def test_each_kind_of_silent_default_is_found(code: str) -> None:
    assert list(silent_callbacks(ast.parse(code)))


def test_a_slot_that_is_filled_later_is_found() -> None:
    code = "def build():\n    loop = Loop()\n    self.lane = loop\n    loop.runner.told = print"
    (found,) = set_on_others(ast.parse(code))
    assert ast.unparse(found) == "loop.runner.told"

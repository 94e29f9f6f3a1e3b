"""What a contract of allowed imports keeps and refuses, on graphs of a few modules."""

from __future__ import annotations

import pytest
from grimp import ImportGraph

from tools.scripts.allowed_imports import FOUND, AllowedImports


def graph_of(*imports: tuple[str, str]) -> ImportGraph:
    graph = ImportGraph()
    for name in ("our", "our.core", "our.core.deep", "our.lower", "our.lowered", "our.shell"):
        graph.add_module(name)
    for name in ("math", "os"):
        graph.add_module(name, is_squashed=True)
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported)
    return graph


def contract(allowed: list[str], *, external: bool = False) -> AllowedImports:
    options = {
        "source_modules": ["our.core"],
        "allowed_modules": allowed,
        "external": str(external),
    }
    return AllowedImports("core", {"root_packages": ["our"]}, options)


def found(*imports: tuple[str, str], external: bool = False) -> list[str]:
    check = contract(["our.lower", "math"], external=external).check(graph_of(*imports), False)
    refused: list[str] = check.metadata[FOUND]
    assert check.kept is not bool(refused)
    return refused


def test_its_own_modules_and_what_is_listed_may_be_imported() -> None:
    assert found(("our.core", "our.core.deep"), ("our.core.deep", "our.lower")) == []


def test_everything_else_of_the_project_is_refused_whatever_its_name_begins_with() -> None:
    assert found(("our.core.deep", "our.shell"), ("our.core", "our.lowered")) == [
        "our.core -> our.lowered",
        "our.core.deep -> our.shell",
    ]


def test_what_others_import_is_their_affair() -> None:
    assert found(("our.core", "our.lower"), ("our.lower", "our.shell")) == []


@pytest.mark.parametrize(("external", "refused"), [(False, []), (True, ["our.core -> os"])])
def test_other_projects_are_asked_about_only_where_the_contract_says_so(
    external: bool, refused: list[str]
) -> None:
    assert found(("our.core", "os"), ("our.core", "math"), external=external) == refused


def test_a_module_that_does_not_exist_is_no_silent_gap() -> None:
    with pytest.raises(ValueError, match=r"do not exist: \['our.lowerr'\]"):
        contract(["our.lowerr"]).check(graph_of(), False)

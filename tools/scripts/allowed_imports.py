"""A contract for import-linter: packages import themselves and what is listed, and nothing else.

A list of what is forbidden misses whatever is new; a list of what is allowed refuses it.
"""

from __future__ import annotations

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.imports import Module
from typing_extensions import override

FOUND = "not_allowed"


class AllowedImports(Contract):
    """Direct imports only: what an allowed module imports is that module's affair.

    With `external = true` the standard library and other projects must be listed as well.
    """

    source_modules = fields.SetField(subfield=fields.ModuleField())
    allowed_modules = fields.SetField(subfield=fields.ModuleField())
    external = fields.BooleanField(required=False, default=False)

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find every import that leaves the sources for anything that is not allowed."""
        sources, allowed = _names(self.source_modules), _names(self.allowed_modules)
        own = set(cast("list[str]", self.session_options["root_packages"]))
        every = cast("bool", self.external)
        missing = sorted(
            name for name in sources | allowed if _within(name, own) and name not in graph.modules
        )
        if missing:
            raise ValueError(f"contract `{self.name}` names modules that do not exist: {missing}")
        found = [
            f"{importer} -> {imported}"
            for importer in sorted(graph.modules)
            if _within(importer, sources)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if (every or _within(imported, own)) and not _within(imported, sources | allowed)
        ]
        return ContractCheck(kept=not found, metadata={FOUND: found})

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the imports, one a line."""
        for line in check.metadata[FOUND]:
            output.print_error(line, bold=False)


def _names(modules: object) -> set[str]:
    """The names in a field; import-linter replaces the field by its values in each contract."""
    return {module.name for module in cast("set[Module]", modules)}


def _within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)

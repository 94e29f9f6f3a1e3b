"""Writes the list of all log events into docs/runbook.md, from the calls in the code.

Run it after a log call has changed: `python -m tools.scripts.log_events`.  Events, levels and
fields are found in the syntax trees; meaning and advice stand in `tools/scripts/log_meanings.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.scripts.log_meanings import MEANINGS, Explanation

ROOT: Final = Path(__file__).parents[2]
RUNBOOK: Final = ROOT / "docs/runbook.md"
BEGIN: Final = "<!-- begin: written by python -m tools.scripts.log_events -->\n"
END: Final = "<!-- end -->\n"
LEVELS: Final = ("debug", "info", "warning", "error", "exception", "critical")
CENTRAL: Final = "tools/central/"
MADE: Final = "log = structlog.get_logger()"
NAME: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
PAST: Final = re.compile(r"_(?:[a-z]+ed|lost|begun|sent|left|found|read|written|known)(?:_|$)")


class BadLogCall(Exception):
    """A log call that says too little about itself; the message names its place."""


@dataclass(frozen=True, slots=True)
class LogCall:
    """One place that logs an event."""

    event: str
    level: str
    fields: tuple[str, ...]
    path: str


def calls(source: str, path: str) -> list[LogCall]:
    """The log calls of a module.

    Raises:
        BadLogCall: an event is no literal past fact, or a logger is used in another way.
    """
    nodes = list(ast.walk(ast.parse(source)))
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    imports = [line for line in imports if "structlog" in line]
    if not imports:
        return []
    loggers = [node for node in nodes if isinstance(node, ast.Assign) and ast.unparse(node) == MADE]
    found = [node for node in nodes if isinstance(node, ast.Call) and _is_log(node.func)]
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    is_made_well = imports == ["import structlog"] and names.count("structlog") == len(loggers)
    if not is_made_well or names.count("log") != len(found) + len(loggers):
        raise BadLogCall(f"{path}: `{MADE}` makes a logger, and only `log.<level>()` is called")
    return [_call(call, path) for call in found]


def _is_log(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "log"
        and node.attr in LEVELS
    )


def _call(call: ast.Call, path: str) -> LogCall:
    where = f"{path}:{call.lineno}"
    match call.args:
        case [ast.Constant(value=str(event))] if NAME.fullmatch(event) and PAST.search(event):
            pass
        case _:
            raise BadLogCall(f"{where}: an event is one literal past fact, such as device_lost")
    fields = {keyword.arg for keyword in call.keywords}
    if None in fields:
        raise BadLogCall(f"{where}: each field is named in the call")
    level = ast.unparse(call.func).rpartition(".")[2]
    if level == "exception" or "exc_info" in fields:
        fields = fields - {"exc_info"} | {"exception"}
    names = tuple(sorted(str(field) for field in fields))
    return LogCall(event, "error" if level == "exception" else level, names, path)


def collected(folders: tuple[str, ...] = ("edge", "drivers", "tools")) -> list[LogCall]:
    """Every log call of the programs.

    Raises:
        BadLogCall: as of `calls`.
    """
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [call for path in paths for call in _calls_of(path)]


def _calls_of(path: Path) -> Iterator[LogCall]:
    name = path.relative_to(ROOT).as_posix()
    if name != "edge/host/telemetry.py":
        yield from calls(path.read_text(encoding="utf-8"), name)


def rendered(meanings: Mapping[str, Explanation] = MEANINGS) -> str:
    """The list as it stands in the runbook."""
    every = collected()
    central = [call for call in every if call.path.startswith(CENTRAL)]
    gate = [call for call in every if not call.path.startswith(CENTRAL)]
    parts = [("egated", gate), ("egate-central", central)]
    return "\n".join(f"### {name}\n{_table(calls, meanings)}" for name, calls in parts)


def _table(found: list[LogCall], meanings: Mapping[str, Explanation]) -> str:
    rows = ["| event | level | fields | meaning | what to do |", "|---|---|---|---|---|"]
    for call in sorted({call.event: call for call in found}.values(), key=lambda each: each.event):
        said = meanings[call.event]
        fields = " ".join(f"`{field}`" for field in call.fields)
        rows.append(
            f"| `{call.event}` | {call.level} | {fields} | {said.meaning} | {said.advice} |"
        )
    return "\n".join(rows) + "\n"


def parts_of(text: str) -> tuple[str, str, str]:
    """The runbook before the list, the list, and the rest."""
    before, _, rest = text.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before + BEGIN, inside, END + after


def main() -> None:
    """Write the list."""
    before, _, after = parts_of(RUNBOOK.read_text(encoding="utf-8"))
    RUNBOOK.write_text(before + rendered() + after, encoding="utf-8")


if __name__ == "__main__":
    main()

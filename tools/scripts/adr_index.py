"""The index of the decisions, docs/adr/README.md: `python -m tools.scripts.adr_index` writes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "docs/adr"
INDEX: Final = FOLDER / "README.md"
_TITLE: Final = re.compile(r"# (\d+)\. (.+)")
_STATUS: Final = re.compile(r"Status: (.+)")
_HEAD: Final = """# Decisions

Why things are as they are, one record each, in the order of their making. A record is not rewritten
when a later one changes it: its status says which does. A new one takes the next free number;
`python -m tools.scripts.adr_index` writes this page.

| | Decision | Status |
|---|---|---|
"""


def records() -> list[Path]:
    """Every record, in order."""
    return sorted(path for path in FOLDER.glob("*.md") if path != INDEX)


def row(path: Path) -> str:
    """The line of one record; ValueError where its title or status is not as in the others."""
    text = path.read_text(encoding="utf-8")
    title, status = _TITLE.match(text), _STATUS.search(text)
    if title is None or status is None or int(title[1]) != int(path.name[:4]):
        raise ValueError(f"{path.name} begins with `# NUMBER. Title`, then `Status: ...`")
    return f"| {title[1]} | [{title[2]}]({path.name}) | {status[1].rstrip('.')} |\n"


def rendered() -> str:
    """The page."""
    return _HEAD + "".join(map(row, records()))


if __name__ == "__main__":
    INDEX.write_text(rendered(), encoding="utf-8")

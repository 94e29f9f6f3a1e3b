"""The site of `make docs`: every document, with the files that documents link to, and the API."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ROOT / "var/site/pages"
HTML: Final = ROOT / "var/site/html"
CONFIGURATION: Final = ROOT / "docs/site/mkdocs.yml"
DOCUMENTS: Final = ("*.md", "docs/**/*.md", "models/*.md")
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)#\s:]+)(?:#[^)]*)?\)")


def documents() -> list[Path]:
    """Every document of the repository that becomes a page."""
    return sorted(path for pattern in DOCUMENTS for path in ROOT.glob(pattern))


def linked(document: Path) -> set[Path]:
    """The files a document links to, pages aside."""
    found = _LINK.findall(document.read_text(encoding="utf-8"))
    paths = {(document.parent / link).resolve() for link in found}
    return {path for path in paths if path.is_file() and path.suffix != ".md"}


def lay_together() -> None:
    """Copy what the site is made of, where it lies in the repository, so that links hold."""
    shutil.rmtree(PAGES, ignore_errors=True)
    pages = documents()
    for path in {*pages, *(each for page in pages for each in linked(page))}:
        target = PAGES / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def main() -> None:
    """Build; exit 1 when anything was warned of."""
    lay_together()
    # Not --quiet: with it, --strict counts no warning.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file"]
    built = subprocess.run(  # noqa: S603
        [*command, str(CONFIGURATION)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if built.returncode:
        print(built.stdout, end="")
    else:
        print(f"egate: the site is in {HTML.relative_to(ROOT)}; open index.html")
    sys.exit(built.returncode)


if __name__ == "__main__":
    main()

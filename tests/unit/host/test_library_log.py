"""What a library complains of is known, and what it says of a document is not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from edge.host import telemetry
from edge.host.library_log import LibraryLog

SECRET = "L898902C36UTO7408122F1204159"  # noqa: S105  # Doc 9303's specimen


@pytest.fixture
def library() -> Iterator[logging.Logger]:
    found = logging.getLogger("some.library")
    found.propagate = False
    found.addHandler(LibraryLog())
    yield found
    found.handlers.clear()
    found.propagate = True


def test_a_warning_is_logged_by_the_name_of_its_library_without_its_words(
    library: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure()
    library.warning("cannot read %s", SECRET)
    try:
        raise ValueError(SECRET)  # noqa: TRY301
    except ValueError:
        library.exception("failed over %s", SECRET)
    library.info("nobody needs this")
    output = capsys.readouterr()
    assert SECRET not in output.out + output.err
    first, second = (json.loads(line) for line in output.out.splitlines())
    assert first["event"] == second["event"] == "library_warned"
    assert first["library"] == second["library"] == "some.library"
    assert second["exception"].startswith("ValueError at test_library_log.py:")

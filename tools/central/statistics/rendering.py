"""A report as a table for people, as CSV, as JSON."""

from __future__ import annotations

import csv
import io
import json

from tools.central.statistics.report import Report, Value

HIDDEN = "*"


def as_table(report: Report) -> str:
    """One block of lines a column of the report, since there are many; groups side by side."""
    if not report.rows:
        return "nothing to count in that time; training counts with --simulated only\n"
    heads = [str(row[0]) for row in report.rows]
    lines = [["", *heads]]
    for place, name in enumerate(report.columns[1:], 1):
        lines.append([name, *(_word(row[place]) for row in report.rows)])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    text = ""
    for line in lines:
        first, *others = line
        cells = [word.rjust(width) for word, width in zip(others, widths[1:], strict=True)]
        text += "  ".join([first.ljust(widths[0]), *cells]).rstrip() + "\n"
    note = f"{HIDDEN}: not told, to protect groups of fewer than {report.smallest_count} people"
    return f"{text}{note}, or nothing there to tell\n"


def as_csv(report: Report) -> str:
    """RFC 4180; what is not told is empty."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(report.columns)
    writer.writerows(report.rows)
    return output.getvalue()


def as_json(report: Report) -> str:
    """What is not told is null."""
    content = {"by": report.by, "smallest_count": report.smallest_count, "rows": report.records()}
    return json.dumps(content, indent=2) + "\n"


def _word(value: Value) -> str:
    if value is None:
        return HIDDEN
    return f"{value:g}" if isinstance(value, float) else str(value)

"""A report as pictures, drawn without a screen; only what the report tells is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.errors import SettingsError
from tools.central.statistics.report import COVERAGE, PARTS, Report, Value

try:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError as missing:  # pragma: no cover  # the extra `central` is not installed
    raise SettingsError(
        "plots need matplotlib: pip install -r requirements/central.lock"
    ) from missing

LARGEST_GROUPS = 40


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw throughput, step times, reasons and signature coverage; the files that were written.

    Raises:
        SettingsError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _save(figure, folder / f"{name}-by-{report.by}.png")
            for name, figure in figures(report).items()
        ]
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror or error}") from error


def figures(report: Report) -> dict[str, Figure]:
    """The pictures by name."""
    rows = report.records()[:-1][:LARGEST_GROUPS]
    groups = [str(row[report.by]) for row in rows]
    reasons = [name for name in report.columns if name.startswith("R-")]
    steps = [name for name in report.columns if name.endswith("_ms_p95")]
    pictures = {
        "throughput": ("Passages", PARTS),
        "signature-coverage": ("Documents with a chip", COVERAGE),
        "reasons": ("Referrals by reason", reasons),
    }
    drawn = {}
    for name, (title, columns) in pictures.items():
        drawn[name], axes = _figure(title, report.by, groups)
        _stack(axes, groups, columns, rows)
    drawn["step-times"], axes = _figure("Step times, 95th percentile (s)", report.by, groups)
    for step in steps:
        values = [(row[step] or float("nan")) for row in rows]
        seconds = [float(value) / 1000 for value in values]
        axes.plot(groups, seconds, marker="o", label=step.removesuffix("_ms_p95"))
    _legend(axes)
    return drawn


def _figure(title: str, by: str, groups: Sequence[str]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(max(6.0, 0.4 * len(groups)), 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(by)
    axes.tick_params(axis="x", labelrotation=60)
    return figure, axes


def _stack(
    axes: Axes, groups: Sequence[str], columns: Sequence[str], rows: Sequence[Mapping[str, Value]]
) -> None:
    """Bars on top of each other; of what is not told only the total is drawn, where it is told."""
    if columns == PARTS and rows:
        total = [float(row["transactions"] or 0) for row in rows]
        axes.bar(groups, total, fill=False, edgecolor="grey", label="transactions")
    base = [0.0] * len(groups)
    for column in columns:
        heights = [float(row[column] or 0) for row in rows]
        if any(heights):
            axes.bar(groups, heights, bottom=base, label=column)
            base = [low + height for low, height in zip(base, heights, strict=True)]
    _legend(axes)


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="small")
    else:
        axes.text(0.5, 0.5, "nothing that may be told", ha="center", transform=axes.transAxes)


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=110)
    return path

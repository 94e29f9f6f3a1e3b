"""DET and ROC curves, as SVG files that are the same for the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError
from tools.evaluation.calibrate.report import Measured

if TYPE_CHECKING:  # it is not on a gate
    from matplotlib.axes import Axes

SIZE: Final = (6.0, 4.5)
DEVIATES: Final = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2)


def draw(measured: Sequence[Measured], folder: Path, name: str) -> list[Path]:
    """Write NAME-det.svg and NAME-roc.svg.

    Raises:
        SettingsError: matplotlib is missing, or there is no writing.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415  # not on a gate

        mpl.use("Agg")
        import matplotlib.pyplot as plt  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError("plots need matplotlib: pip install 'egate[central]'") from error
    mpl.rcParams.update({"svg.hashsalt": "egate", "svg.fonttype": "none"})
    made = []
    for kind, fill in (("det", _det), ("roc", _roc)):
        figure, axes = plt.subplots(figsize=SIZE, layout="constrained")
        for each in measured:
            fill(axes, each)
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        path = folder / f"{name}-{kind}.svg"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, metadata={"Date": None})
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from error
        plt.close(figure)
        made.append(path)
    return made


def _det(axes: Axes, measured: Measured) -> None:
    matched, missed = measured.found.curve()
    axes.plot(_deviates(matched), _deviates(missed), label=measured.name)
    ticks = _deviates(np.array(DEVIATES))
    labels = [f"{100 * rate:g} %" for rate in DEVIATES]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_ylim(_deviates(np.array([1e-3]))[0], ticks[-1])
    axes.set_xlabel("false match rate")
    axes.set_ylabel("false non-match rate")


def _roc(axes: Axes, measured: Measured) -> None:
    matched, missed = measured.found.curve()
    axes.semilogx(matched, 100 * (1 - missed), label=measured.name)
    axes.set_ylim(85, 100)
    axes.set_xlim(1e-6, 1)
    axes.set_xlabel("false match rate")
    axes.set_ylabel("true matches, %")


def _deviates(rates: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where a rate stands on an axis on which normal scores give straight lines."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(float(np.clip(rate, 1e-9, 1 - 1e-9))) for rate in rates])

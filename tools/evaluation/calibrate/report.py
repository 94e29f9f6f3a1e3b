"""What was measured, as a table of a model card and as lines of the manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.contract.rates.interval import Interval
from edge.errors import SettingsError
from edge.inference.manifest import Comparison, Evidence, GroupRate, Share
from tools.evaluation.calibrate.groups import Group, Measurement
from tools.evaluation.calibrate.people import Pairs, Picture
from tools.evaluation.calibrate.rates import Confidence, Scores

RATES: Final = ("1e-2", "1e-3", "1e-4", "1e-5", "1e-6")
PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """One calibration: on whom, and what came of it."""

    name: str
    people: int
    pictures: int
    missed: int
    found: Scores
    confidence: Confidence

    @classmethod
    def of(
        cls,
        name: str,
        pictures: Sequence[Picture],
        missed: int,
        found: Scores,
        pairs: Pairs,
    ) -> Measured:
        """Prepare the draws of confidence too."""
        people = len({picture.person for picture in pictures})
        confidence = Confidence(found, pairs, pictures)
        return cls(name, people, len(pictures), missed, found, confidence)


def thresholds(found: Scores) -> dict[str, float]:
    """The threshold of each rate that is measured, rounded up."""
    return {
        rate: float(np.ceil(found.threshold(float(rate)) * 10**PLACES) / 10**PLACES)
        for rate in RATES
        if found.is_measured(float(rate))
    }


def table(measured: Measured, given: Mapping[str, float]) -> str:
    """A table in Markdown: at the given thresholds, the rates found and how sure they are."""
    found = measured.found
    summary = (
        f"{measured.name}: {measured.people} people, {measured.pictures} pictures, "
        f"{len(found.genuine)} genuine and {len(found.impostor)} impostor pairs, "
        f"{measured.missed} failures to acquire; equal error rate "
        f"{_percent(measured.confidence.equal_error())}."
    )
    lines = [
        summary,
        "",
        "| false match rate | threshold | false match rate found | true matches found |",
        "|---|---|---|---|",
    ]
    for rate, threshold in given.items():
        false = measured.confidence.false_matches(threshold)
        true = measured.confidence.true_matches(threshold)
        lines.append(
            f"| {rate} | {threshold:.{PLACES}f} | {false.rate:.1e} ({false.low:.1e} to "
            f"{false.high:.1e}) | {_percent(true)} |"
        )
    return "\n".join(lines)


def by_group(
    found: NDArray[np.float32],
    pairs: Pairs,
    pictures: Sequence[Picture],
    of: Mapping[str, str],
    threshold: float,
) -> str:
    """A table in Markdown: the rates within each group, at one threshold."""
    groups = np.array([of.get(picture.person, "") for picture in pictures])
    first, second = groups[pairs.portraits], groups[pairs.lives]
    lines = ["| group | genuine pairs | FNMR | impostor pairs | FMR |", "|---|---|---|---|---|"]
    for group in sorted(set(of.values())):
        inside = (first == group) & (second == group)
        genuine, impostor = found[inside & pairs.same], found[inside & ~pairs.same]
        missed = f"{100 * (genuine < threshold).mean():.2f} %" if len(genuine) else "-"
        matched = f"{(impostor >= threshold).mean():.1e}" if len(impostor) else "-"
        lines.append(f"| {group} | {len(genuine)} | {missed} | {len(impostor)} | {matched} |")
    return "\n".join(lines)


def evidence(measured: Measurement, given: Mapping[str, float]) -> dict[str, Evidence]:
    """What the manifest keeps of a measurement, for each threshold."""
    return {
        rate: Evidence(
            mixed=_rounded(measured.mixed(threshold)),
            groups={
                group.name: _rate_of(group, threshold)
                for group in (*measured.adults, *measured.children)
            },
        )
        for rate, threshold in given.items()
    }


def _rate_of(group: Group, threshold: float) -> GroupRate:
    found = group.rate(threshold)
    return GroupRate(
        rate=_rounded(found.rate),
        low=_rounded(found.low),
        high=_rounded(found.high),
        people=group.people,
    )


def _rounded(rate: float) -> float:
    return float(f"{rate:.1e}")


def groups_table(measured: Measurement, given: Mapping[str, float]) -> str:
    """Tables in Markdown: false matches by group, and ageing, at the given thresholds."""
    rates = list(given)
    lines = [
        "| group | people | pairs of strangers | "
        + " | ".join(f"at {rate}" for rate in rates)
        + " |",
        "|---|---|---|" + "---|" * len(rates),
    ]
    for group in (*measured.adults, *measured.children):
        found = [group.rate(threshold) for threshold in given.values()]
        cells = [f"{each.rate:.1e} ({each.low:.1e} to {each.high:.1e})" for each in found]
        pairs = len(group.found.impostor)
        lines.append(f"| {group.name} | {group.people} | {pairs} | {' | '.join(cells)} |")
    mixed = [f"{measured.mixed(threshold):.1e}" for threshold in given.values()]
    lines.append(f"| adults, drawn without regard to group | | | {' | '.join(mixed)} |")
    lines += ["", *_misses_table(measured, given)]
    return "\n".join(lines)


def _misses_table(measured: Measurement, given: Mapping[str, float]) -> list[str]:
    lines = [
        "| do not match | people | pairs | " + " | ".join(f"at {rate}" for rate in given) + " |",
        "|---|---|---|" + "---|" * len(given),
    ]
    for missed in measured.misses(given.values()):
        cells = " | ".join(_percent(each) for each in missed.missed)
        lines.append(f"| {missed.name} | {missed.people} | {missed.pairs} | {cells} |")
    return lines


def write_between(path: Path, name: str, text: str, comment: tuple[str, str]) -> None:
    """Replace what stands between two lines of comment, `name` and `/name`; the rest stays.

    Raises:
        SettingsError: the file has no such lines, or there is no reading or writing it.
    """
    start, end = _marks(name, comment)
    try:
        content = path.read_text(encoding="utf-8")
        pattern = re.compile(f"{re.escape(start)}\n.*?{re.escape(end)}\n", re.DOTALL)
        replaced, count = pattern.subn(lambda _: f"{start}\n{text}\n{end}\n", content)
        if count != 1:
            raise SettingsError(f"{path}: there is no one place between `{start}` and `{end}`")
        path.write_text(replaced, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def add_between(path: Path, name: str, comment: tuple[str, str]) -> None:
    """Add the two lines of `write_between` to the end of a file without them; SettingsError."""
    start, end = _marks(name, comment)
    try:
        content = path.read_text(encoding="utf-8")
        if start not in content.splitlines():
            path.write_text(f"{content.rstrip()}\n\n{start}\n{end}\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _marks(name: str, comment: tuple[str, str]) -> tuple[str, str]:
    return f"{comment[0]}{name}{comment[1]}", f"{comment[0]}/{name}{comment[1]}"


def toml(comparison: Comparison) -> str:
    """The calibrated part of the manifest: all of how two faces are compared."""
    lines = [
        "[comparison]",
        f'detector = "{comparison.detector}"',
        f"measured = {_quoted(comparison.measured)}",
        "# What the thresholds belong to: after a change of a network, a weight, a centre or a",
        "# threshold a live gate does not start before a calibration has written this line again.",
        f'measured_with = "{comparison.measured_with}"',
        "# A live face nearer than this is the document's own portrait before the camera, or in",
        "# its cable (docs/pad.md, *The portrait itself*).",
        f"same_picture = {comparison.same_picture:.{PLACES}f}",
        "",
        "# The sets the rates rest on.  Nothing of their pictures is shipped.",
        "[comparison.sets]",
        *(f"{_quoted(name)} = {_quoted(words)}" for name, words in comparison.sets.items()),
        "",
        "[comparison.thresholds]",
    ]
    lines += [f'"{rate}" = {number:.{PLACES}f}' for rate, number in comparison.thresholds.items()]
    for rate, evidence in comparison.evidence.items():
        lines += ["", f'[comparison.evidence."{rate}"]', f"mixed = {evidence.mixed:.1e}"]
        lines += ["", f'[comparison.evidence."{rate}".groups]']
        lines += [
            f"{_quoted(name)} = {{ rate = {found.rate:.1e}, low = {found.low:.1e}, "
            f"high = {found.high:.1e}, people = {found.people} }}"
            for name, found in evidence.groups.items()
        ]
    for name, share in comparison.embedders.items():
        lines += ["", *_share(name, share)]
    return "\n".join(lines)


def _share(name: str, share: Share) -> list[str]:
    without = [line for row in share.without for line in ("  [", *_numbers(row), "  ],")]
    return [
        f"[comparison.embedders.{name}]",
        f"weight = {share.weight}",
        f"mirrored = {str(share.mirrored).lower()}",
        f"centred = {share.centred}",
        f"levelled = {str(share.levelled).lower()}",
        "centre = [",
        *_numbers(share.centre),
        "]",
        *(["without = [", *without, "]"] if without else []),
    ]


def _numbers(row: Sequence[float]) -> list[str]:
    numbers = [f"{number:.{PLACES}f}" for number in row]
    return [f"    {', '.join(numbers[at : at + 8])}," for at in range(0, len(numbers), 8)]


def _quoted(words: str) -> str:
    """A text of TOML; JSON's are among them."""
    return json.dumps(words, ensure_ascii=False)


def _percent(interval: Interval) -> str:
    return f"{100 * interval.rate:.2f} % ({100 * interval.low:.2f} to {100 * interval.high:.2f} %)"

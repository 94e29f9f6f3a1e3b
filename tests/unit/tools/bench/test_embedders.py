"""Comparisons beside each other: the same sets, a similarity of its own for each."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from edge.errors import SettingsError
from edge.inference.models import ModelStore
from tools.bench import embedders
from tools.bench.face import MODELS
from tools.evaluation.calibrate import templates
from tools.evaluation.calibrate.labelled import COLUMNS, read
from tools.evaluation.calibrate.portraits import AS_IS

STORE = ModelStore(MODELS.manifest, MODELS.weights)
PEOPLE = 1200


def remembered(path: Path, cache: Path, rows: list[tuple[str, str, str]]) -> Path:
    """A set whose pictures need not be opened: people differ at random, their pictures little."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, (person, sex, population) in enumerate(rows):
            name = f"{path.stem}-{number}.jpg"
            (path.parent / name).touch()
            writer.writerow((name, person, sex, population, "", ""))
    sets, rng = read([path]), np.random.default_rng(8)
    names = list(dict.fromkeys(person for person, _, _ in rows))
    made = {}
    for name, share in STORE.manifest.comparison.embedders.items():
        people = rng.normal(0, 1, (len(names), len(share.centre)))
        found = people[[names.index(person) for person, _, _ in rows]]
        found = found + rng.normal(0, 0.3, found.shape)
        made[name] = np.float32(found / np.linalg.norm(found, axis=1, keepdims=True))
    cache.mkdir(exist_ok=True)
    key = templates._key(STORE, sets.pictures, AS_IS)
    np.savez(cache / f"{key}.npz", allow_pickle=False, **made)
    return path


def test_each_comparison_has_the_similarity_of_its_worst_group(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    groups = [(str(number), "FM"[number % 2], "Peru") for number in range(PEOPLE)]
    labelled = remembered(tmp_path / "peru.csv", cache, groups)
    others = [(str(number // 2), "", "") for number in range(40)]
    people = remembered(tmp_path / "people.csv", cache, others)
    said: list[str] = []
    missed, at = embedders._accuracy(STORE, read([labelled]), read([people]), cache, said.append)
    assert missed == 0
    assert [each.rate for each in at] == ["3e-4", "1e-4"]
    assert at[0].similarity < at[1].similarity
    for each in at:
        assert each.worst in {"Peru F", "Peru M"}
        assert each.matched.low <= each.matched.rate <= each.matched.high
        assert each.matched.rate > 0.9


def test_too_few_people_are_said_so(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    few = remembered(tmp_path / "few.csv", cache, [(str(at), "F", "Peru") for at in range(9)])
    with pytest.raises(SettingsError, match="too few people with labels"):
        embedders._accuracy(STORE, read([few]), read([few]), cache, print)

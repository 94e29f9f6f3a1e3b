"""A small model as publishers ship theirs, the package it comes in, the manifest that pins it."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from tools.models.known_answer import made_up, sample
from tools.models.prepare import prepare

SHAPE: Final = (1, 4, 6, 6)
STEPS: Final = ("dequantise", "fold-batch-norms", "rewrite-prelu", "free-batch")
MEMBER: Final = "pinned/models/small.onnx"
PHOTOGRAPH: Final = "tests/face.jpg"
PICTURE: Final = b"\xff\xd8\xff a photograph"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@cache
def published() -> bytes:
    """Two convolutions with quantised weights, batch normalisations, PReLU, a dropout.

    As with the models of the gate, weights are quantised per tensor, per axis or in blocks, and are
    declared as inputs that nobody gives.
    """
    rng = np.random.default_rng(7)

    def numbers(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0.5, 0.2, shape).astype(np.float32)

    def steps(*shape: int) -> NDArray[np.int8]:
        return rng.integers(-127, 128, shape).astype(np.int8)

    constants: dict[str, NDArray[Any]] = {
        "first_q": steps(8, 4, 3, 3),
        "first_scale": numbers(8) / 50,
        "first_zero": np.arange(-4, 4).astype(np.int8),
        "second_q": steps(4, 8),
        "second_scale": numbers(4, 2) / 50,
        "second_shape": np.array([4, 8, 1, 1], np.int64),
        "bias_q": steps(8),
        "bias_scale": np.array(0.01, np.float32),
        "slope": numbers(8, 1, 1),
        "ratio": np.array(0.4, np.float32),
        **{f"{norm}_{part}": numbers(8) for norm in ("n",) for part in ("s", "b", "m", "v")},
        **{f"{norm}_{part}": numbers(4) for norm in ("o",) for part in ("s", "b", "m", "v")},
    }
    make = helper.make_node
    nodes = [
        make("DequantizeLinear", ["first_q", "first_scale", "first_zero"], ["first"], axis=0),
        make("DequantizeLinear", ["second_q", "second_scale"], ["flat"], axis=1, block_size=4),
        make("Reshape", ["flat", "second_shape"], ["second"]),
        make("DequantizeLinear", ["bias_q", "bias_scale"], ["bias"]),
        make("Conv", ["data", "first", "bias"], ["c1"], pads=[1, 1, 1, 1]),
        make("BatchNormalization", ["c1", "n_s", "n_b", "n_m", "n_v"], ["n1"], epsilon=0.1),
        make("PRelu", ["n1", "slope"], ["p1"]),
        make("Dropout", ["p1", "ratio"], ["d1"]),
        make("Conv", ["d1", "second"], ["c2"]),
        make("BatchNormalization", ["c2", "o_s", "o_b", "o_m", "o_v"], ["out"]),
    ]
    value = helper.make_tensor_value_info
    inputs = [value("data", TensorProto.FLOAT, SHAPE)]
    inputs += [
        value(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in constants.items()
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        inputs,
        [value("out", TensorProto.FLOAT, SHAPE)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 21)], producer_name="somebody"
    )
    return bytes(model.SerializeToString())


def published_answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the published file computes, by the reference evaluator of `onnx`."""
    model = onnx.load_model_from_string(published())
    # The evaluator wants every declared input; what has a value is none.
    given = {value.name for value in model.graph.initializer}
    kept = [value for value in model.graph.input if value.name not in given]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    (answer,) = ReferenceEvaluator(model).run(None, {"data": tensor})
    return np.asarray(answer, np.float32)


def wheel(folder: Path, added: Mapping[str, bytes] | None = None) -> Path:
    """The package that holds the model, and whatever else."""
    about = "pinned-1.0.dist-info"
    files = {
        MEMBER: published(),
        f"{about}/METADATA": b"Metadata-Version: 2.1\nName: pinned\nVersion: 1.0\n",
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **(added or {}),
    }
    record = "".join(f"{path},{_record(content)}\n" for path, content in files.items())
    files[f"{about}/RECORD"] = record.encode()
    path = folder / "pinned-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(zipfile.ZipInfo(member), content)
    return path


def _record(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


def sdist(folder: Path, name: str = "photographs") -> Path:
    """A source package that holds a photograph."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    files = {
        "setup.py": f"from setuptools import setup\nsetup(name={name!r}, version='1.0')\n".encode(),
        "PKG-INFO": metadata,
        PHOTOGRAPH: PICTURE,
    }
    path = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, content in files.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{member}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a manifest says, true until a test makes a lie of a part."""

    wheel: str
    sdist: str
    member: str = MEMBER
    member_sha256: str = field(default_factory=lambda: sha256(published()))
    prepared: str = field(default_factory=lambda: sha256(prepare(published(), STEPS)))
    steps: tuple[str, ...] = STEPS
    requirement: str = "pinned==1.0"
    package: str = "pinned"
    picture: str = sha256(PICTURE)
    wrong_by: float = 0.0

    @classmethod
    def of(cls, folder: Path) -> Pinned:
        """Make the packages in a folder, and pin them."""
        return cls(sha256(wheel(folder).read_bytes()), sha256(sdist(folder).read_bytes()))

    def but(self, **changes: Any) -> Pinned:
        return replace(self, **changes)

    def write(self, path: Path) -> Path:
        values = sample([published_answer(made_up(SHAPE))], 12) + self.wrong_by
        steps = ", ".join(f'"{step}"' for step in self.steps)
        path.write_text(f"""\
version = 1
[packages.pinned]
requirement = "{self.requirement}"
sha256 = "{self.wheel}"
kind = "wheel"
[packages.photographs]
requirement = "photographs==1.0"
sha256 = "{self.sdist}"
kind = "sdist"
[models.small]
title = "A small model"
package = "{self.package}"
file = "{self.member}"
file_sha256 = "{self.member_sha256}"
licence = "MIT"
provenance = "Made up."
prepare = [{steps}]
sha256 = "{self.prepared}"
input = "data"
output = "out"
[models.small.known_answer]
shape = {list(SHAPE)}
values = {[round(float(value), 5) for value in values]}
[models.small.alignment]
side = 112
points = [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]
[comparison]
detector = "small"
measured = "Nowhere."
same_picture = 0.94
[comparison.thresholds]
"1e-3" = 0.3
"1e-4" = 0.4
[comparison.embedders.small]
weight = 1.0
mirrored = true
centred = 0.5
centre = [0.5, 0.0]
[pictures]
package = "photographs"
folder = "portraits"
[pictures.files."face.jpg"]
file = "{PHOTOGRAPH}"
sha256 = "{self.picture}"
""")
        return path

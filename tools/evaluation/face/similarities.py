"""The similarity the gate uses, of every two templates of a file."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsError

WANTED = "give a file that `gatectl face embed` wrote"


def read_templates(path: Path) -> NDArray[np.float32]:
    """The templates of a file of `gatectl face embed`, float32 [N, D].

    Raises:
        SettingsError: it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            templates: NDArray[np.float32] = file["templates"]
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or 'cannot be read'}; {WANTED}") from error
    except (ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        raise SettingsError(f"{path} holds no templates; {WANTED}") from error
    if templates.ndim != 2 or templates.dtype != np.float32:
        raise SettingsError(f"{path}: its templates are not float32 [N, D]; {WANTED}")
    return templates


def of_every_pair(templates: NDArray[np.float32]) -> NDArray[np.float32]:
    """The similarity of every two rows [N, D]: float32 [N, N], NaN where no face was acquired.

    It is what `edge.face.match` says of a chip's portrait and a live face.
    """
    acquired = np.asarray(np.isfinite(templates).all(axis=1), np.bool_)
    rows = np.where(acquired[:, None], templates, np.float32(0))
    found = rows @ rows.T
    found[~acquired] = np.nan
    found[:, ~acquired] = np.nan
    return np.asarray(found, np.float32)

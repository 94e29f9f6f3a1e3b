"""JSON as Python holds it, before a model has validated it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]  # what json.loads gives and json.dumps takes: any JSON value
Jwk: TypeAlias = Mapping[str, Any]  # a key as somebody wrote it (RFC 7517), before it is imported

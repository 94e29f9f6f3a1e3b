"""JSON as Python holds it, before a model has validated it."""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]  # what json.loads gives and json.dumps takes: any JSON value

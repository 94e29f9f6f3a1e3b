"""What kind of data a field carries, and how it is to be guarded; every field of an event has one.

The categories are ours; the classes are those of the CloudEvents extension `dataclassification`.
"""

from __future__ import annotations

import functools
from enum import StrEnum
from typing import ClassVar, Literal, TypeAlias

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override

Classification: TypeAlias = Literal["public", "internal", "confidential", "restricted"]


class Category(StrEnum):
    """Kinds of data, the least sensitive first."""

    OPERATIONAL = "operational"
    """Devices, doors, software: about nobody."""
    PERSONNEL = "personnel"
    """Service numbers of officers."""
    PASSAGE = "passage"
    """What happened to one traveller, who is called by nothing but a random or a day's number."""
    SELECTION = "selection"
    """Why a traveller was picked out: it may tell a list hit."""
    IDENTITY = "identity"
    """Who a traveller is; never in clear."""

    @property
    def classification(self) -> Classification:
        """How it is to be guarded."""
        return _CLASSES[self]

    @property
    def weight(self) -> int:
        """The higher, the more sensitive."""
        return _ORDER.index(self)


_ORDER = tuple(Category)
_CLASSES: dict[Category, Classification] = {
    Category.OPERATIONAL: "internal",
    Category.PERSONNEL: "confidential",
    Category.PASSAGE: "confidential",
    Category.SELECTION: "restricted",
    Category.IDENTITY: "restricted",
}


class Categorised(BaseModel):
    """A model whose fields carry data of its `category`, unless one is annotated with another."""

    category: ClassVar[Category]

    @classmethod
    def categories(cls) -> dict[str, Category]:
        """The category of each field; AttributeError where the class names none."""
        return {
            name: next((m for m in field.metadata if isinstance(m, Category)), cls.category)
            for name, field in cls.model_fields.items()
        }

    @classmethod
    @override
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say of each property what it carries: `x-datacategory`, `x-dataclassification`."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, category in cls.categories().items():
            field = properties[cls.model_fields[name].alias or name]
            field["x-datacategory"] = category.value
            field["x-dataclassification"] = category.classification
        return schema

    def most_sensitive(self) -> Category:
        """The category of the most sensitive field that says anything."""
        found = (
            category
            for name, category in _categories(type(self)).items()
            if getattr(self, name) is not None
        )
        return max(found, key=lambda category: category.weight, default=Category.OPERATIONAL)


@functools.cache
def _categories(model: type[Categorised]) -> dict[str, Category]:
    return model.categories()

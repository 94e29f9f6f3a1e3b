"""A message: built by one model, published as JSON, and read by the same model."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import ConfigDict, ValidationError

from edge.contract.data_category import Categorised, Category


class Message(Categorised):
    """The content of one topic.

    What a gate says, a later version may add to: what this version does not know is ignored.
    A message that is obeyed forbids additions: it is understood whole, or not at all.
    """

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)
    category: ClassVar[Category] = Category.OPERATIONAL

    @classmethod
    def read(cls, body: bytes | bytearray) -> Self:
        """Read a message as its published schema describes it.

        Raises:
            ValueError: it is none; in words of our own that quote nothing of it.
        """
        try:
            return cls.model_validate_json(body, strict=True)
        except ValidationError as error:
            raise ValueError(cls._fault(error)) from None

    def to_bytes(self) -> bytes:
        """The JSON that is published."""
        return self.model_dump_json().encode()

    @classmethod
    def _fault(cls, error: ValidationError) -> str:
        first = error.errors()[0]
        names = {field.alias or name for name, field in cls.model_fields.items()}
        match first["type"], first["loc"]:
            case "json_invalid", _:
                return "not JSON"
            case _, ():
                return "not an object"
            case _, (str(name), *_) if name in names:
                return f"`{name}` is not as the contract says"
            case _:
                return "a member that the contract does not have"

"""Verified values, which only this package can build."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import date
from typing import Final

from typing_extensions import override

from edge.mrz import MachineReadableZone


class _Seal:
    """Only `edge.trust` holds it; without it no verified value can be built."""


SEAL: Final = _Seal()


def _require(seal: object) -> None:
    if seal is not SEAL:
        raise TypeError("only passive authentication builds verified values")


@dataclass(frozen=True, slots=True, repr=False)
class AuthenticPortrait:
    """The encoded portrait of an authentic document; its bytes are still hostile to a decoder."""

    image: bytes
    media_type: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        _require(seal)

    @override
    def __repr__(self) -> str:
        """Hide the picture: it is personal."""
        return f"AuthenticPortrait(<redacted> {self.media_type})"


@dataclass(frozen=True, slots=True, repr=False)
class AuthenticDocument:
    """A document of a trusted issuer, with data as the issuer signed them."""

    mrz: MachineReadableZone
    portrait: AuthenticPortrait | None
    issuer: str
    """Country of the document signer, alpha-2."""
    issued: date | None
    """The day of issue in DG12, the earliest that it may mean; None when it is not known."""
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        _require(seal)

    @override
    def __repr__(self) -> str:
        """Hide the holder."""
        return f"AuthenticDocument({self.issuer} <redacted>)"

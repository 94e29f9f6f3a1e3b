"""`[screen]`: the address of the pages, and who may see the live picture."""

from __future__ import annotations

import ipaddress
from typing import Literal

from pydantic import Field, field_validator

from edge.settings.section import Section


class Screen(Section):
    """`[screen]`: the address of the pages."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    language: str = "en"
    preview: Literal["off", "local", "network"] = "local"
    """Who may see the camera's live picture on the technician's page, while no traveller is served:
    nobody, this machine, or everybody who can open the page."""

    @field_validator("host")
    @classmethod
    def _is_address(cls, value: str) -> str:
        ipaddress.ip_address(value)
        return value

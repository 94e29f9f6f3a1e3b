"""Base64url without padding (RFC 7515 §2), one text for each value."""

from __future__ import annotations

import base64
import contextlib


def encode(content: bytes) -> str:
    """The text of these bytes."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of a text.

    Raises:
        ValueError: the text is not exactly what `encode` writes: another character, padding, a
            wrong length, or a bit that could be changed unseen.
    """
    # The decoder overlooks much; whatever it overlooked, `encode` would not write.
    with contextlib.suppress(ValueError):
        content = base64.urlsafe_b64decode(text + "==")
        if encode(content) == text:
            return content
    raise ValueError("not base64url")

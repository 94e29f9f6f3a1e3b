"""Base64url without padding (RFC 7515 §2), one text for each value."""

from __future__ import annotations

import base64
import binascii


def encode(content: bytes) -> str:
    """The text of these bytes."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of a text.

    Raises:
        ValueError: the text is not exactly what `encode` writes: another character, padding, a
            wrong length, or a bit that could be changed unseen.
    """
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None
    if encode(content) != text:
        raise ValueError("not base64url")
    return content

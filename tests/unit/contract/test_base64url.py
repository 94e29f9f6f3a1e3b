"""Base64url has one text for each value: whatever else looks like it is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.base64url import decode, encode

# RFC 4648 §10, without padding; RFC 7515 appendix C.
VECTORS = {
    b"": "", b"f": "Zg", b"fo": "Zm8", b"foo": "Zm9v", b"foobar": "Zm9vYmFy",
    bytes((3, 236, 255, 224, 193)): "A-z_4ME",
}  # fmt: skip


@pytest.mark.parametrize(("content", "text"), VECTORS.items())
def test_the_published_examples_hold_both_ways(content: bytes, text: str) -> None:
    assert encode(content) == text
    assert decode(text) == content


@pytest.mark.parametrize("text", ["Zh", "Zm9", "Zg==", "Z", "A+z/4ME", "Zm9v\n", " Zm9v", "Zä"])
def test_another_text_of_the_same_bytes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        decode(text)


@given(st.binary() | st.text("AZaz09-_+/= \n", max_size=12).map(str.encode))
def test_what_is_taken_is_what_would_be_written(content: bytes) -> None:
    assert decode(encode(content)) == content
    text = content.decode("latin-1")
    try:
        found = decode(text)
    except ValueError:
        return
    assert base64.urlsafe_b64encode(found).rstrip(b"=").decode() == text

"""How much of each kind of trust material is looked into: the largest there may be, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.errors import LimitExceeded, MalformedFile
from edge.trust import deviation_list, ldif, master_list, security_object
from edge.trust.certificates import Certificate
from edge.trust.revocation import RevocationList


@pytest.mark.parametrize(
    ("parse", "largest_bytes"),
    [
        (Certificate.parse, 64_000),
        (security_object.parse, 64_000),
        (RevocationList.parse, 4_000_000),
        (deviation_list.parse, 4_000_000),
        (master_list.parse, 16_000_000),
    ],
)
def test_what_is_larger_is_not_looked_into(
    parse: Callable[[bytes], object], largest_bytes: int
) -> None:
    with pytest.raises(MalformedFile) as looked_into:
        parse(bytes(largest_bytes))
    assert "larger" not in str(looked_into.value)
    with pytest.raises(MalformedFile, match="larger"):
        parse(bytes(largest_bytes + 1))


def test_an_ldif_record_has_32_million_bytes_at_most_without_its_line_ends() -> None:
    head, line = b"dn: cn=1", b" ".ljust(1_000_000, b"A")
    lines, last = [head, *[line] * 31], line[: -len(head)]
    assert len(list(ldif.records([*lines, last]))) == 1
    with pytest.raises(LimitExceeded):
        list(ldif.records([*lines, last + b"A"]))

"""Compares distinguished names (RFC 5280 §7.1, Doc 9303-12 §7.1.1.1).

States write one name in several string types, in upper and lower case, and with other spacing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from asn1crypto import x509

from edge.errors import printable

Name: TypeAlias = tuple[tuple[tuple[str, str], ...], ...]
"""Relative names in order; each is sorted pairs of attribute type (dotted) and value."""

COUNTRY = "2.5.4.6"
_LABELS = {"2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", COUNTRY: "C", "2.5.4.5": "SN"}
_LONGEST_TITLE = 200


def canonical(name: x509.Name) -> Name:
    """Bring a name into a form in which equal names are equal."""
    name.chosen.dump()
    return _canonical(name.chosen.contents)


@lru_cache(maxsize=128)
def _canonical(contents: bytes) -> Name:
    """The same of the contents of an RDNSequence: issuers are few, and each stands in every file.

    They are states and offices, never holders.
    """
    return tuple(
        tuple(
            sorted((attribute["type"].dotted, _value(attribute).casefold()) for attribute in each)
        )
        for each in x509.RDNSequence(contents=contents)
    )


def country(name: x509.Name) -> str:
    """Return the first countryName as written; empty when there is none."""
    for each in name.chosen:
        for attribute in each:
            if attribute["type"].dotted == COUNTRY:
                return _value(attribute)
    return ""


def title(name: x509.Name) -> str:
    """One printable line for people; no control character of an issuer reaches a terminal."""
    parts = [
        f"{_LABELS.get(attribute['type'].dotted, attribute['type'].dotted)}={_value(attribute)}"
        for each in name.chosen
        for attribute in each
    ]
    return printable(", ".join(parts)[:_LONGEST_TITLE])


def _value(attribute: x509.NameTypeAndValue) -> str:
    try:
        text = str(attribute["value"].native)
    except ValueError:  # a string that is not of the type it claims
        text = bytes(attribute["value"].contents or b"").hex()
    return " ".join(text.split())

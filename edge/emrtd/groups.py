"""The groups of key agreement: a curve, or a subgroup modulo a prime.

Each kind of unfit element has an error of its own, because each is another attack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from edge.errors import MalformedFile


class Element:
    """An element of a group: a point of a curve, or a residue modulo a prime.

    No group returns its identity.  Only a group of the element's own kind computes with it.
    """

    __slots__ = ()


E = TypeVar("E", bound=Element)


class UnfitElement(MalformedFile):
    """An element of a group that no honest chip sends."""


class NotAnElement(UnfitElement):
    """Bytes that encode no element: malformed, out of range, or off the curve."""


class IdentityElement(UnfitElement):
    """The identity: every shared secret would be the same."""


class SmallOrderElement(UnfitElement):
    """An element outside the subgroup of prime order: it reveals the private key in pieces."""


class ReflectedElement(UnfitElement):
    """Our own public key sent back, or its inverse (ICAO Doc 9303-11 §4.4.1 step 3 d)."""


class IdentityGenerator(UnfitElement):
    """A nonce whose mapping is the identity: every secret would be the same."""


class NoMappedElement(UnfitElement):
    """Nonces for which the integrated mapping has no generator (§4.4.3.3.2)."""


class PrivateKey(Protocol):
    """A private key of a group, ready for several computations; one may cost as much as making it.

    A method that would return the identity raises IdentityElement.
    """

    @property
    def public(self) -> Element:
        """The public key: the generator times the private key."""
        ...

    def multiply(self, element: Element) -> Element:
        """An element times the private key."""
        ...

    def agree(self, element: Element) -> bytes:
        """The secret agreed with another public key, encoded for key derivation (§9.6)."""
        ...


class Group(Protocol):
    """A group of prime order, written additively.

    A method that would return the identity raises IdentityElement.  An element of another kind of
    group is a mistake of the caller: TypeError.
    """

    @property
    def base(self) -> Element:
        """The generator."""
        ...

    @property
    def order(self) -> int:
        """The order, a prime."""
        ...

    @property
    def security_bits(self) -> int:
        """Strength, comparable with the length of a symmetric key (NIST SP 800-57-1 Table 2)."""
        ...

    @property
    def public_key_tag(self) -> int:
        """Tag of an element in a public key data object (Doc 9303-11 §9.4)."""
        ...

    @property
    def maps_numbers(self) -> bool:
        """Whether `element_from` is defined."""
        ...

    def scalar(self, random: Callable[[int], bytes]) -> int:
        """Draw a private key, uniform but for 2^-64."""
        ...

    def private_key(self, scalar: int) -> PrivateKey:
        """Make a private key of a number that `scalar` has drawn."""
        ...

    def decode(self, octets: bytes) -> Element:
        """Decode and validate an element from outside; UnfitElement."""
        ...

    def encode(self, element: Element) -> bytes:
        """Encode an ephemeral public key (§9.4.5)."""
        ...

    def secret(self, element: Element) -> bytes:
        """Encode an agreed element for key derivation (§9.6)."""
        ...

    def multiply(self, element: Element, scalar: int) -> Element:
        """Add an element to itself `scalar` times, scalar > 0."""
        ...

    def add(self, one: Element, other: Element) -> Element:
        """Add two elements."""
        ...

    def is_reflection(self, one: Element, other: Element) -> bool:
        """Whether two elements are equal or inverse to each other."""
        ...

    def element_from(self, number: int) -> Element:
        """Map a field element to a group element (§4.4.3.3.2); NoMappedElement, IdentityElement."""
        ...


class PlainKey:
    """Implements `PrivateKey` by the operations of its group."""

    def __init__(self, group: Group, scalar: int) -> None:
        self._group = group
        self._scalar = scalar
        self.public = group.multiply(group.base, scalar)

    def multiply(self, element: Element) -> Element:
        """An element times the private key."""
        return self._group.multiply(element, self._scalar)

    def agree(self, element: Element) -> bytes:
        """The secret agreed with another public key."""
        return self._group.secret(self.multiply(element))


def draw_scalar(order: int, random: Callable[[int], bytes]) -> int:
    """Draw 1 <= scalar < order, uniform but for 2^-64 (FIPS 186-5 §A.2.1)."""
    drawn = int.from_bytes(random((order.bit_length() + 7) // 8 + 8), "big")
    return drawn % (order - 1) + 1


def own(element: Element, kind: type[E]) -> E:
    """Return an element of the group's own kind; TypeError when it is of another."""
    if not isinstance(element, kind):
        raise TypeError(f"a {kind.__name__} is computed with, not a {type(element).__name__}")
    return element


def not_reflected(group: Group, theirs: Element, ours: Element) -> Element:
    """Return their public key unless it is ours, or its inverse; ReflectedElement."""
    if group.is_reflection(theirs, ours):
        raise ReflectedElement("the chip sent our own public key back")
    return theirs

"""Whatever bytes a chip sends: never a crash, and never a proof of what was not signed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from hypothesis import given
from hypothesis import strategies as st

from edge.checks import Check, Result
from edge.emrtd import tlv
from edge.emrtd.contents import ActiveAuthentication
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile
from edge.trust import (
    TrustStore,
    deviation_list,
    intake,
    master_list,
    security_object,
    signatures,
    verify_sod,
)
from edge.trust.anchors import Standing
from edge.trust.certificates import Certificate, split
from edge.trust.material import pieces, pieces_of_ldif
from edge.trust.revocation import RevocationList
from edge.trust.signatures import Scheme, Unverified
from edge.trust.sod import SodVerdict
from tests.support.examples import examples
from tests.support.trust import lists
from tests.support.trust.specimens import (
    NOW,
    SOD,
    STORE,
    authority,
    changed,
    failed,
    genuine,
    genuine_contents,
    good_sod,
    issued,
    judged,
    root_certificate,
    signer_certificate,
    spki,
)
from tools.specimen.authority import Algorithm

PARSERS: list[Callable[[bytes], object]] = [
    Certificate.parse,
    RevocationList.parse,
    deviation_list.parse,
    master_list.parse,
    security_object.parse,
    split,
]
TAGS = [0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0x77, 0xA0, 0xA3]
READ_FILES = [
    ElementaryFile.CARD_ACCESS,
    ElementaryFile.COM,
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
]


def nested() -> st.SearchStrategy[bytes]:
    return st.recursive(
        st.binary(max_size=24),
        lambda inner: st.builds(
            lambda tag, values: tlv.encode(tag, *values),
            st.sampled_from(TAGS),
            st.lists(inner, max_size=4),
        ),
        max_leaves=12,
    )


@cache
def material() -> list[bytes]:
    by_rsa = authority(Algorithm.RSA_PSS)
    return [
        good_sod(),
        by_rsa.sign({1: b"one"}),
        by_rsa.csca_der,
        root_certificate(),
        signer_certificate(),
        lists.revocations(1, 2),
        lists.master(root_certificate()),
        lists.deviations(lists.deviation(b"", "1.2.3")),
    ]


@st.composite
def damaged(draw: st.DrawFn, genuine_files: list[bytes]) -> bytes:
    """A genuine file with bytes changed, and perhaps cut off."""
    content = bytearray(draw(st.sampled_from(genuine_files)))
    for _ in range(draw(st.integers(1, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    whole = draw(st.booleans())
    return bytes(content if whole else content[: draw(st.integers(0, len(content)))])


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__qualname__)
@given(content=st.one_of(st.binary(max_size=200), nested()))
@examples(150)
def test_any_bytes_parse_or_are_malformed(
    parser: Callable[[bytes], object], content: bytes
) -> None:
    with suppress(MalformedFile):
        parser(content)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__qualname__)
@given(data=st.data())
@examples(300)
def test_genuine_files_damaged_parse_or_are_malformed(
    parser: Callable[[bytes], object], data: st.DataObject
) -> None:
    with suppress(MalformedFile):
        parser(data.draw(damaged(material())))


@given(st.one_of(st.binary(max_size=200), nested()))
@examples(150)
def test_no_bytes_verify_as_a_security_object(content: bytes) -> None:
    verdict = verify_sod(tlv.encode(0x77, content), STORE, NOW)
    assert not verdict.is_authentic
    assert verdict.checks[0].result is Result.FAILED


@given(st.data())
@examples(150)
def test_whatever_is_imported_ends_with_a_standing(data: st.DataObject) -> None:
    spoilt = data.draw(st.one_of(st.binary(max_size=200), nested(), damaged(material())))
    whole = root_certificate()
    found = intake.take([*pieces(spoilt, "spoilt"), *pieces(whole, "root")], NOW)
    told = [each for each in found.findings if each.piece.source == "spoilt"]
    assert told
    assert all(each.reason for each in told if each.standing is Standing.REJECTED)
    assert whole in {each.der for each in found.store.anchors}


@given(st.lists(st.binary(max_size=80), max_size=20))
@examples(150)
def test_any_lines_are_read_as_ldif(lines: list[bytes]) -> None:
    list(pieces_of_ldif([b"dn: cn=1\n", *lines], "file"))


@given(st.lists(st.one_of(st.binary(max_size=200), nested()), max_size=4))
@examples(100)
def test_no_bytes_become_an_anchor_and_none_break_the_store(files: list[bytes]) -> None:
    store = TrustStore.of([*files, root_certificate()])
    assert len(store.anchors) == 1
    assert {each.position for each in store.rejected} == set(range(len(files)))


@given(st.data())
@examples(300)
def test_a_damaged_certificate_is_no_anchor_unless_it_says_the_same(data: st.DataObject) -> None:
    """Bytes outside of what is signed may change: then the anchor is the same one."""
    original = Certificate.parse(root_certificate_once())
    store = TrustStore.of([data.draw(damaged([root_certificate_once()]))])
    for anchor in store.anchors:
        assert anchor.public_key == original.public_key
        assert anchor.subject == original.subject
        assert (anchor.not_before, anchor.not_after) == (original.not_before, original.not_after)


@pytest.mark.parametrize("bits", [1, pytest.param(8, marks=pytest.mark.whole)])
def test_no_bit_of_a_good_sod_flipped_proves_anything_else(bits: int) -> None:
    """So many bits of every byte: it fails, or what is proven is what was signed before."""
    length = len(good_sod())
    flips = [(at, 1 << (at + more) % 8) for at in range(length) for more in range(bits)]
    proven = sum(proves_nothing_else(flipped(at, flip)) for at, flip in flips)
    assert 0 < proven < len(flips) // 2


@given(st.data(), st.integers(1, 255))
@examples(400)
def test_no_byte_of_a_good_sod_changed_proves_anything_else(data: st.DataObject, flip: int) -> None:
    proves_nothing_else(flipped(data.draw(st.integers(0, len(good_sod()) - 1)), flip))


@given(st.data())
@examples(300)
def test_no_good_sod_damaged_proves_anything_else(data: st.DataObject) -> None:
    proves_nothing_else(data.draw(damaged([good_sod()])))


@given(
    st.sampled_from([ec.SECP224R1, ec.SECP256R1, ec.BrainpoolP256R1, None]),
    st.one_of(st.binary(max_size=90), nested()),
    st.sampled_from(["sha1", "sha256", "sha512"]),
)
@examples(200)
def test_no_bytes_are_a_signature(
    curve: type[ec.EllipticCurve] | None, signature: bytes, digest: str
) -> None:
    with pytest.raises(Unverified):
        signatures.verify(some_key(curve), Scheme(digest), signature, b"message")


@given(st.one_of(st.binary(max_size=200), nested()))
@examples(150)
def test_any_bytes_as_a_key_are_malformed_or_verify_nothing(key: bytes) -> None:
    with pytest.raises((Unverified, MalformedFile)):
        signatures.verify(key, Scheme("sha256"), b"", b"message")


@given(st.dictionaries(st.sampled_from(READ_FILES), st.one_of(st.binary(max_size=80), nested())))
@examples(150)
def test_the_inspection_survives_files_of_any_content(files: dict[ElementaryFile, bytes]) -> None:
    """Unsigned, and signed by a state that errs."""
    tampered = judged(changed(genuine_contents(), files))
    groups = {file for file in files if file.data_group is not None}
    same = all(content == genuine().files[file] for file, content in files.items())
    assert same or not groups or tampered.document is None
    signed = judged(issued(files))
    assert failed(signed).isdisjoint(check.id for check in verify_checks())


@given(st.binary(max_size=200))
@examples(100)
def test_no_bytes_answer_a_challenge(response: bytes) -> None:
    contents = replace(
        genuine_contents(), active_authentication=ActiveAuthentication(bytes(8), response)
    )
    assert len(failed(judged(contents))) == 1


@cache
def of_a_good_sod() -> SodVerdict:
    found = verify_sod(good_sod(), STORE, NOW)
    assert found.is_authentic
    return found


def proves_nothing_else(sod: bytes) -> bool:
    """Whether it is authentic; then it proves what the good one does."""
    found = verify_sod(sod, STORE, NOW)
    assert not found.is_authentic or found == of_a_good_sod()
    return found.is_authentic


def flipped(position: int, flip: int) -> bytes:
    content = bytearray(good_sod())
    content[position] ^= flip
    return bytes(content)


def verify_checks() -> tuple[Check, ...]:
    return verify_sod(genuine().files[SOD], STORE, NOW).checks


@cache
def root_certificate_once() -> bytes:
    return root_certificate()


@cache
def some_key(curve: type[ec.EllipticCurve] | None) -> bytes:
    """One key a curve; DSA for none."""
    if curve is None:
        return spki(dsa.generate_private_key(2048))
    return spki(ec.generate_private_key(curve()))

"""Deviation lists: which documents are meant, and what the inspection says of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from edge.checks import CheckId, Result
from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust import TrustStore, deviation_list
from edge.trust.deviation_list import Deviation
from tests.unit.trust.lists import deviation, deviations
from tests.unit.trust.specimens import (
    STORE,
    authority,
    failed,
    genuine,
    genuine_contents,
    judged,
    parsed,
    root_certificate,
    signer_certificate,
    the,
)

SIGNER = parsed(signer_certificate())
OTHER = parsed(root_certificate())
WRONG_HASH = "2.23.136.1.1.7.2.2"
MALFORMED = "2.23.136.1.1.7.2.1"


def read(documents: bytes) -> Deviation:
    (found,) = deviation_list.parse(deviations(deviation(documents, WRONG_HASH))).deviations
    return found


def numbers(*values: str) -> bytes:
    return tlv.encode(0xA5, *(tlv.encode(0x13, each.encode()) for each in values))


class TestSigner:
    def test_by_issuer_and_serial_number(self) -> None:
        serial = tlv.encode(der.INTEGER, SIGNER.serial.to_bytes(21, "big", signed=True))
        found = read(tlv.encode(0xA1, SIGNER.issuer, serial))
        assert found.concerns_signer(SIGNER)
        assert not found.concerns_signer(OTHER)

    def test_by_key_identifier(self) -> None:
        with_key_id = replace(SIGNER, key_id=b"identifier")
        found = read(tlv.encode(0x82, b"identifier"))
        assert found.concerns_signer(with_key_id)
        assert not found.concerns_signer(SIGNER)

    @pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
    def test_by_digest(self, digest: str) -> None:
        found = read(tlv.encode(0x83, hashlib.new(digest, SIGNER.der).digest()))
        assert found.concerns_signer(SIGNER)
        assert not found.concerns_signer(OTHER)

    def test_every_signer_of_the_state(self) -> None:
        assert read(b"").concerns_signer(SIGNER)

    def test_that_cannot_be_read(self) -> None:
        with pytest.raises(MalformedFile):
            read(tlv.encode(0xA1, SIGNER.issuer))


class TestDocument:
    def test_by_type(self) -> None:
        found = read(tlv.encode(0x80, b"P<"))
        assert found.concerns_document("P", "1")
        assert not found.concerns_document("ID", "1")

    def test_by_number(self) -> None:
        found = read(numbers("L898902C3", "X1<"))
        assert found.concerns_document("P", "X1")
        assert not found.concerns_document("P", "X2")


class TestInspection:
    def said(self, *entries: bytes) -> tuple[Result, str]:
        found = deviation_list.parse(deviations(*entries))
        store = TrustStore(STORE.anchors, deviation_lists=(found,))
        inspection = judged(genuine_contents(), store)
        assert failed(inspection) == set()
        check = the(CheckId.CHIP_DEVIATION, inspection)
        return check.result, check.detail

    def test_a_document_that_deviates(self) -> None:
        assert self.said(deviation(b"", WRONG_HASH), deviation(b"", MALFORMED)) == (
            Result.UNDETERMINED,
            "a data group hash is wrong; a data group is malformed",
        )

    def test_another_document_of_the_same_state(self) -> None:
        assert self.said(deviation(numbers("NOBODYS"), WRONG_HASH)) == (Result.SUCCESSFUL, "")

    def test_a_state_that_publishes_none(self) -> None:
        checks = judged(genuine_contents()).checks
        assert CheckId.CHIP_DEVIATION not in {check.id for check in checks}


def test_the_specimens_are_of_the_state_that_publishes() -> None:
    assert parsed(authority().csca_der).country == SIGNER.country
    assert genuine().lines[0].startswith("P<UTO")

"""PACE-CAM proves a chip only by a key of an EF.CardSecurity that its state has signed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drivers.virtual.chip.static_key import StaticKey
from edge.checks import CheckId, Result
from edge.emrtd import pace_cam, security_infos, tlv
from edge.emrtd.contents import ChipAuthenticationMapping
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg14
from edge.emrtd.lds.card_security import SECURITY_OBJECT
from edge.emrtd.security_infos import ChipAuthenticationPublicKeyInfo
from edge.trust import (
    CardSecurityVerdict,
    ChipInspection,
    card_security_of,
    inspect,
    verify_card_security,
    verify_sod,
)
from tests.support.emrtd.specimens import PK_ECDH
from tests.support.trust.specimens import (
    NOW,
    SOD,
    authority,
    changed,
    foreign,
    genuine_contents,
    the,
    trusting,
)

CURVE = STANDARDISED[13]
STATIC = StaticKey(CURVE, CURVE.scalar(secrets.token_bytes))
MAPPING = CURVE.scalar(secrets.token_bytes)
CLAIM = ChipAuthenticationMapping(
    13,
    CURVE.encode(CURVE.multiply(CURVE.base, MAPPING)),
    pace_cam.authentication_data(CURVE, STATIC.private, MAPPING),
)
INFOS = security_infos.encode([ChipAuthenticationPublicKeyInfo(PK_ECDH, STATIC.public(), 13)])
STORE = trusting(authority())
BEFORE, AFTER = NOW - timedelta(days=36_525), NOW + timedelta(days=36_525)


def signed(by: object = None, content_type: str = SECURITY_OBJECT) -> bytes:
    maker = by if by is not None else authority()
    sod = maker.sign_content(INFOS, content_type=content_type)  # type: ignore[attr-defined]
    return tlv.read_one(sod, 0x77).value


def judged(card_security: CardSecurityVerdict | None) -> ChipInspection:
    contents = replace(genuine_contents(), chip_authentication_mapping=CLAIM)
    verdict = verify_sod(contents.files[SOD], STORE, NOW)
    return inspect(contents, verdict, None, card_security=card_security)


def result(card_security: CardSecurityVerdict | None) -> Result:
    return the(CheckId.CHIP_PACE_CAM, judged(card_security)).result


def test_a_key_the_state_has_signed_proves_the_chip() -> None:
    contents = changed(genuine_contents(), {ElementaryFile.CARD_SECURITY: signed()})
    assert result(card_security_of(contents, STORE, NOW)) is Result.SUCCESSFUL


def test_a_file_that_is_withheld_proves_nothing() -> None:
    assert card_security_of(genuine_contents(), STORE, NOW) is None
    assert result(None) is Result.FAILED


@pytest.mark.parametrize(
    "content",
    [b"", b"\x30\x00", signed(content_type="2.23.136.1.1.1"), signed(foreign())],
    ids=["empty", "nothing", "another type", "a foreign signer"],
)
def test_a_file_nobody_vouches_for_proves_nothing(content: bytes) -> None:
    found = verify_card_security(content, STORE, NOW)
    assert found.fault
    assert found.infos == ()
    assert result(found) is Result.NOT_PERFORMED


@pytest.mark.parametrize(("at", "word"), [(BEFORE, "not yet valid"), (AFTER, "expired")])
def test_a_file_whose_signer_is_out_of_its_validity_proves_nothing(at: datetime, word: str) -> None:
    found = verify_card_security(signed(), STORE, at)
    assert word in found.fault
    assert result(found) is Result.NOT_PERFORMED


def test_a_file_that_cannot_be_read_is_of_no_state() -> None:
    found = verify_card_security(b"", STORE, NOW)
    assert (found.infos, found.country) == ((), "")
    assert CardSecurityVerdict((), "UT").fault == ""


def test_a_file_of_another_state_proves_nothing() -> None:
    found = verify_card_security(signed(), STORE, NOW)
    assert result(replace(found, country="XX")) is Result.FAILED


def test_another_key_proves_nothing() -> None:
    assert result(CardSecurityVerdict((), "UT")) is Result.FAILED


def test_a_file_with_another_key_under_a_number_of_dg14_fails_chip_authentication() -> None:
    """Each has a signature of its own: one of them is of another chip."""
    held = next(
        info
        for info in dg14.decode(genuine_contents().files[ElementaryFile.DG14])
        if isinstance(info, ChipAuthenticationPublicKeyInfo)
    )
    found = verify_card_security(signed(), STORE, NOW)
    for public_key, expected in (
        (held.public_key, Result.SUCCESSFUL),
        (STATIC.public(), Result.FAILED),
    ):
        one = replace(found, infos=(replace(held, public_key=public_key),))
        assert the(CheckId.CHIP_CHIP_AUTH, judged(one)).result is expected

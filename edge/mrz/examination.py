"""The checks of a machine readable zone by itself, without chip and picture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from edge.checks import Check, CheckId, Result
from edge.mrz.layouts import Format
from edge.mrz.states import is_known
from edge.mrz.zone import MachineReadableZone

SEXES = frozenset({"M", "F", "X", "<", ""})
CODES = {  # first letter of the document code (ICAO Doc 9303-4 to -7, §4.2.2 each)
    Format.TD1: "ACI",
    Format.TD2: "ACIP",
    Format.TD3: "PACI",
    Format.MRV_A: "V",
    Format.MRV_B: "V",
    Format.FRENCH_ID: "I",
    Format.SWISS_DRIVING_LICENCE: "F",
}


def examine(mrz: MachineReadableZone, today: date) -> tuple[Check, ...]:
    """Examine a zone that could be read: layout, check digits, consistency, expiry.

    Details name fields and layouts, never their content.
    """
    return (
        Check(CheckId.MRZ_READ, Result.SUCCESSFUL, mrz.format),
        _check_digits(mrz),
        _consistency(mrz),
        _expiry(mrz, today),
    )


def _check_digits(mrz: MachineReadableZone) -> Check:
    if not mrz.check_digits:
        return Check(CheckId.MRZ_CHECK_DIGITS, Result.NOT_SUPPORTED, "the layout has none")
    wrong = [digit.name for digit in mrz.check_digits if not digit.ok]
    result = Result.FAILED if wrong else Result.SUCCESSFUL
    return Check(CheckId.MRZ_CHECK_DIGITS, result, ", ".join(wrong))


def _consistency(mrz: MachineReadableZone) -> Check:
    """A contradiction fails; an unknown code is undetermined."""
    if faults := list(_faults(mrz)):
        return Check(CheckId.MRZ_CONSISTENCY, Result.FAILED, ", ".join(faults))
    codes = {"issuing_state": mrz.issuing_state, "nationality": mrz.nationality}
    unknown = [name for name, code in codes.items() if code and not is_known(code)]
    if unknown:
        detail = "unknown code: " + ", ".join(unknown)
        return Check(CheckId.MRZ_CONSISTENCY, Result.UNDETERMINED, detail)
    return Check(CheckId.MRZ_CONSISTENCY, Result.SUCCESSFUL)


def _faults(mrz: MachineReadableZone) -> Iterator[str]:
    if not mrz.document_code.startswith(tuple(CODES[mrz.format])):
        yield "document_code"
    if not mrz.issuing_state:
        yield "issuing_state"
    if not mrz.document_number:
        yield "document_number"
    if not (mrz.primary_identifier or mrz.secondary_identifier):
        yield "names"
    if mrz.sex not in SEXES:
        yield "sex"
    if not mrz.birth_date.is_possible:
        yield "birth_date"
    if not mrz.expiry_date.is_possible:
        yield "expiry_date"


def _expiry(mrz: MachineReadableZone, today: date) -> Check:
    expired = mrz.expires_before(today)
    if expired is None:
        return Check(CheckId.DOC_EXPIRY, Result.UNDETERMINED, "no expiry date")
    if expired:
        return Check(CheckId.DOC_EXPIRY, Result.FAILED, "expired")
    return Check(CheckId.DOC_EXPIRY, Result.SUCCESSFUL)

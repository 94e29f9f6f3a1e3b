"""What is printed on a document, as people type it: the MRZ, three fields of it, or the CAN."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Final

import click

from edge import mrz
from edge.emrtd.key_derivation import AccessKey
from edge.errors import UnreadableMrz
from edge.lane.document_inspection import PrintedPage
from edge.mrz import check_digit

_FIELDS: Final = re.compile(r"([A-Z0-9<]{1,22})/([0-9<]{6})/([0-9]{6})")
_CAN: Final = re.compile(r"[0-9]{6}")
_NUMBER_WIDTH: Final = 9


def take(lines: Sequence[str], can: str | None) -> PrintedPage:
    """Take the MRZ as lines, as one text, as NUMBER/BIRTH/EXPIRY or, by `-`, from stdin; or a CAN.

    Raises:
        click.UsageError: it is none of these; what was typed is not repeated.
    """
    if can is not None and not _CAN.fullmatch(can):
        raise click.UsageError("--can: a card access number has six digits")
    key = None if can is None else AccessKey.of_can(can)
    if not lines:
        if key is None:
            raise click.UsageError("give the key of the chip: --mrz, or --can")
        return PrintedPage(key, None)
    given = tuple(sys.stdin.read().split()) if list(lines) == ["-"] else tuple(lines)
    fields = _FIELDS.fullmatch(given[0].upper()) if len(given) == 1 else None
    if fields is not None:
        return PrintedPage(key or AccessKey.of_mrz(_information(*fields.groups())), None)
    try:
        zone = mrz.parse([line.upper() for line in given])
    except UnreadableMrz as error:
        raise click.UsageError(
            f"--mrz: {error}; give each line, or NUMBER/YYMMDD/YYMMDD (birth, expiry)"
        ) from error
    return PrintedPage(key or AccessKey.of_mrz(zone.information), zone)


def mistyped(page: PrintedPage) -> tuple[str, ...]:
    """The names of the fields whose check digit does not fit."""
    digits = () if page.zone is None else page.zone.check_digits
    return tuple(digit.name for digit in digits if not digit.ok)


def _information(number: str, birth: str, expiry: str) -> str:
    """Doc 9303-11 §4.3.2, check digits computed."""
    padded = number.ljust(_NUMBER_WIDTH, "<")
    return "".join(each + check_digit(each) for each in (padded, birth, expiry))

"""The virtual chip over pcscd in every combination of protocols that the code supports.

What there is to combine is asked of the code.  The whole matrix is a Latin square: every way to
open a chip meets every chip authentication and every active authentication, and these meet each
other.  The default run takes a sample of it in which every pair of mapping, domain parameters,
ciphers, curves and kinds of authentication occurs that can occur.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from typing_extensions import override

from drivers.virtual.chip.quirks import NO_QUIRKS, Quirks
from drivers.virtual.vpcd import Chip
from edge import mrz
from edge.checks import CheckId, Result
from edge.emrtd.contents import AccessProtocol, ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.pace_variant import PaceVariant
from edge.lane.document_inspection import (
    ChipOutcome,
    InspectionTerms,
    PrintedPage,
    ReadChip,
    inspect_document,
    on_this_thread,
)
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore
from tests.support.pairwise import sample
from tools.simulation.card_service import Hands, Pcscd
from tools.specimen import pictures, repertoire
from tools.specimen.authority import Algorithm
from tools.specimen.described import Described, issue
from tools.specimen.description import (
    ActiveAuthentication,
    ChipAuthentication,
    Description,
    Document,
    Pace,
    Signing,
)
from tools.specimen.issue import PORTRAITS

pytestmark = pytest.mark.pcscd

Access: TypeAlias = Literal["none", "bac"] | PaceVariant

CAN = "123456"
SOON_S = 10.0
RSA_BITS = (1024, 2048)
"""One whose signature fits a short answer, and one that does not."""
NOT_READ = {ElementaryFile.CARD_SECURITY}
FLOOR = {
    (AccessProtocol.PACE_GM, number, cipher)
    for number in range(8, 19)
    for cipher in ("3des", "aes-128", "aes-192", "aes-256")
}
"""What no build may lose: asking the code would not notice (Doc 9303-11 §4.4.2, Table 12)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One combination, by number: the other choices follow from it."""

    number: int
    access: Access
    chip_auth: ChipAuthentication | None
    active_auth: ActiveAuthentication | None

    @property
    def by_can(self) -> bool:
        return isinstance(self.access, PaceVariant) and self.number % 2 == 1

    @property
    def document_type(self) -> Literal["TD1", "TD3"]:
        return "TD1" if self.number // 3 % 2 else "TD3"

    @property
    def largest_response(self) -> int:
        return 256 if self.number // 5 % 2 else 65_536

    @property
    def algorithm(self) -> Algorithm:
        return tuple(Algorithm)[self.number // 7 % len(Algorithm)]

    def describe(self, portrait: Path) -> Description:
        pace = (
            Pace(
                mapping=self.access.mapping,
                parameter_id=self.access.parameter_id,
                cipher=self.access.cipher,
            )
            if isinstance(self.access, PaceVariant)
            else Pace()
        )
        return Description(
            access="pace" if isinstance(self.access, PaceVariant) else self.access,
            can=CAN if self.by_can else None,
            largest_response=self.largest_response,
            quirks=Quirks(reply_piece=256) if self.largest_response == 256 else NO_QUIRKS,
            portrait=portrait,
            explicit_curves=bool(self.number // 11 % 2),
            document=Document(type=self.document_type),
            pace=(pace,),
            chip_authentication=self.chip_auth,
            active_authentication=self.active_auth,
            signing=Signing(signer=self.algorithm),
        )

    def traits(self) -> tuple[Hashable, ...]:
        access, chip, active = self.access, self.chip_auth, self.active_auth
        spoken = access if isinstance(access, PaceVariant) else None
        return (
            access if spoken is None else spoken.mapping,
            None if spoken is None else spoken.parameter_id,
            None if spoken is None else spoken.cipher,
            None if chip is None else chip.cipher,
            None if chip is None else chip.parameter_id,
            _active(active),
            self.by_can,
            self.document_type,
            self.largest_response,
        )

    @override
    def __str__(self) -> str:
        chip, active = self.chip_auth, self.active_auth
        return "_".join(
            (
                f"{_access(self.access)}{'-can' * self.by_can}",
                "-" if chip is None else f"ca-{chip.parameter_id}-{chip.cipher.label}",
                "-" if active is None else f"aa-{_active(active)}",
            )
        )


@cache
def accesses() -> tuple[Access, ...]:
    return ("none", "bac", *repertoire.pace())


@cache
def matrix() -> tuple[Case, ...]:
    """Every way to open a chip with every chip authentication, the active ones going round."""
    chips = [
        None,
        *(
            ChipAuthentication(parameter_id=each.parameter_id, cipher=each.cipher)
            for each in repertoire.chip_authentication()
        ),
    ]
    actives = [
        None,
        *(ActiveAuthentication(key="rsa", bits=bits) for bits in RSA_BITS),
        *(ActiveAuthentication(parameter_id=number) for number in repertoire.curves()),
    ]
    return tuple(
        Case(row * len(chips) + column, access, chip, actives[(row + column) % len(actives)])
        for row, access in enumerate(accesses())
        for column, chip in enumerate(chips)
    )


def _access(access: Access) -> str:
    if isinstance(access, PaceVariant):
        return f"{access.mapping}-{access.parameter_id}-{access.cipher.label}"
    return access


def _active(active: ActiveAuthentication | None) -> Hashable:
    if active is None:
        return None
    return f"rsa-{active.bits}" if active.key == "rsa" else active.parameter_id


SAMPLE = sample(matrix(), Case.traits)


class Tray:
    """A chip that may be exchanged between two readings: pcscd takes its time over real ones."""

    def __init__(self, portrait: Path) -> None:
        self.portrait = portrait
        self.chip: Chip | None = None

    def transmit(self, command: bytes) -> bytes:
        return b"\x6f\x00" if self.chip is None else self.chip.transmit(command)

    def reset(self) -> None:
        if self.chip is not None:
            self.chip.reset()


@pytest.fixture(scope="module")
def tray(_pcscd_of_the_run: Pcscd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tray]:
    _pcscd_of_the_run.ensure()
    portrait = tmp_path_factory.mktemp("matrix") / "portrait.jp2"
    portrait.write_bytes(pictures.portrait(PORTRAITS, pictures.FIRST_PORTRAIT))
    hands, tray = Hands(_pcscd_of_the_run), Tray(portrait)
    hands.lay_chip(tray)
    yield tray
    hands.take_away()


@cache
def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


def read(issued: Described, tray: Tray) -> tuple[ChipOutcome, ChipContents]:
    from drivers.pcsc import PcscReader

    tray.chip = issued.insert()
    page = PrintedPage.of(mrz.parse(issued.chip.lines))
    if issued.chip.can is not None:
        page = replace(page, key=AccessKey.of_can(issued.chip.can))
    settings = ChipSettings(wait_s=SOON_S)
    terms = InspectionTerms(settings, TrustStore.of([issued.csca]), now(), secrets.token_bytes)
    with PcscReader(PcscReader.Settings(reader="Virtual PCD")) as reader:
        read_by: list[Future[ChipContents | None]] = []

        def on_reader(read: ReadChip) -> Future[ChipContents | None]:
            read_by.append(on_this_thread(reader.connect)(read))
            return read_by[0]

        outcome = inspect_document(on_reader, page, terms, lambda _: None)
    assert outcome.error is None, outcome.fault
    contents = read_by[0].result()
    assert contents is not None
    return outcome, contents


def judge(case: Case, tray: Tray) -> None:
    """Read the chip of a case and find everything as it must be."""
    issued = issue(case.describe(tray.portrait), now())
    found, contents = read(issued, tray)
    opened_by = case.access.mapping if isinstance(case.access, PaceVariant) else case.access
    assert contents.access.protocol == opened_by
    kept = {file: content for file, content in contents.files.items() if file not in NOT_READ}
    on_chip = {file: each for file, each in issued.chip.files.items() if file not in NOT_READ}
    assert kept == on_chip
    results = {check.id: check.result for check in found.checks}
    failed = [check for check, result in results.items() if result is Result.FAILED]
    assert not failed, (str(case), failed)
    assert results[CheckId.CHIP_CHIP_AUTH] is expected(case.chip_auth)
    assert results[CheckId.CHIP_ACTIVE_AUTH] is expected(case.active_auth)
    if case.chip_auth is not None:
        assert contents.chip_authentication is not None
        assert contents.chip_authentication.oid == case.chip_auth.oid()
    is_cam = isinstance(case.access, PaceVariant) and case.access.mapping is AccessProtocol.PACE_CAM
    assert results[CheckId.CHIP_PACE_CAM] is expected(is_cam or None)


def expected(authentication: object) -> Result:
    return Result.NOT_SUPPORTED if authentication is None else Result.SUCCESSFUL


def test_the_matrix_has_what_no_build_may_lose() -> None:
    offered = {(each.mapping, each.parameter_id, each.cipher.label) for each in repertoire.pace()}
    assert offered >= FLOOR
    chips = {(each.parameter_id, each.cipher.label) for each in repertoire.chip_authentication()}
    assert chips >= {(number, cipher) for _, number, cipher in FLOOR}


@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_a_sample_of_all_combinations(case: Case, tray: Tray) -> None:
    judge(case, tray)


@pytest.mark.whole
@pytest.mark.parametrize("access", accesses(), ids=_access)
def test_every_combination(access: Access, tray: Tray) -> None:
    for case in matrix():
        if case.access == access:
            judge(case, tray)

"""Whoever steals the disk, or listens on the broker, learns nobody's name."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OKPKey

from edge import mrz
from edge.border import eligibility
from edge.border.decision import Open, Refer
from edge.checks import Check, CheckId, Reason, Result
from edge.contract.event_types import EventType
from edge.contract.pseudonym import Pseudonyms
from edge.contract.seal import Sealer
from edge.emrtd.contents import Access, AccessProtocol
from edge.journal.journal import Journal
from edge.journal.outbox import Outbox, Row
from edge.journal.writer import JournalWriter
from edge.lane.document_inspection import ChipOutcome
from edge.lane.event_log import EventLog
from edge.trust.document import SEAL, AuthenticDocument
from tests.support.clocks import is_plausible, lane_clock
from tests.support.scripted_lane import POLICY
from tests.support.signing import SIGN
from tools.specimen.holder import Holder

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PASSAGES = 300
CENTRAL = OKPKey.generate_key("X25519")
SURNAME, GIVEN, NUMBER, BORN = "ZQXKEVNTAL", "WYXQUEBRUN", "Q7X9Z", "1933-02-"
PRINTED = "UTO3302"
"""Nationality and birth date as they follow each other in the MRZ."""


def holders() -> Iterator[Holder]:
    """Travellers of many documents; what is personal has a mark one finds in any file."""
    formats = cycle(mrz.Format)
    for number in range(PASSAGES):
        yield Holder(
            born=date(1933, 2, 1 + number % 28),
            expires=NOON.date() + timedelta(days=number - 20),
            surname=SURNAME + chr(65 + number % 26),
            given=GIVEN + chr(65 + number // 26),
            number=f"{NUMBER}{number:04}",
            format=next(
                f for f in formats if f in {mrz.Format.TD1, mrz.Format.TD2, mrz.Format.TD3}
            ),
            sex="MF"[number % 2],
        )


def forms(mark: str) -> Iterator[bytes]:
    """A text as it may stand in a file: in clear, in hexadecimal, in base64, wide."""
    for text in (mark, mark.lower(), mark.title()):
        clear = text.encode()
        yield clear
        yield clear.hex().encode()
        yield clear.hex().upper().encode()
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        for shift in range(3):
            whole = base64.b64encode(bytes(shift) + clear)
            kept = whole[-(-8 * shift // 6) : 8 * (shift + len(clear)) // 6]
            yield kept
            yield kept.replace(b"+", b"-").replace(b"/", b"_")


NEEDLES = {form: mark for mark in (SURNAME, GIVEN, NUMBER, BORN, PRINTED) for form in forms(mark)}


def found_in(haystack: bytes) -> set[str]:
    """Which marks stand in some bytes, in any form."""
    return {mark for form, mark in NEEDLES.items() if form in haystack}


@pytest.mark.parametrize("mark", [SURNAME, GIVEN, NUMBER, BORN, PRINTED])
def test_the_search_finds_what_is_there(mark: str) -> None:
    text = f"<<{mark}<<"
    for written in (
        text.encode(), text.lower().encode(), text.encode().hex().encode(), text.encode("utf-16"),
    ):  # fmt: skip
        assert mark in found_in(written)
    long = f"name: {mark * 2} and more".encode()
    assert mark in found_in(base64.b64encode(long))
    assert mark in found_in(base64.urlsafe_b64encode(b"x" + long))


def pass_through(event_log: EventLog, pseudonyms: Pseudonyms, holder: Holder, name: str) -> Any:
    """One passage, told as an inspection tells it."""
    zone = mrz.parse(holder.lines())
    checks = mrz.examine(zone, NOON.date()) + eligibility.examine(zone, None, NOON.date(), POLICY)
    event_log.presented(name)
    event_log.read(name, zone, checks)
    proven = name.endswith(("1", "4", "7"))
    document = AuthenticDocument(zone, None, "UT", None, SEAL) if proven else None
    differs = Check(CheckId.CHIP_DG1_VS_MRZ, Result.SUCCESSFUL if proven else Result.FAILED)
    access = Access(AccessProtocol.BAC, pace_offered=False)
    event_log.chip(
        name,
        ChipOutcome((*checks, differs), document=document, access=access, last_byte_s=1.0)
        if not name.endswith("9")
        else ChipOutcome(checks, access=access, fault="the document left the field"),
    )
    decision = Open() if proven else Refer(frozenset({Reason.CHIP_MISMATCH}))
    event_log.closed(name, "passed" if proven else "referred", pseudonyms.of(zone, NOON.date()))
    return event_log.decided(name, decision, checks, POLICY, {"decision": 1.5})


def passages(path: Path, sealer: Sealer | None) -> list[Row]:
    """Let everybody pass; what would be published."""
    journal = Journal(
        path,
        source="/egate/v1/site/lane-1",
        simulated=True,
        clock=lambda: NOON,
        random=os.urandom,
        sign=SIGN,
    )

    async def story() -> None:
        journal_writer = JournalWriter(journal, is_plausible)
        event_log = EventLog(
            journal_writer,
            lane_clock(lambda: NOON),
            {"sface": "0" * 64},
            lambda: str(uuid.uuid4()),
            sealer,
        )
        pseudonyms = Pseudonyms(os.urandom)
        writes = [
            pass_through(event_log, pseudonyms, holder, f"t{number}")
            for number, holder in enumerate(holders())
        ]
        for write in writes:
            await write
        with Outbox(path) as outbox:
            rows.extend(outbox.waiting(after=0, limit=100_000))
        for file in path.parent.iterdir():  # while the log is not written back yet
            assert found_in(file.read_bytes()) == set(), file.name
        await journal_writer.close()

    rows: list[Row] = []
    asyncio.run(story())
    return rows


def opened(sealed: str) -> Any:
    plain = jwe.decrypt_compact(sealed, CENTRAL, algorithms=["ECDH-ES", "A256GCM"]).plaintext
    assert plain is not None
    return json.loads(plain)


@pytest.mark.parametrize("sealer", [Sealer.of_jwk(CENTRAL.as_dict(private=False)), None])
def test_hundreds_of_passages_leave_nobodys_name_on_disk_or_on_the_way(
    tmp_path: Path, sealer: Sealer | None
) -> None:
    rows = passages(tmp_path / "state/journal.db", sealer)
    assert len(rows) > 5 * PASSAGES
    assert found_in(b"\n".join(row.body for row in rows)) == set()
    for file in (tmp_path / "state").iterdir():
        assert found_in(file.read_bytes()) == set(), file.name
    sealed = [
        (row.type, opened(content["data"]["sealed"]))
        for row in rows
        if "sealed" in (content := json.loads(row.body))["data"]
    ]
    if sealer is None:
        assert sealed == []
        return
    claimed = [who for kind, who in sealed if kind == EventType.DOCUMENT_READ]
    proven = [who for kind, who in sealed if kind == EventType.CHIP_VERIFIED]
    assert len(claimed) == PASSAGES
    assert 0 < len(proven) < PASSAGES
    for holder, who in zip(holders(), claimed, strict=True):
        assert who["primary_identifier"] == holder.surname
        assert who["secondary_identifier"] == holder.given
        assert who["document_number"] == holder.number
        assert who["date_of_birth"] == holder.born.isoformat()


def test_numbers_of_the_day_tell_who_came_again_and_nothing_else() -> None:
    one, other = (mrz.parse(holder.lines()) for holder in list(holders())[:2])
    today, tomorrow = NOON.date(), NOON.date() + timedelta(days=1)
    ours, theirs = Pseudonyms(os.urandom), Pseudonyms(os.urandom)
    first = ours.of(one, today)
    assert ours.of(one, today) == first
    assert ours.of(other, today) != first
    assert theirs.of(one, today) != first  # another gate, or another start of this one
    assert ours.of(one, tomorrow) != first
    assert ours.of(one, today) != first  # the key of yesterday is gone for good


def test_numbers_of_the_day_are_drawn_from_what_is_given() -> None:
    zone = mrz.parse(next(holders()).lines())
    drawn: list[int] = []

    def random(size: int) -> bytes:
        drawn.append(size)
        return bytes(size)

    one, two = Pseudonyms(random), Pseudonyms(random)
    assert one.of(zone, NOON.date()) == two.of(zone, NOON.date())
    assert one.of(zone, NOON.date()) == one.of(zone, NOON.date())
    assert drawn == [32, 32]

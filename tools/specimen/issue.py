"""Issues the specimen travellers of the virtual lane, a folder each (docs/adr/0004)."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from drivers.virtual.performance import Act
from edge.checks import Reason
from edge.errors import SettingsError
from tools import shipped
from tools.simulation.script import Fault
from tools.specimen import central_keys, chip, pictures
from tools.specimen.authority import Authority
from tools.specimen.chip import SpecimenChip

PORTRAITS = shipped.portraits()
STAMP = "issued.json"
RENEW_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One traveller, and what must become of the passage."""

    name: str
    title: str
    about: str
    make: Callable[[Bench], SpecimenChip]
    reasons: tuple[Reason, ...] = ()
    live: pictures.Crop = pictures.FIRST_LIVE
    people: int = 1
    fault: Fault = Fault.NONE
    act: Act = Act.LIVE

    @property
    def decision(self) -> str:
        """What the gate must decide."""
        return "refer" if self.reasons else "open"


@dataclass(frozen=True, slots=True)
class Bench:
    """What specimens are made with."""

    authority: Authority
    foreign: Authority
    portrait: bytes
    other_portrait: bytes
    now: datetime

    def genuine(self) -> SpecimenChip:
        """A document as a state issues it."""
        return SpecimenChip.issue(self.authority, chip.adult(self.now), self.portrait)

    def expired(self) -> SpecimenChip:
        """A genuine document past its date."""
        return SpecimenChip.issue(self.authority, chip.expired(self.now), self.portrait)

    def minor(self) -> SpecimenChip:
        """A genuine document of a child."""
        return SpecimenChip.issue(self.authority, chip.minor(self.now), self.portrait)


def _attack(name: str, title: str, about: str, act: Act) -> Scenario:
    """The holder's genuine document, and not the holder's face."""
    return Scenario(name, title, about, Bench.genuine, (Reason.FACE_PAD,), act=act)


SCENARIOS = (
    Scenario(
        "genuine",
        "Genuine traveller",
        "A valid document and its holder: the gate opens.",
        Bench.genuine,
    ),
    Scenario(
        "impostor",
        "Impostor",
        "A genuine document in somebody else's hand.",
        Bench.genuine,
        (Reason.FACE_NOMATCH,),
        live=pictures.SECOND_LIVE,
    ),
    Scenario(
        "expired-document",
        "Expired document",
        "The document expired a month ago.",
        Bench.expired,
        (Reason.DOC_EXPIRED,),
    ),
    Scenario(
        "cloned-chip",
        "Cloned chip",
        "A perfect copy of a chip, without its private keys.",
        lambda bench: bench.genuine().clone_without_keys(),
        (Reason.CHIP_CLONE,),
    ),
    Scenario(
        "tampered-portrait",
        "Tampered portrait",
        "The impostor's face was written over the portrait on the chip.",
        lambda bench: bench.genuine().replace_portrait(bench.other_portrait),
        (Reason.CHIP_TAMPER,),
        live=pictures.SECOND_LIVE,
    ),
    Scenario(
        "unknown-issuer",
        "Unknown issuer",
        "Perfectly signed by a CSCA that nobody trusts.",
        lambda bench: bench.genuine().sign_with_foreign_csca(bench.foreign),
        (Reason.CHIP_UNKNOWN_ISSUER,),
    ),
    Scenario(
        "minor",
        "Minor",
        "A child of fifteen with a genuine document: never alone through a gate.",
        Bench.minor,
        (Reason.ELIG_AGE,),
    ),
    Scenario(
        "tailgater",
        "Tailgater",
        "A genuine traveller, and somebody close behind.",
        Bench.genuine,
        (Reason.LANE_TAILGATE,),
        people=2,
    ),
    Scenario(
        "broker-away",
        "Broker away",
        "The broker dies while an expired document is read; every event arrives later.",
        Bench.expired,
        (Reason.DOC_EXPIRED,),
        fault=Fault.BROKER_AWAY,
    ),
    Scenario(
        "reader-unplugged",
        "Reader unplugged",
        "The chip reader is pulled out in the middle of reading.",
        Bench.genuine,
        (Reason.DEVICE_FAULT,),
        fault=Fault.READER_UNPLUGGED,
    ),
    _attack("printed-photo", "Printed photo", "A print of the holder, in the hand.", Act.PHOTO),
    _attack("bent-photo", "Bent photo", "The same print, bent around the face.", Act.BENT_PHOTO),
    _attack("screen-replay", "Screen replay", "A video of the holder on a tablet.", Act.SCREEN),
    _attack(
        "cut-out-mask",
        "Cut-out mask",
        "A print cut out along the head, with the attacker's eyes behind it.",
        Act.MASK,
    ),
    _attack("frozen-frame", "Frozen frame", "One frame fed in again and again.", Act.STILL),
    _attack(
        "replayed-answer",
        "Replayed answer",
        "A video of the holder doing what somebody else was asked to do.",
        Act.ANSWER,
    ),
)


def issue_if_needed(
    out: Path, progress: Callable[[str], None], portraits: Path = PORTRAITS
) -> bool:
    """Issue when there are no specimens, or old ones, or those of another version."""
    now = datetime.now(UTC)  # noqa: TID251  # the tool is where the clock is
    if _is_fresh(out, now):
        return False
    issue_all(out, portraits, now, progress)
    return True


def issue_all(out: Path, portraits: Path, now: datetime, progress: Callable[[str], None]) -> None:
    """Write the trust anchor, the keys of a central system, and every scenario.

    What was there before is replaced as a whole, but for the keys.

    Raises:
        SettingsError: the specimen photographs are not installed, the folder cannot be written, or
            holds something else than specimens, which is left alone.
    """
    progress(f"issuing {len(SCENARIOS)} specimen travellers in {out} ...")
    bench = Bench(
        authority=Authority.establish(now),
        foreign=Authority.establish(now),
        portrait=pictures.portrait(portraits, pictures.FIRST_PORTRAIT),
        other_portrait=pictures.portrait(portraits, pictures.SECOND_PORTRAIT),
        now=now,
    )
    try:
        _refuse_foreign(out)
        _replace(out, bench, portraits)
    except OSError as error:
        raise SettingsError(f"specimens cannot be written to {out}: {error.strerror}") from error


def _refuse_foreign(out: Path) -> None:
    """A mistyped folder must not cost somebody what is in it."""
    if out.is_dir() and any(out.iterdir()) and not (out / STAMP).is_file():
        raise SettingsError(f"{out} holds something else than specimens; name a new folder")


def _replace(out: Path, bench: Bench, portraits: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".specimens-") as folder:
        fresh = Path(folder) / "specimens"
        (fresh / "trust").mkdir(parents=True)
        (fresh / "trust/csca.der").write_bytes(bench.authority.csca_der)
        central_keys.establish(fresh, kept=out)
        for scenario in SCENARIOS:
            _write(fresh / scenario.name, scenario, bench, portraits)
        stamp = {"issued": bench.now.isoformat(), "version": version("egate")}
        (fresh / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)


def _write(folder: Path, scenario: Scenario, bench: Bench, portraits: Path) -> None:
    issued = scenario.make(bench)
    (folder / "live").mkdir(parents=True)
    (folder / "live/1.jpg").write_bytes(pictures.live(portraits, scenario.live))
    issued.personalisation().save(folder / "chip")
    script = {
        "title": scenario.title,
        "about": scenario.about,
        "mrz": list(issued.lines),
        "live": ["live/1.jpg"],
        "landmarks": [list(point) for point in scenario.live.landmarks],
        "act": scenario.act.value,
        "seed": zlib.crc32(scenario.name.encode()),
        "people": scenario.people,
        "fault": scenario.fault.value,
        "expect_decision": scenario.decision,
        "expect_reasons": list(scenario.reasons),
    }
    # What JSON writes for text, numbers and lists of text is TOML as well.
    lines = [f"{key} = {json.dumps(value)}" for key, value in script.items()]
    (folder / "traveller.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_fresh(out: Path, now: datetime) -> bool:
    if not (out / central_keys.PUBLIC).is_file():
        return False
    try:
        stamp = json.loads((out / STAMP).read_text(encoding="utf-8"))
        age = now - datetime.fromisoformat(stamp["issued"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return stamp.get("version") == version("egate") and age < RENEW_AFTER

"""What the pages show: values the shell composes, the browser reads as JSON.

A view never carries anything that identifies a person.  What a traveller sees says nothing about
reasons either: a referral that may not be disclosed must look like every other one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.checks import CheckId, Reason, Result
from edge.gate.states import Door, Sign, Topology


class View(BaseModel):
    """A value that a page shows: complete, and never changed once shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TravellerView(View):
    """The traveller's page: what to do now, and nothing about why."""

    sign: Sign
    hint: str | None = None
    """How to stand for the camera (`come-closer`, `hold-still`); unknown ones read "look here"."""
    progress: int | None = Field(default=None, ge=0, le=100)
    """Percent of the chip that has been read, while it is being read."""
    simulated: bool = False
    language: str | None = None
    """Language the document suggests; None leaves the one of the gate."""


class DeviceView(View):
    """One device of the lane."""

    role: str
    driver: str
    status: Literal["ready", "lost", "starting"]
    detail: str = ""


class DoorView(View):
    """One door: whether the gate frees it, and where it was last seen."""

    free: bool
    position: Literal["open", "shut", "moving", "unknown"] = "unknown"


class CheckView(View):
    """One check of a passage, as an officer may read it."""

    id: CheckId
    result: Result
    detail: str = ""


class PassageView(View):
    """One closed transaction; `none` was decided when the traveller left before."""

    transaction: str
    """Short id: enough to find it in the journal, never the document's."""
    at: AwareDatetime
    decision: Literal["open", "refer", "none"]
    passed: bool | None = None
    """Whether the traveller walked through; None where nobody was to."""
    released: bool = False
    """An officer let the referred traveller pass."""
    reasons: tuple[Reason, ...] = ()
    checks: tuple[CheckView, ...] = ()
    timings_ms: Mapping[str, float] = Field(default_factory=dict)


class OutboxView(View):
    """Events the central system has not acknowledged yet."""

    depth: int = Field(default=0, ge=0)
    oldest_age_s: float | None = None
    connected: bool = False
    detail: str = ""
    """Which event all others wait behind, and why; empty while delivery goes on."""


class ShareView(View):
    """A part of a whole, and where the rate behind it lies (95 %)."""

    part: int
    whole: int
    low: float
    high: float


class RateView(View):
    """What the comparison of faces did with a group of travellers; counts that may be told."""

    group: str
    travellers: int
    not_matched: ShareView
    """Of those with a picture good enough to be compared."""
    refused: ShareView
    """By the face, whatever the cause."""
    strangers: ShareView
    """Matches of comparisons with other travellers alike, at the false match rate in force."""


class LaneView(View):
    """The technician's page."""

    site: str
    device: str
    version: str
    started_at: AwareDatetime
    topology: Topology
    simulated: bool
    state: str
    """Name of the gate's state, `Ready`."""
    maintenance: bool = False
    """Somebody wants the gate out of service; `state` says whether it is by now."""
    sign: Sign
    doors: Mapping[Door, DoorView] = Field(default_factory=dict)
    devices: tuple[DeviceView, ...] = ()
    passages: tuple[PassageView, ...] = ()
    """Newest first; the board keeps as many as it is given, about twenty."""
    outbox: OutboxView = OutboxView()
    rates: tuple[RateView, ...] = ()
    """Since the daemon began its work; empty while nothing may be told."""
    notices: tuple[str, ...] = ()
    """What a technician should know and do, one sentence each."""


class Scene(View):
    """Both pages at one moment."""

    traveller: TravellerView
    lane: LaneView


class ScenarioView(View):
    """A traveller the simulator can send, in training operation."""

    name: str
    title: str
    about: str = ""

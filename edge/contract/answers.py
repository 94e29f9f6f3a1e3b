"""What a gate answers to a command."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from edge.contract.commands import Code
from edge.contract.fields import Integer, Moment, Omittable, Text
from edge.contract.message import Message
from edge.contract.messages import Anchors, Health, Rules

Status: TypeAlias = Literal["accepted", "done", "rejected", "failed"]


class Diagnostics(Message):
    """What `diagnostics` finds: how the gate is, and nothing of any traveller."""

    time: Moment
    uptime_s: Integer
    version: str
    python: str
    system: str
    topology: Literal["barrier", "mantrap"]
    simulated: bool
    state: str
    """Of the lane; for people."""
    maintenance: bool
    policy: Rules
    trust: Anchors
    health: Health


class Answer(Message):
    """What is published on `cmd/{name}/response`."""

    id: str | None
    """The command's; None where its signature was not proven."""
    status: Status
    code: Code
    detail: Text = ""
    data: Omittable[Diagnostics] = Field(default=None, exclude_if=lambda value: value is None)
    """What `diagnostics` found."""

"""What the central system may order a gate to do, and the codes of the answers.

A command is the payload of a signed token (`edge.contract.verified_command`); each kind is one
value type.  Nothing in a command is personal: an officer is a code that only the authority can
resolve.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field

from edge.contract.data_category import Category
from edge.contract.fields import UUID, WHOLE
from edge.contract.json_object import JsonObject
from edge.contract.message import Message

OFFICER = r"^[A-Z]{0,4}-?[0-9]{1,12}$"
"""A service number such as `K-4711`: letters and digits that spell no name."""
TRANSACTION = r"^[0-9a-f]{32}$"
Transaction: TypeAlias = Annotated[str, Field(pattern=TRANSACTION), Category.PASSAGE]
Officer: TypeAlias = Annotated[str, Field(pattern=OFFICER), Category.PERSONNEL]


class CommandName(StrEnum):
    """The last level of `cmd/{name}`."""

    OUT_OF_SERVICE = "out-of-service"
    IN_SERVICE = "in-service"
    RELEASE = "release"
    OUTCOME = "outcome"
    RESET = "reset"
    RELOAD = "reload"
    DIAGNOSTICS = "diagnostics"
    REBOOT = "reboot"


class Order(Message):
    """The `args` of a command."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LeaveService(Order):
    """`out-of-service`: show *closed* as soon as nobody is attended, over restarts, until told."""


class ResumeService(Order):
    """`in-service`: serve travellers again."""


class Release(Order):
    """`release`: let the referred traveller of this transaction pass."""

    transaction: Transaction
    officer: Officer


class SecondLine(StrEnum):
    """What second line decided about a referred traveller."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    EXAMINED_FURTHER = "examined-further"
    HANDED_OVER = "handed-over"
    """To another authority."""
    LEFT = "left"
    """Withdrew, or was not there any more."""


class RecordOutcome(Order):
    """`outcome`: write down what second line decided."""

    transaction: Transaction
    officer: Officer
    outcome: SecondLine = Field(strict=False)


class Reset(Order):
    """`reset`: an officer has looked; end the referral, the alarm or the emergency."""

    officer: Officer


class Reloaded(StrEnum):
    """What can be read again while the gate runs."""

    POLICY = "policy"
    LISTS = "lists"
    TRUST = "trust"


class Reload(Order):
    """`reload`: read again; what is wrong leaves everything as it was."""

    what: Reloaded = Field(strict=False)


class Diagnose(Order):
    """`diagnostics`: say how the gate is."""


class Reboot(Order):
    """`reboot`: restart the computer, when nobody is being attended."""


Command: TypeAlias = (
    LeaveService | ResumeService | Release | RecordOutcome | Reset | Reload | Diagnose | Reboot
)
ORDERS: Mapping[CommandName, type[Command]] = MappingProxyType(
    {
        CommandName.OUT_OF_SERVICE: LeaveService,
        CommandName.IN_SERVICE: ResumeService,
        CommandName.RELEASE: Release,
        CommandName.OUTCOME: RecordOutcome,
        CommandName.RESET: Reset,
        CommandName.RELOAD: Reload,
        CommandName.DIAGNOSTICS: Diagnose,
        CommandName.REBOOT: Reboot,
    }
)


Seconds: TypeAlias = Annotated[
    int,
    Field(ge=0, le=253_402_300_799, description="Seconds since 1970 (RFC 7519)."),
    WHOLE,
]


class Claims(Message):
    """What a signed command says."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(pattern=UUID)
    aud: str = Field(description="`source` of the gate that is meant.")
    name: str
    iat: Seconds
    exp: Seconds
    args: JsonObject

    def command(self) -> Command:
        """What is ordered, by a known name.

        Raises:
            ValueError: the arguments are not those of the command.
        """
        return ORDERS[CommandName(self.name)].model_validate(self.args)


class Code(StrEnum):
    """Why an answer is as it is; integrators depend on these, add and never rename."""

    ACCEPTED = "accepted"
    DONE = "done"
    DEFERRED = "deferred"
    """Noted; it takes effect when the lane is empty."""

    # Rejected before the signature was proven: one code, so that nobody can probe.
    UNAUTHENTICATED = "unauthenticated"
    # Rejected although rightly signed.
    RETAINED = "retained"
    WRONG_AUDIENCE = "wrong-audience"
    WRONG_NAME = "wrong-name"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    VALID_TOO_LONG = "valid-too-long"
    REPLAYED = "replayed"
    CLOCK_NOT_TRUSTED = "clock-not-trusted"
    MALFORMED = "malformed"
    UNKNOWN_COMMAND = "unknown-command"
    BUSY = "busy"
    """Too many commands at once, or a traveller is being attended."""
    NOT_RECORDED = "not-recorded"
    """The journal does not take it, so it must not act."""
    # What the lane does not allow now.
    NOT_REFERRED = "not-referred"
    """No such transaction waits for an officer."""
    NOT_ALONE = "not-alone"
    """The sensors do not count exactly one person where the traveller must stand."""
    LANE_OCCUPIED = "lane-occupied"
    NOTHING_TO_RESET = "nothing-to-reset"
    # What was tried and did not work.
    NOT_CONFIGURED = "not-configured"
    INVALID = "invalid"
    """What was to be loaded is wrong; the last good one stays."""
    FAILED = "failed"

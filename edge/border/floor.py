"""The floor: checks that the code demands, whatever a policy file says.

1. Every check of `FLOOR` is demanded of every traveller.  It is `required` unless the policy names
   another requirement for it.
2. In live operation a requirement counts for no less than the check's `least`.  `config check` and
   the start refuse a policy that asks for less (`weaknesses`); the decision would not follow it.
3. A check that the floor or the policy names and that nobody made never opens (`Policy.tolerates`).
4. Nobody under `COMPARED_FROM` is compared, now or in the portrait, in training either, unless the
   policy holds the acceptance of an authority (`YoungerFaces`).

Neither names what a lane does not have, such as a list or a boarding pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from edge.border.requirement import Requirement
from edge.checks import CheckId

COMPARED_FROM: Final = 18
"""Years.  Between two children the rates of the comparison are many times those of adults."""


@dataclass(frozen=True, slots=True)
class YoungerFaces:
    """The acceptance, in writing, of what a calibration shows for faces of minors."""

    from_age: int
    """Years; nobody younger is compared."""
    false_match_rate: float
    """The rate at this age that the calibration found, between two of one sex and population."""
    calibration: str
    """Which calibration: its report and date."""
    accepted_by: str
    """Which authority, by which act."""


@dataclass(frozen=True, slots=True)
class FloorRule:
    """The least that a live gate demands of a check, and why."""

    least: Requirement
    why: str


_REQUIRED: Final = Requirement.REQUIRED

FLOOR: Final[Mapping[CheckId, FloorRule]] = MappingProxyType(
    {
        CheckId.CLOCK_TRUSTED: FloorRule(
            _REQUIRED, "without the date neither a document nor a certificate can be judged"
        ),
        CheckId.LANE_SINGLE_PERSON: FloorRule(_REQUIRED, "the gate decides about one person"),
        CheckId.MRZ_READ: FloorRule(_REQUIRED, "without an MRZ there is no document"),
        CheckId.DOC_EXPIRY: FloorRule(
            Requirement.NOT_FAILED, "some documents have no date of expiry; none may be expired"
        ),
        CheckId.CHIP_PRESENCE: FloorRule(_REQUIRED, "a printed page can be forged"),
        CheckId.CHIP_ACCESS: FloorRule(
            Requirement.NOT_FAILED,
            "an authority may accept BAC after a failed PACE: it weakens secrecy, not authenticity",
        ),
        CheckId.CHIP_SOD_SIGNATURE: FloorRule(_REQUIRED, "unsigned data prove nothing"),
        CheckId.CHIP_DS_CHAIN: FloorRule(_REQUIRED, "anybody can sign with a key of their own"),
        CheckId.CHIP_DG_HASH: FloorRule(_REQUIRED, "data that were not signed prove nothing"),
        CheckId.CHIP_DG1_VS_MRZ: FloorRule(
            Requirement.IF_SUPPORTED, "a card opened by its CAN shows no MRZ to compare with"
        ),
        CheckId.ELIG_AGE: FloorRule(
            _REQUIRED, "the rates of the comparison hold for adults, and an age may be unknown"
        ),
        CheckId.FACE_DETECT: FloorRule(_REQUIRED, "a document without its holder opens nothing"),
        CheckId.FACE_PAD: FloorRule(_REQUIRED, "a picture of a face is not a traveller"),
        CheckId.FACE_MATCH: FloorRule(_REQUIRED, "the holder of a document is known by the face"),
    }
)


def demanded(named: Mapping[CheckId, Requirement], *, live: bool) -> dict[CheckId, Requirement]:
    """Join the floor and the policy above it; in live operation never less than the floor."""
    found = dict.fromkeys(FLOOR, _REQUIRED) | dict(named)
    if live:
        for check, rule in FLOOR.items():
            found[check] = found[check].or_stricter(rule.least)
    return found


def compared_from(accepted: YoungerFaces | None) -> int:
    """The age, in years, from which faces are compared."""
    return COMPARED_FROM if accepted is None else min(accepted.from_age, COMPARED_FROM)


def weaknesses(named: Mapping[CheckId, Requirement]) -> Iterator[str]:
    """The requirements of a policy that a live gate must not follow, each in one sentence."""
    for check, rule in FLOOR.items():
        asked = named.get(check, _REQUIRED)
        if asked.or_stricter(rule.least) is not asked:
            yield (
                f'"{check}" = "{asked}" is less than a live gate demands: at least'
                f' "{rule.least}", because {rule.why}'
            )

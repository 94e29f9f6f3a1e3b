"""A policy that names a few checks, for decisions."""

from __future__ import annotations

from edge.border.policy import Policy
from edge.border.requirement import Requirement
from edge.checks import CheckId

NAMED = {
    CheckId.CHIP_ACTIVE_AUTH: Requirement.IF_SUPPORTED,
    CheckId.CHIP_DS_REVOCATION: Requirement.NOT_FAILED,
    CheckId.DOC_MODEL: Requirement.IGNORED,
}


POLICY = Policy(
    version="test",
    digest="00",
    requirements=NAMED,
    false_match_rate="1e-4",
    minimum_age=18,
    nationalities=frozenset(),
    document_codes=frozenset("P"),
)

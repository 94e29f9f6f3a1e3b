"""How a document is to be read, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.emrtd.apdu import SHORT_LE
from edge.emrtd.dialogue import MOST_COMMANDS, MOST_RESPONSE_BYTES
from edge.emrtd.document_model import ReadHints
from edge.emrtd.files import ElementaryFile
from edge.emrtd.terminal_auth import Terminal


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """How to read, and what the document may cost."""

    extended_length: bool = True
    """Ask for more than 256 bytes at a time until the chip refuses."""
    bac_after_pace: bool = False
    """Read a chip whose PACE fails by BAC all the same: a downgrade, `Access.is_downgraded`."""
    chip_authentication: bool = True
    active_authentication: bool = True
    additional: tuple[ElementaryFile, ...] = ()
    """Files to read besides, where the chip gives them."""
    withheld: frozenset[ElementaryFile] = frozenset()
    """Files not to be asked for: the chip ended a session over each."""
    learnt: ReadHints | None = None
    """What is known of documents of this model; None when it is met for the first time."""
    atr: bytes = b""
    """The chip's answer to reset as PC/SC spells it, empty when the reader does not tell."""
    terminal: Terminal | None = None
    """What to show chips that guard fingerprints, None when the gate does not read them."""
    commands: int = MOST_COMMANDS
    response_bytes: int = MOST_RESPONSE_BYTES

    def first_steps(self) -> ReadHints:
        """Where to begin: as with others of the model, and never longer than allowed."""
        learnt = self.learnt or ReadHints()
        if self.extended_length:
            return learnt
        return replace(learnt, response_limit=min(learnt.response_limit, SHORT_LE))

"""The content of a chip as read: claims until `edge.trust` has verified them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from typing_extensions import override

from edge.emrtd.document_model import ReadHints
from edge.emrtd.files import ElementaryFile


class AccessProtocol(StrEnum):
    """The protocol that opened the chip; the value is the detail of the `chip.access` check."""

    NONE = "none"
    BAC = "bac"
    PACE_GM = "pace-gm"
    PACE_IM = "pace-im"
    PACE_CAM = "pace-cam"


@dataclass(frozen=True, slots=True)
class Access:
    """The access protocol that succeeded, and whether the chip had offered PACE."""

    protocol: AccessProtocol
    pace_offered: bool

    @property
    def is_downgraded(self) -> bool:
        """Whether the chip was opened by a weaker protocol than it offered."""
        return self.pace_offered and self.protocol in {AccessProtocol.NONE, AccessProtocol.BAC}


@dataclass(frozen=True, slots=True)
class ChipAuthenticationMapping:
    """The data of PACE-CAM by which the chip proves its static key (Doc 9303-11 §4.4.3.5).

    A claim: it proves the key `parameter_id` of EF.CardSecurity only after passive authentication
    of that file.  See `edge.emrtd.pace_cam.proves`.
    """

    parameter_id: int
    """The id of the domain parameters of PACE, and so of the static key of the chip."""
    mapping_key: bytes
    """The chip's public key of the mapping, an uncompressed point."""
    data: bytes
    """Chip authentication data, decrypted; empty when they are missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """The run of chip authentication: the key, and whether the chip answered under new keys.

    `public_key` is the SubjectPublicKeyInfo (DER) in the DG14 of the chip.  It proves nothing
    before passive authentication of DG14 (ICAO Doc 9303-11 §6.2).
    """

    oid: str
    key_id: int | None
    public_key: bytes
    succeeded: bool


@dataclass(frozen=True, slots=True)
class ActiveAuthentication:
    """Our challenge (8 bytes) and the chip's answer, empty when it refused (Doc 9303-11 §6.1)."""

    challenge: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class TerminalAuthentication:
    """The run of terminal authentication (Doc 9303-11 §7.1).

    `trust_points` are the authorities that the chip trusts, newest first.  `failure` is the reason
    in words why the chip gave no access to fingerprints; empty when it did.
    """

    trust_points: tuple[str, ...]
    failure: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the chip accepted the terminal."""
        return not self.failure


@dataclass(frozen=True, slots=True, repr=False)
class ChipContents:
    """Everything read in one session; files byte for byte as read."""

    access: Access
    files: Mapping[ElementaryFile, bytes]
    chip_authentication: ChipAuthentication | None
    active_authentication: ActiveAuthentication | None
    largest_read: int = 0
    """Bytes of the largest piece the chip delivered at once."""
    chip_authentication_mapping: ChipAuthenticationMapping | None = None
    """None unless the chip was opened by PACE-CAM."""
    terminal_authentication: TerminalAuthentication | None = None
    """None when the chip does not support it, or the gate has no certificates."""
    learnt: ReadHints = field(default_factory=ReadHints)
    """How this chip is read best: a start for the next one of its model."""

    @override
    def __repr__(self) -> str:
        """Name the files, show nothing of them."""
        names = ", ".join(file.name for file in self.files)
        return f"ChipContents({self.access.protocol}, {names})"

"""Opens the chip by PACE if the chip offers it, otherwise by BAC (ICAO Doc 9303-11 §4.2).

A chip that offers PACE is opened by PACE or not at all, unless a policy allows BAC.  With BAC after
a failed PACE, an attacker between reader and chip could choose the weaker protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.emrtd import bac, chip_name, pace, pace_variant, security_infos
from edge.emrtd.apdu import OK, SHORT_LE
from edge.emrtd.commands import (
    SELECT_APPLICATION,
    SELECT_MASTER_FILE,
    read_selected,
    read_short_identifier,
    select,
)
from edge.emrtd.contents import Access, AccessProtocol, ChipAuthenticationMapping
from edge.emrtd.dialogue import Dialogue, through, with_exact_length
from edge.emrtd.document_model import ReadHints
from edge.emrtd.file_reader import Capacity, FileReader, FileRefused
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey, Password
from edge.emrtd.secure_messaging import SecureSession, secured
from edge.emrtd.security_infos import SecurityInfo
from edge.errors import AccessDenied, ChipError, MalformedFile, PaceFailed

_SECURITY_NOT_SATISFIED: Final = 0x6982
_SET: Final = 0x31


@dataclass(frozen=True, slots=True)
class Opened:
    """The open chip with the eMRTD application selected; `session` None without access control."""

    access: Access
    session: SecureSession | None
    card_access: bytes | None
    card_security: bytes | None = None
    """Read after PACE-CAM only."""
    chip_authentication_mapping: ChipAuthenticationMapping | None = None
    chip_name: bytes = b""
    """The name of the chip for terminal authentication, in this session."""
    terminal_key: bytes = b""
    """Our ephemeral public key of PACE-CAM in short form; empty after anything else."""


def open_chip(
    key: AccessKey,
    random: Callable[[int], bytes],
    *,
    extended_length: bool = True,
    bac_after_pace: bool = False,
) -> Dialogue[Opened]:
    """Open the chip with the key; AccessDenied, ChipError or MalformedFile when it stays closed.

    With `bac_after_pace` a chip whose PACE fails is read by BAC; then `Access.is_downgraded`.
    """
    card_access = yield from _read_card_access()
    infos = () if card_access is None else security_infos.parse(card_access)
    if not security_infos.offers_pace(infos):
        return (yield from _open_without_pace(key, random, card_access, pace_offered=False))
    try:
        return (yield from _open_by_pace(key, infos, random, card_access, extended_length))
    except AccessDenied:
        if not bac_after_pace or key.password is not Password.MRZ:
            raise
    yield pace.END_OF_CHAIN
    return (yield from _open_without_pace(key, random, card_access, pace_offered=True))


def _open_without_pace(
    key: AccessKey,
    random: Callable[[int], bytes],
    card_access: bytes | None,
    *,
    pace_offered: bool,
) -> Dialogue[Opened]:
    yield from _select_application()
    if (yield from _is_unprotected()):
        return Opened(Access(AccessProtocol.NONE, pace_offered), None, card_access)
    if key.password is not Password.MRZ:
        raise AccessDenied("the chip offers no PACE: only the MRZ opens it")
    session = SecureSession((yield from bac.authenticate(key, random)))
    access = Access(AccessProtocol.BAC, pace_offered)
    return Opened(access, session, card_access, chip_name=chip_name.after_bac(key))


def _read_card_access() -> Dialogue[bytes | None]:
    """EF.CardAccess, None when the chip has none.

    Most chips are in the master file when they wake up.  Of the others some refuse one way to
    select it, some refuse both and are there, and some agree and do not move.  So "no such file"
    counts only after a successful SELECT by identifier.  One chip without EF.CardAccess refuses it
    as invalidated (6283).
    """
    content = yield from _read_where_it_woke_up()
    for command in SELECT_MASTER_FILE:
        if content is not None:
            break
        reply = yield command
        content = yield from _read_master_file(ElementaryFile.CARD_ACCESS)
        if reply.sw == OK and command.data:
            break
    return content


def _read_where_it_woke_up() -> Dialogue[bytes | None]:
    """EF.CardAccess without a SELECT; None also for another content."""
    try:
        content = yield from _read_master_file(ElementaryFile.CARD_ACCESS)
    except MalformedFile:
        return None
    return content if content is not None and content[0] == _SET else None


def _read_master_file(file: ElementaryFile, capacity: Capacity = int) -> Dialogue[bytes | None]:
    """A file of the master file, None when the chip has none."""
    reader = FileReader(lambda *_: None, ReadHints(response_limit=SHORT_LE))
    try:
        return (yield from with_exact_length(reader.read(file, capacity)))
    except FileRefused:
        return None


def _open_by_pace(
    key: AccessKey,
    infos: tuple[SecurityInfo, ...],
    random: Callable[[int], bytes],
    card_access: bytes | None,
    extended_length: bool,
) -> Dialogue[Opened]:
    chosen = pace_variant.choose(infos)
    if chosen is None:
        raise PaceFailed("the chip offers only kinds of PACE that this gate does not speak")
    overheard = chip_name.Overheard()
    run = pace.establish(key, chosen, random, extended_length=extended_length)
    established = yield from through(run, overheard.exchange)
    session = SecureSession(established.keys)
    card_security = None
    if established.chip is not None:
        reading = _read_master_file(ElementaryFile.CARD_SECURITY, session.capacity)
        card_security = yield from secured(reading, session)
    yield from secured(_select_application(), session)
    return Opened(
        Access(chosen.mapping, pace_offered=True),
        session,
        card_access,
        card_security,
        established.chip,
        overheard.chip,
        overheard.terminal,
    )


def _select_application() -> Dialogue[None]:
    reply = yield SELECT_APPLICATION
    if reply.sw != OK:
        raise ChipError(
            f"no eMRTD application (SW {reply.sw:04X}): damaged chip, or no travel document"
        )


def _is_unprotected() -> Dialogue[bool]:
    """Whether the chip gives DG1 without a key: the first issuers had no access control."""
    reply = yield read_short_identifier(ElementaryFile.DG1, 1)
    if not reply.data and reply.sw != _SECURITY_NOT_SATISFIED:
        reply = yield select(ElementaryFile.DG1)
        if reply.sw == OK:
            reply = yield read_selected(0, 1)
    return bool(reply.data)

"""Reading a travel document's chip from beginning to end (ICAO Doc 9303-11 Appendix J).

EF.CardAccess and access control, EF.COM, EF.SOD, DG14 and chip authentication, DG1, DG15 and
active authentication, DG2 last: the shell verifies EF.SOD while the portrait still arrives.
Nothing read here is believed here; what it is worth is for `edge.trust` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from edge.emrtd import active_auth, chip_auth
from edge.emrtd.access import Opened, open_chip
from edge.emrtd.contents import ActiveAuthentication, ChipAuthentication, ChipContents
from edge.emrtd.dialogue import (
    MOST_COMMANDS,
    MOST_RESPONSE_BYTES,
    Budget,
    Dialogue,
    through,
    with_get_response,
)
from edge.emrtd.file_reader import FileReader, FileRefused
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.lds import dg14, dg15
from edge.emrtd.progress import AccessGranted, Advanced, FileRead, Progress, Tally
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, secured
from edge.errors import MalformedFile

__all__ = [
    "AccessGranted",
    "AccessKey",
    "Advanced",
    "FileRead",
    "Progress",
    "ReadPlan",
    "read_document",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """How to read, and what the document may cost."""

    extended_length: bool = True
    """Ask for more than 256 bytes at a time until the chip refuses."""
    bac_after_pace: bool = False
    """Read a chip whose PACE fails by BAC all the same: a downgrade, `Access.is_downgraded`."""
    chip_authentication: bool = True
    active_authentication: bool = True
    commands: int = MOST_COMMANDS
    response_bytes: int = MOST_RESPONSE_BYTES


def read_document(
    key: AccessKey,
    random: Callable[[int], bytes],
    observe: Callable[[Progress], None],
    plan: ReadPlan,
) -> Dialogue[ChipContents]:
    """Read all that the gate needs from a chip; run it over a card channel just powered up.

    `random(n)` returns n bytes fit for keys.  `observe` is called as things happen and must
    return at once.  Raises AccessDenied when the key does not open the chip, ChipError when the
    chip or the talk with it is broken, MalformedFile, LimitExceeded; and whatever `transmit`
    raises when document or reader are gone.
    """
    budget = Budget(plan.commands, plan.response_bytes)
    dialogue = _read(key, random, observe, plan)
    return through(with_get_response(dialogue), budget.exchange)


def _read(
    key: AccessKey,
    random: Callable[[int], bytes],
    observe: Callable[[Progress], None],
    plan: ReadPlan,
) -> Dialogue[ChipContents]:
    """Read in one session; when the chip ends it over something we can do without, in another.

    Some chips end the session at the first command of extended length, and a chip without its
    private key ends it after chip authentication; that failure is kept as the result it is.
    Every turn asks for less, so there are at most three.
    """
    failed: ChipAuthentication | None = None
    while True:
        reading = _Reading(random, observe, plan)
        try:
            contents = yield from reading.run(key)
        except SessionEnded:
            if reading.chip_authentication_in_doubt:
                failed = reading.chip_authentication
                plan = replace(plan, chip_authentication=False)
            elif reading.extended_length_in_doubt:
                plan = replace(plan, extended_length=False)
            else:
                raise
        else:
            return contents if failed is None else replace(contents, chip_authentication=failed)


class _Reading:
    """One session with the chip."""

    def __init__(
        self, random: Callable[[int], bytes], observe: Callable[[Progress], None], plan: ReadPlan
    ) -> None:
        self._random = random
        self._observe = observe
        self._plan = plan
        self._tally = Tally(observe)
        self._reader = FileReader(self._tally.advanced, extended_length=plan.extended_length)
        self._session: SecureSession | None = None
        self._files: dict[ElementaryFile, bytes] = {}
        self.chip_authentication: ChipAuthentication | None = None
        self.chip_authentication_in_doubt = False

    @property
    def extended_length_in_doubt(self) -> bool:
        """Whether a command of extended length is still without an answer."""
        return self._reader.extended_length_in_doubt

    def run(self, key: AccessKey) -> Dialogue[ChipContents]:
        """Open the chip and read it."""
        opened = yield from open_chip(
            key,
            self._random,
            extended_length=self._plan.extended_length,
            bac_after_pace=self._plan.bac_after_pace,
        )
        self._observe(AccessGranted(opened.access))
        self._session = opened.session
        if opened.card_access is not None:
            self._keep(ElementaryFile.CARD_ACCESS, opened.card_access)
        if opened.card_security is not None:
            self._keep(ElementaryFile.CARD_SECURITY, opened.card_security)
        yield from self._read_if_there(ElementaryFile.COM)
        yield from self._read_file(ElementaryFile.SOD)
        yield from self._read_if_there(ElementaryFile.DG14)
        yield from self._authenticate_chip()
        yield from self._read_file(ElementaryFile.DG1)
        self._confirm_chip()
        yield from self._read_if_there(ElementaryFile.DG15)
        active = yield from self._authenticate_actively()
        yield from self._read_file(ElementaryFile.DG2)
        return self._contents(opened, active)

    def _contents(self, opened: Opened, active: ActiveAuthentication | None) -> ChipContents:
        return ChipContents(
            opened.access,
            self._files,
            self.chip_authentication,
            active,
            self._reader.largest_read,
            opened.chip_authentication_mapping,
        )

    def _in_session(self, dialogue: Dialogue[T]) -> Dialogue[T]:
        return dialogue if self._session is None else secured(dialogue, self._session)

    def _read_file(self, file: ElementaryFile) -> Dialogue[None]:
        content = yield from self._in_session(self._reader.read(file))
        self._keep(file, content)

    def _read_if_there(self, file: ElementaryFile) -> Dialogue[None]:
        """Ask for a file whatever EF.COM says: EF.COM is not signed and may hide it."""
        try:
            yield from self._read_file(file)
        except FileRefused:
            self._tally.absent(file)

    def _keep(self, file: ElementaryFile, content: bytes) -> None:
        self._files[file] = content
        self._observe(FileRead(file, content))

    def _authenticate_chip(self) -> Dialogue[None]:
        content = self._files.get(ElementaryFile.DG14)
        if content is None or not self._plan.chip_authentication:
            return
        try:
            chosen = chip_auth.choose(dg14.decode(content))
        except MalformedFile:
            return  # the file is kept, and passive authentication judges it
        if chosen is None:
            return
        keys = yield from self._in_session(chip_auth.agree(chosen, self._random))
        self.chip_authentication = ChipAuthentication(
            chosen.oid, chosen.key_id, chosen.public_key, succeeded=False
        )
        if keys is not None:
            self._session = SecureSession(keys)
            self.chip_authentication_in_doubt = True

    def _confirm_chip(self) -> None:
        """The chip has answered under the new keys: it knows its private key (§6.2.1)."""
        if self.chip_authentication_in_doubt and self.chip_authentication is not None:
            self.chip_authentication = replace(self.chip_authentication, succeeded=True)
            self.chip_authentication_in_doubt = False

    def _authenticate_actively(self) -> Dialogue[ActiveAuthentication | None]:
        content = self._files.get(ElementaryFile.DG15)
        if content is None or not self._plan.active_authentication:
            return None
        public_key = dg15.decode(content)
        challenge = self._random(active_auth.CHALLENGE_LENGTH)
        request = active_auth.request(
            challenge, public_key, extended_length=self._plan.extended_length
        )
        return ActiveAuthentication(challenge, (yield from self._in_session(request)))

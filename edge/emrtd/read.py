"""Reads the chip of a travel document from beginning to end (ICAO Doc 9303-11 Appendix J).

The order is EF.CardAccess and access control, EF.COM, EF.SOD, DG14 and chip authentication, DG1,
DG15 and active authentication, DG2.  The shell verifies EF.SOD while the portrait still arrives.
Files that need terminal authentication come last, when the gate has everything it needs.  Nothing
is verified here; `edge.trust` does that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from edge.emrtd import active_auth, chip_auth, terminal_auth
from edge.emrtd.access import Opened, open_chip
from edge.emrtd.card_capabilities import announces_lengths, response_limit
from edge.emrtd.contents import (
    Access,
    ActiveAuthentication,
    ChipAuthentication,
    ChipContents,
    TerminalAuthentication,
)
from edge.emrtd.dialogue import (
    Budget,
    Dialogue,
    with_exact_length,
    with_get_response,
)
from edge.emrtd.document_model import ReadHints
from edge.emrtd.file_reader import FileReader, FileRefused
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.lds import dg14, dg15
from edge.emrtd.progress import AccessGranted, Advanced, FileRead, Progress, ProgressTally
from edge.emrtd.read_plan import ReadPlan
from edge.emrtd.refusals import is_refusal_of_a_file
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, secured
from edge.emrtd.security_infos import SecurityInfo
from edge.errors import AccessDenied, ChipError, MalformedFile

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


def read_document(
    key: AccessKey,
    random: Callable[[int], bytes],
    observe: Callable[[Progress], None],
    plan: ReadPlan,
) -> Dialogue[ChipContents]:
    """Read everything that the gate needs from a chip; run it over a fresh card channel.

    `random(n)` returns n bytes fit for keys.  `observe` is called as things happen and must
    return at once.  Raises AccessDenied when the key does not open the chip, ChipError when the
    chip or the talk with it is broken, MalformedFile, LimitExceeded; and whatever `transmit`
    raises when document or reader are gone.
    """
    budget = Budget(plan.commands, plan.response_bytes)
    dialogue = _read(key, random, observe, plan)
    return budget.kept(with_get_response(dialogue))


def _read(
    key: AccessKey,
    random: Callable[[int], bytes],
    observe: Callable[[Progress], None],
    plan: ReadPlan,
) -> Dialogue[ChipContents]:
    """Read in one session; when the chip ends it for something optional, start another session.

    Some chips end the session at the first command of extended length.  After a failed or refused
    chip authentication the session cannot be trusted; the failure is kept as a result.  Other chips
    refuse a file in clear, which ends the session too; the same question is not asked again.  Every
    new session asks for less, and for each file at most three times.
    """
    files: dict[ElementaryFile, bytes] = {}
    tally = ProgressTally(observe)
    failed: ChipAuthentication | None = None
    while True:
        reading = _Reading(random, observe, plan, tally, files)
        try:
            contents = yield from reading.run(key)
        except SessionEnded as ended:
            plan = replace(plan, learnt=reading.learnt)
            without = reading.without_the_question(ended)
            if reading.extended_length_in_doubt:
                plan = replace(plan, extended_length=False)
            elif reading.chip_authentication_in_doubt:
                failed = reading.chip_authentication
                plan = replace(plan, chip_authentication=False)
            elif without is not None:
                plan = without
            else:
                raise
        else:
            if failed is not None:
                return replace(contents, chip_authentication=failed)
            apart = _Reading(random, observe, replace(plan, learnt=reading.learnt), tally, files)
            return (yield from _with_active_authentication(contents, key, apart))


def _with_active_authentication(
    contents: ChipContents, key: AccessKey, apart: _Reading
) -> Dialogue[ChipContents]:
    """Ask a chip that signs nothing after chip authentication again, in a session without it.

    Some genuine chips do only one of the two in a session.
    """
    proven, asked = contents.chip_authentication, contents.active_authentication
    if proven is None or asked is None or asked.response:
        return contents
    try:
        answer = yield from apart.sign_only(key, contents.access)
    except ChipError:
        return contents
    return replace(contents, active_authentication=answer)


class _Reading:
    """One session with the chip; `files` holds the files of earlier sessions, and grows."""

    def __init__(
        self,
        random: Callable[[int], bytes],
        observe: Callable[[Progress], None],
        plan: ReadPlan,
        tally: ProgressTally,
        files: dict[ElementaryFile, bytes],
    ) -> None:
        self._random = random
        self._observe = observe
        self._plan = plan
        self._tally = tally
        self._reader = FileReader(tally.advanced, plan.first_steps())
        self._session: SecureSession | None = None
        self._files = files
        self._terminal_key = b""
        self._long_apdu_in_doubt = False
        self.chip_authentication: ChipAuthentication | None = None
        self.chip_authentication_in_doubt = False
        self._asking: ElementaryFile | None = None
        """The file that is being read."""

    def without_the_question(self, ended: SessionEnded) -> ReadPlan | None:
        """The plan without the file that the chip refused in clear; None when it refused no file.

        An attacker on the line can write such a refusal, so it proves nothing: a file that EF.SOD
        lists and that was not read is withheld (`edge.trust`, rules 11 to 13).
        """
        refused, file = ended.bare_status, self._asking
        if refused is None or file is None or not is_refusal_of_a_file(refused):
            return None
        learnt = self._reader.without_the_question(refused)
        if learnt is not None:
            return replace(self._plan, learnt=learnt)
        return replace(self._plan, learnt=self.learnt, withheld=self._plan.withheld | {file})

    @property
    def learnt(self) -> ReadHints:
        """The hints of this session about the chip."""
        return self._reader.learnt

    @property
    def extended_length_in_doubt(self) -> bool:
        """Whether a command of extended length is still without an answer."""
        return self._reader.extended_length_in_doubt or self._long_apdu_in_doubt

    def run(self, key: AccessKey) -> Dialogue[ChipContents]:
        """Open the chip and read it."""
        yield from self._read_master_file()
        opened = yield from self._open(key)
        self._observe(AccessGranted(opened.access))
        self._terminal_key = opened.terminal_key
        if opened.card_access is not None:
            self._keep(ElementaryFile.CARD_ACCESS, opened.card_access)
        if opened.card_security is not None:
            self._keep(ElementaryFile.CARD_SECURITY, opened.card_security)
        yield from self._read_if_there(ElementaryFile.COM)
        yield from self._read_file(ElementaryFile.SOD)
        yield from self._read_if_there(ElementaryFile.DG14)
        yield from self._authenticate_chip()
        yield from self._read_file(ElementaryFile.DG1)
        yield from self._read_if_there(ElementaryFile.DG15)
        active = yield from self._authenticate_actively()
        for file in self._plan.additional:
            if file.in_application:
                yield from self._read_if_there(file)
        yield from self._read_file(ElementaryFile.DG2)
        terminal = yield from self._authenticate_terminal(opened)
        if terminal is not None and terminal.succeeded:
            yield from self._read_if_there(ElementaryFile.DG3)
            yield from self._read_if_there(ElementaryFile.DG4)
        return ChipContents(
            opened.access,
            self._files,
            self.chip_authentication,
            active,
            self._reader.largest_read,
            opened.chip_authentication_mapping,
            terminal,
            self.learnt,
        )

    def sign_only(self, key: AccessKey, access: Access) -> Dialogue[ActiveAuthentication | None]:
        """Open the chip as before and ask it to sign a challenge with the key of DG15.

        AccessDenied when it opens by another protocol than before.
        """
        opened = yield from self._open(key)
        if opened.access != access:
            raise AccessDenied("the chip opened by another protocol the second time")
        return (yield from self._authenticate_actively())

    def _open(self, key: AccessKey) -> Dialogue[Opened]:
        opened = yield from open_chip(
            key,
            self._random,
            extended_length=self.learnt.extended_length,
            bac_after_pace=self._plan.bac_after_pace,
        )
        self._session = opened.session
        return opened

    def _read_master_file(self) -> Dialogue[None]:
        """Read files that need no access control: the announced lengths, and others on request.

        EF.ATR/INFO is read once for a model, unless the answer to reset says that it has no lengths
        (Doc 9303-10 §3.6.4).
        """
        plan = self._plan
        if (
            plan.learnt is None
            and plan.extended_length
            and announces_lengths(plan.atr) is not False
        ):
            content = yield from self._read_series(ElementaryFile.ATR_INFO)
            limit = response_limit(content)
            if limit is not None:
                self._reader.expect(limit)
                self._keep(ElementaryFile.ATR_INFO, content)
        for file in plan.additional:
            if not file.in_application and file not in self._files:
                content = yield from self._read_series(file)
                if content:
                    self._keep(file, content)

    def _read_series(self, file: ElementaryFile) -> Dialogue[bytes]:
        """A file of the master file, empty when the chip does not give it."""
        try:
            return (yield from with_exact_length(self._reader.read_series(file)))
        except FileRefused:
            return b""

    def _in_session(self, dialogue: Dialogue[T]) -> Dialogue[T]:
        """Run a dialogue in the session; when it ends well, the chip has proven the new keys."""
        result = yield from self._protected(dialogue)
        self._confirm_chip()
        return result

    def _protected(self, dialogue: Dialogue[T]) -> Dialogue[T]:
        dialogue = with_exact_length(dialogue)
        return dialogue if self._session is None else secured(dialogue, self._session)

    def _read_file(self, file: ElementaryFile) -> Dialogue[None]:
        """Read a file unless an earlier session has: EF.SOD protects it, not the session."""
        if file in self._files:
            return
        if file in self._plan.withheld:
            raise FileRefused(f"{file.name} cannot be read: the chip ends the session over it")
        self._asking = file
        capacity = int if self._session is None else self._session.capacity
        content = yield from self._in_session(self._reader.read(file, capacity))
        self._asking = None
        self._keep(file, content)

    def _read_if_there(self, file: ElementaryFile) -> Dialogue[None]:
        """Ask for a file also if EF.COM does not list it: EF.COM is not signed and may hide it."""
        try:
            yield from self._read_file(file)
        except FileRefused:
            self._asking = None
            self._tally.absent(file)

    def _keep(self, file: ElementaryFile, content: bytes) -> None:
        self._files[file] = content
        self._observe(FileRead(file, content))

    def _authenticate_chip(self) -> Dialogue[None]:
        chosen = chip_auth.choose(self._infos())
        if chosen is None or not self._plan.chip_authentication:
            return
        self.chip_authentication = ChipAuthentication(
            chosen.oid, chosen.key_id, chosen.public_key, succeeded=False
        )
        self.chip_authentication_in_doubt = True
        self._long_apdu_in_doubt = chosen.is_long and self.learnt.extended_length
        agreed = yield from self._protected(
            chip_auth.agree(chosen, self._random, extended_length=self.learnt.extended_length)
        )
        if agreed is None:
            raise SessionEnded("the chip refuses the authentication it offers")
        self._session = SecureSession(agreed.keys)
        self._terminal_key = agreed.terminal_key

    def _infos(self) -> tuple[SecurityInfo, ...]:
        """The SecurityInfos of DG14; empty if unreadable, passive authentication judges it."""
        content = self._files.get(ElementaryFile.DG14)
        try:
            return () if content is None else dg14.decode(content)
        except MalformedFile:
            return ()

    def _confirm_chip(self) -> None:
        """The chip has answered under the new keys: it knows its private key (§6.2.1)."""
        if self.chip_authentication_in_doubt and self.chip_authentication is not None:
            self.chip_authentication = replace(self.chip_authentication, succeeded=True)
            self.chip_authentication_in_doubt = False
            self._long_apdu_in_doubt = False

    def _authenticate_actively(self) -> Dialogue[ActiveAuthentication | None]:
        content = self._files.get(ElementaryFile.DG15)
        if content is None or not self._plan.active_authentication:
            return None
        public_key = dg15.decode(content)
        challenge = self._random(active_auth.CHALLENGE_LENGTH)
        request = active_auth.request(
            challenge, public_key, extended_length=self.learnt.extended_length
        )
        self._long_apdu_in_doubt = self.learnt.extended_length and active_auth.is_long(public_key)
        response = yield from self._in_session(request)
        self._long_apdu_in_doubt = False
        return ActiveAuthentication(challenge, response)

    def _authenticate_terminal(self, opened: Opened) -> Dialogue[TerminalAuthentication | None]:
        """None when there is nothing to do; a chip that ends the session here has failed.

        Without an ephemeral key of the terminal that the chip has authenticated, there is no
        access.
        """
        terminal = self._plan.terminal
        if terminal is None or not self._terminal_key:
            return None
        trust_points: tuple[str, ...] = ()
        try:
            trust_points = yield from self._in_session(
                terminal_auth.read_trust_points(self._infos())
            )
            if not trust_points:
                return None
            dialogue = terminal_auth.authenticate(
                terminal,
                trust_points,
                (opened.chip_name, self._terminal_key),
                extended_length=self.learnt.extended_length,
            )
            return (yield from self._in_session(dialogue))
        except (SessionEnded, MalformedFile) as error:
            return TerminalAuthentication(trust_points, f"broken off: {error}")

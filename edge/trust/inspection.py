"""From the contents of a chip to verified values: rules 6 to 16 of `edge.trust`.

A key proves a chip only after rule 7 has verified the data group that holds the key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from cryptography.hazmat.primitives import constant_time

from edge.checks import Check, CheckId, Result
from edge.emrtd import active_auth, chip_auth, pace_cam, security_infos
from edge.emrtd.contents import ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg2, dg12, dg14, dg15
from edge.emrtd.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
    about_pace,
)
from edge.errors import LimitExceeded, MalformedFile, UnreadableMrz
from edge.mrz import MachineReadableZone, parse
from edge.trust import countries, deviation_list
from edge.trust.card_security import CardSecurityVerdict
from edge.trust.deviation_list import Deviation
from edge.trust.document import SEAL, AuthenticDocument, AuthenticPortrait
from edge.trust.sod import SodVerdict

_NO_CHIP = "no chip to ask"
_NO_SOD = "EF.SOD cannot be read"


@dataclass(frozen=True, slots=True)
class ChipInspection:
    """Every check about one chip, and the document when it is authentic."""

    checks: tuple[Check, ...]
    document: AuthenticDocument | None
    issuer: str


def inspect(
    contents: ChipContents,
    verdict: SodVerdict,
    mrz: MachineReadableZone | None,
    *,
    card_security: CardSecurityVerdict | None = None,
    dumped: bool = False,
) -> ChipInspection:
    """Compare the contents of a chip with a verified EF.SOD and the MRZ printed on the page.

    `card_security` is the verdict on EF.CardSecurity, None where the chip has none.
    `dumped`: the files come from a folder.  No chip was asked, so a missing file is a check that
    was not performed; a chip that does not give a file withholds it.
    Never raises for bad content: a file that cannot be read is a check that failed.
    """
    chip = _Chip(contents, verdict, card_security, dumped=dumped)
    hashes = _dg_hash(chip)
    zone, agreement = _dg1_vs_mrz(chip, mrz)
    known = _known(verdict, zone)
    checks = (
        *verdict.checks,
        _com_sod(chip),
        hashes,
        agreement,
        _country_vs_ds(chip, zone or (mrz if dumped else None)),
        _card_access_vs_dg14(chip),
        *_pace_cam(chip),
        _chip_auth(chip),
        _active_auth(chip),
        *_terminal_auth(chip),
        *deviation_list.examine_known(known),
    )
    proven = verdict.is_authentic and all(
        check.result is Result.SUCCESSFUL for check in (hashes, agreement)
    )
    document = _document(chip, zone, verdict.country) if proven and zone is not None else None
    return ChipInspection(deviation_list.judge(checks, known or ()), document, verdict.country)


class _Chip:
    """The contents of a chip, and the verdict on its EF.SOD."""

    def __init__(
        self,
        contents: ChipContents,
        verdict: SodVerdict,
        card_security: CardSecurityVerdict | None,
        *,
        dumped: bool,
    ) -> None:
        self.contents = contents
        self.card_security = card_security
        self.files = contents.files
        self.verdict = verdict
        self.dumped = dumped
        self._agreeing: dict[ElementaryFile, bool] = {}

    def data_groups(self) -> list[ElementaryFile]:
        """The data groups read, in their order."""
        return [file for file in self.files if file.data_group is not None]

    def lists(self, file: ElementaryFile) -> bool:
        """Whether EF.SOD holds a hash of a data group."""
        return file.data_group in self.verdict.hashes

    def agrees(self, file: ElementaryFile) -> bool:
        """Whether a data group was read and has the hash of EF.SOD; hashed as read, once."""
        if file not in self._agreeing:
            self._agreeing[file] = self._has_the_hash(file)
        return self._agreeing[file]

    def _has_the_hash(self, file: ElementaryFile) -> bool:
        content, number = self.files.get(file), file.data_group
        if content is None or number is None or number not in self.verdict.hashes:
            return False
        digest = hashlib.new(self.verdict.digest, content, usedforsecurity=False).digest()
        return constant_time.bytes_eq(digest, self.verdict.hashes[number])

    def vouched(self, file: ElementaryFile) -> bool:
        """Whether a trusted issuer signed this very content."""
        return self.verdict.is_authentic and self.agrees(file)

    @cached_property
    def infos(self) -> tuple[SecurityInfo, ...]:
        """The SecurityInfos of DG14, to be asked for once it is vouched for; MalformedFile."""
        return dg14.decode(self.files[ElementaryFile.DG14])


# 6. EF.COM.
def _com_sod(chip: _Chip) -> Check:
    """EF.COM lists no data group that EF.SOD does not, and lists the keys that catch a clone."""
    content = chip.files.get(ElementaryFile.COM)
    if content is None:
        alone = chip.dumped and not chip.data_groups()
        result = Result.NOT_PERFORMED if alone else Result.UNDETERMINED
        return Check(CheckId.CHIP_COM_SOD, result, "no EF.COM")
    try:
        listed = set(com.decode(content).data_groups)
    except MalformedFile as error:
        return Check(CheckId.CHIP_COM_SOD, Result.FAILED, str(error))
    if not chip.verdict.is_read:
        return Check(CheckId.CHIP_COM_SOD, Result.NOT_PERFORMED, _NO_SOD)
    added = [file.name for file in ElementaryFile if file in listed and not chip.lists(file)]
    if added:
        return Check(CheckId.CHIP_COM_SOD, Result.FAILED, f"not in EF.SOD: {' '.join(added)}")
    keys = (ElementaryFile.DG14, ElementaryFile.DG15)
    hidden = [file.name for file in keys if chip.lists(file) and file not in listed]
    if hidden:
        return Check(CheckId.CHIP_COM_SOD, Result.FAILED, f"hidden: {' '.join(hidden)}")
    return Check(CheckId.CHIP_COM_SOD, Result.SUCCESSFUL)


# 7. Data groups.
def _dg_hash(chip: _Chip) -> Check:
    """EF.SOD holds the hash of every data group that was read."""
    if not chip.verdict.hashes:
        return Check(CheckId.CHIP_DG_HASH, Result.NOT_PERFORMED)
    groups = chip.data_groups()
    if chip.dumped and not groups:
        return Check(CheckId.CHIP_DG_HASH, Result.NOT_PERFORMED, "no data groups")
    if ElementaryFile.DG1 not in groups and not chip.dumped:
        return Check(CheckId.CHIP_DG_HASH, Result.FAILED, "DG1 was not read")
    injected = [file.name for file in groups if not chip.lists(file)]
    changed = [file.name for file in groups if chip.lists(file) and not chip.agrees(file)]
    faults = [
        *(f"{name} is not in EF.SOD" for name in injected),
        *(f"{name} was changed" for name in changed),
    ]
    if not faults and ElementaryFile.DG1 not in groups:
        return Check(CheckId.CHIP_DG_HASH, Result.UNDETERMINED, "DG1 is not there")
    result = Result.FAILED if faults else Result.SUCCESSFUL
    return Check(CheckId.CHIP_DG_HASH, result, "; ".join(faults))


# 8. DG1 and the printed MRZ.
def _dg1_vs_mrz(
    chip: _Chip, mrz: MachineReadableZone | None
) -> tuple[MachineReadableZone | None, Check]:
    """DG1 and the printed MRZ are equal in every character."""
    content = chip.files.get(ElementaryFile.DG1)
    if content is None:
        return None, Check(CheckId.CHIP_DG1_VS_MRZ, Result.NOT_PERFORMED, "no DG1")
    try:
        zone = parse(dg1.decode(content))
    except (MalformedFile, UnreadableMrz):
        return None, Check(CheckId.CHIP_DG1_VS_MRZ, Result.FAILED, "DG1 cannot be read")
    if mrz is None:
        return zone, Check(CheckId.CHIP_DG1_VS_MRZ, Result.NOT_PERFORMED, "no printed MRZ")
    same = zone.lines == mrz.lines
    return zone, Check(CheckId.CHIP_DG1_VS_MRZ, Result.SUCCESSFUL if same else Result.FAILED)


# 9. State and type.
def _country_vs_ds(chip: _Chip, zone: MachineReadableZone | None) -> Check:
    """The signer may sign for the issuing state and for this type (Doc 9303-12 §7.1.1.6)."""
    check, verdict = CheckId.CHIP_COUNTRY_VS_DS, chip.verdict
    if not verdict.is_read:
        return Check(check, Result.NOT_PERFORMED, _NO_SOD)
    if zone is None and chip.dumped:
        return Check(check, Result.NOT_PERFORMED, "no MRZ")
    may = countries.may_issue(verdict.country, zone.issuing_state) if zone is not None else None
    if zone is None or may is None:
        return Check(check, Result.UNDETERMINED, "no mapping")
    if not may:
        detail = f"signed by {verdict.country} for {zone.issuing_state}"
        return Check(check, Result.FAILED, detail)
    code, types = zone.document_code, verdict.document_types
    if types is not None and not any(code.startswith(each) for each in types):
        return Check(check, Result.FAILED, f"the signer is not for documents of type {code}")
    return Check(check, Result.SUCCESSFUL)


# 10. EF.CardAccess.
def _card_access_vs_dg14(chip: _Chip) -> Check:
    """EF.CardAccess, which nobody signs, offers the PACE that DG14 signs: no more, no less.

    More may be weak parameters of an attacker.  Less hides a stronger protocol, or all of PACE.
    """
    check = CheckId.CHIP_CARD_ACCESS_VS_DG14
    content = chip.files.get(ElementaryFile.CARD_ACCESS)
    if content is None and chip.dumped:
        return Check(check, Result.NOT_PERFORMED)
    if not chip.vouched(ElementaryFile.DG14):
        if content is None:
            return Check(check, Result.NOT_SUPPORTED)
        return Check(check, Result.NOT_PERFORMED, "DG14 is not vouched for")
    try:
        offered = about_pace(() if content is None else security_infos.parse(content))
        signed = about_pace(chip.infos)
    except MalformedFile as error:
        return Check(check, Result.FAILED, str(error))
    return Check(check, *_compared(offered, signed))


def _compared(
    offered: frozenset[SecurityInfo], signed: frozenset[SecurityInfo]
) -> tuple[Result, str]:
    if not signed:
        if not offered:
            return Result.NOT_SUPPORTED, ""
        return Result.UNDETERMINED, "DG14 signs nothing about PACE"
    faults = [
        fault
        for fault, found in (("not signed", offered - signed), ("hidden", signed - offered))
        if found
    ]
    return Result.FAILED if faults else Result.SUCCESSFUL, ", ".join(faults)


# 11. PACE-CAM.
def _pace_cam(chip: _Chip) -> tuple[Check, ...]:
    """The chip knows a private key of an authentic EF.CardSecurity of its state."""
    check, claim = CheckId.CHIP_PACE_CAM, chip.contents.chip_authentication_mapping
    if claim is None:
        return () if chip.dumped else (Check(check, Result.NOT_SUPPORTED),)
    signed = chip.card_security
    if signed is None:
        return (Check(check, Result.FAILED, "EF.CardSecurity is withheld"),)
    if signed.fault:
        return (Check(check, Result.NOT_PERFORMED, f"EF.CardSecurity: {signed.fault}"),)
    if signed.country != chip.verdict.country:
        return (Check(check, Result.FAILED, "EF.CardSecurity is of another state"),)
    proven = pace_cam.proves(claim, signed.infos)
    return (Check(check, Result.SUCCESSFUL if proven else Result.FAILED),)


# 12. Chip authentication.
def _chip_auth(chip: _Chip) -> Check:
    """The key that the chip proved is in an authentic DG14."""
    check = CheckId.CHIP_CHIP_AUTH
    obstacle = _obstacle(chip, ElementaryFile.DG14, check)
    if obstacle is not None:
        return obstacle
    try:
        keys = {
            info.public_key
            for info in chip.infos
            if isinstance(info, ChipAuthenticationPublicKeyInfo)
        }
    except MalformedFile as error:
        return Check(check, Result.FAILED, str(error))
    if not keys:
        return Check(check, Result.NOT_SUPPORTED)
    if chip.card_security and chip_auth.contradict(chip.infos, chip.card_security.infos):
        return Check(check, Result.FAILED, "EF.CardSecurity holds another key of that number")
    return _proof_of(chip, keys)


def _proof_of(chip: _Chip, keys: set[bytes]) -> Check:
    check, done = CheckId.CHIP_CHIP_AUTH, chip.contents.chip_authentication
    if done is not None:
        proven = done.succeeded and done.public_key in keys
        return Check(check, Result.SUCCESSFUL if proven else Result.FAILED)
    if chip_auth.has_unfit_key(chip.infos):
        return Check(check, Result.FAILED, "a key that no honest issuer signs")
    return Check(check, Result.NOT_PERFORMED, _NO_CHIP if chip.dumped else "no key we can use")


# 13. Active authentication.
def _active_auth(chip: _Chip) -> Check:
    """The chip signed our challenge with the key of an authentic DG15."""
    check = CheckId.CHIP_ACTIVE_AUTH
    obstacle = _obstacle(chip, ElementaryFile.DG15, check)
    if obstacle is not None:
        return obstacle
    done = chip.contents.active_authentication
    if done is None:
        return Check(check, Result.NOT_PERFORMED, _NO_CHIP if chip.dumped else "")
    try:
        proven = active_auth.verify(
            dg15.decode(chip.files[ElementaryFile.DG15]),
            _active_auth_algorithm(chip),
            done.challenge,
            done.response,
        )
    except MalformedFile as error:
        return Check(check, Result.FAILED, str(error))
    return Check(check, Result.SUCCESSFUL if proven else Result.FAILED)


def _active_auth_algorithm(chip: _Chip) -> str | None:
    if not chip.vouched(ElementaryFile.DG14):
        return None
    for info in chip.infos:
        if isinstance(info, ActiveAuthenticationInfo):
            return info.signature_algorithm
    return None


def _obstacle(chip: _Chip, file: ElementaryFile, check: CheckId) -> Check | None:
    """Why a key proves nothing: EF.SOD is not authentic, or the file is absent or changed."""
    if not chip.verdict.is_authentic:
        return Check(check, Result.NOT_PERFORMED, "nobody vouches for the key")
    if not chip.lists(file):
        return Check(check, Result.NOT_SUPPORTED)
    if file not in chip.files and chip.dumped:
        return Check(check, Result.NOT_PERFORMED, f"no {file.name}")
    if file not in chip.files:
        return Check(check, Result.FAILED, f"{file.name} is withheld")
    if not chip.agrees(file):
        return Check(check, Result.FAILED, f"{file.name} was changed")
    return None


# 14. Terminal authentication.
def _terminal_auth(chip: _Chip) -> tuple[Check, ...]:
    """The chip gave access to fingerprints; no check where the gate did not try."""
    done = chip.contents.terminal_authentication
    if done is None:
        return ()
    result = Result.SUCCESSFUL if done.succeeded else Result.FAILED
    return (Check(CheckId.CHIP_TERMINAL_AUTH, result, done.failure),)


# 15. Deviations.
def _known(verdict: SodVerdict, zone: MachineReadableZone | None) -> tuple[Deviation, ...] | None:
    """The deviations that the issuing state lists for this document; None without a list."""
    return deviation_list.known_of(verdict.deviations, zone)


# 16. The document.
def _document(chip: _Chip, zone: MachineReadableZone, issuer: str) -> AuthenticDocument:
    return AuthenticDocument(zone, _portrait(chip), issuer, _issued(chip), SEAL)


def _portrait(chip: _Chip) -> AuthenticPortrait | None:
    """The first usable face of an authentic DG2, whatever others it holds (`edge.emrtd.lds.dg2`).

    Without one there is no match, and no gate opens.
    """
    if not chip.vouched(ElementaryFile.DG2):
        return None
    try:
        image = dg2.decode(chip.files[ElementaryFile.DG2])[0].image
    except (MalformedFile, LimitExceeded):
        return None
    return AuthenticPortrait(image.data, image.media_type, SEAL)


def _issued(chip: _Chip) -> date | None:
    """The day of issue in an authentic DG12; of one without day or month the earliest."""
    if not chip.vouched(ElementaryFile.DG12):
        return None
    try:
        issued = dg12.decode(chip.files[ElementaryFile.DG12]).issued
    except (MalformedFile, LimitExceeded):
        return None
    moment = None if issued is None else issued.moment
    if moment is None or moment.year is None:
        return None
    return date(moment.year, moment.month or 1, moment.day or 1)

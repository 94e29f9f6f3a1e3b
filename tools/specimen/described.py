"""From a description to a chip: issued, attacked as asked, and who must be trusted for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from drivers.virtual.chip.man_in_the_middle import Chip, ManInTheMiddle
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds.image import EncodedImage
from edge.errors import MalformedFile, SettingsError
from edge.files.reading import read_named
from tools.specimen import pictures
from tools.specimen.authority import Authority, Validity
from tools.specimen.chip import SpecimenChip
from tools.specimen.description import LARGEST_DATA_GROUP, Description, FileAttack
from tools.specimen.issue import PORTRAITS


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """An issued chip, the CSCA that its issuer publishes, and what stands on the line."""

    chip: SpecimenChip
    csca: bytes
    description: Description

    def insert(self) -> Chip:
        """Put the chip into the field, behind the attackers on the line."""
        found: Chip = VirtualChip(self.chip.personalisation(), secrets.token_bytes)
        for attack in self.description.line_attacks:
            found = ManInTheMiddle(found, attack)
        return found


def issue(description: Description, now: datetime, portraits: Path = PORTRAITS) -> Described:
    """Issue the chip described.

    Raises:
        SettingsError: a file it names cannot be read or is no such file, or an attack has nothing
            to attack.
    """
    signing = description.signing
    attacks = description.file_attacks
    authority = Authority.establish(
        now,
        country=signing.country,
        algorithm=signing.signer,
        csca_algorithm=signing.csca,
        digest=signing.digest,
        signer_validity=_lapsed(now) if FileAttack.SIGNER_EXPIRED in attacks else None,
        csca_is_ca=FileAttack.CSCA_IS_NO_CA not in attacks,
    )
    chip = SpecimenChip.issue(
        authority,
        description.document.holder(now),
        _portrait(description, portraits),
        description,
    ).with_data_groups(authority, _others(description))
    scene = _Scene(description, now, portraits)
    for attack in attacks:
        if attack in _MUTATIONS:
            chip = _MUTATIONS[attack](chip, scene)
    return Described(chip, authority.csca_der, description)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What an attacker can lay hands on."""

    description: Description
    now: datetime
    portraits: Path


_Mutation = Callable[[SpecimenChip, _Scene], SpecimenChip]


def _tampered(file: ElementaryFile) -> _Mutation:
    return lambda chip, _: _having(chip, file).tamper_data_group(file)


def _hidden(file: ElementaryFile) -> _Mutation:
    return lambda chip, _: _having(chip, file).hide_keys(file)


def _foreign(chip: SpecimenChip, scene: _Scene) -> SpecimenChip:
    """Another CSCA that calls itself the same."""
    country = scene.description.signing.country
    return chip.sign_with_foreign_csca(Authority.establish(scene.now, country=country))


def _other_page(chip: SpecimenChip, scene: _Scene) -> SpecimenChip:
    page = scene.description.document.holder(scene.now)
    return chip.print_another_page(replace(page, given="KIM" if page.given != "KIM" else "ROBIN"))


def _other_portrait(chip: SpecimenChip, scene: _Scene) -> SpecimenChip:
    return chip.replace_portrait(pictures.portrait(scene.portraits, pictures.SECOND_PORTRAIT))


_DG4: Final = tlv.encode(0x76, tlv.encode(0x7F61, tlv.encode(0x02, b"\x00")))

_MUTATIONS: Final[Mapping[FileAttack, _Mutation]] = MappingProxyType(
    {
        FileAttack.CLONED: lambda chip, _: chip.clone_without_keys(),
        FileAttack.PORTRAIT_REPLACED: _other_portrait,
        FileAttack.DG1_TAMPERED: _tampered(ElementaryFile.DG1),
        FileAttack.DG2_TAMPERED: _tampered(ElementaryFile.DG2),
        FileAttack.DG14_TAMPERED: _tampered(ElementaryFile.DG14),
        FileAttack.DG15_TAMPERED: _tampered(ElementaryFile.DG15),
        FileAttack.DG14_HIDDEN: _hidden(ElementaryFile.DG14),
        FileAttack.DG15_HIDDEN: _hidden(ElementaryFile.DG15),
        FileAttack.DG4_INJECTED: lambda chip, _: chip.inject_data_group(ElementaryFile.DG4, _DG4),
        FileAttack.CARD_ACCESS_WEAKENED: lambda chip, _: _having(
            chip, ElementaryFile.CARD_ACCESS
        ).weaken_card_access(),
        FileAttack.PAGE_REPLACED: _other_page,
        FileAttack.FOREIGN_CSCA: _foreign,
    }
)
"""Those done after issuing; the others are done by who issues."""


def _having(chip: SpecimenChip, file: ElementaryFile) -> SpecimenChip:
    if file not in chip.files:
        raise SettingsError(f"an attack needs {file.name}, which this chip has not")
    return chip


def _lapsed(now: datetime) -> Validity:
    return Validity(now - timedelta(days=400), now - timedelta(days=35))


def _portrait(description: Description, portraits: Path) -> bytes:
    if description.portrait is None:
        return pictures.portrait(portraits, pictures.FIRST_PORTRAIT)
    content = read_named(description.portrait, LARGEST_DATA_GROUP)
    try:
        EncodedImage.recognised(content)
    except MalformedFile as error:
        raise SettingsError(f"{description.portrait} is neither JPEG nor JPEG 2000") from error
    return content


def _others(description: Description) -> dict[ElementaryFile, bytes]:
    return {
        ElementaryFile[name]: _content(ElementaryFile[name], asked)
        for name, asked in description.data_groups.items()
    }


def _content(file: ElementaryFile, asked: int | Path) -> bytes:
    tag = file.tag or 0
    if isinstance(asked, int):
        return tlv.encode(tag, bytes(asked))
    content = read_named(asked, LARGEST_DATA_GROUP)
    try:
        tlv.read_one(content, tag)
    except MalformedFile as error:
        raise SettingsError(f"{asked} is not a {file.name}: it begins with tag {tag:X}") from error
    return content

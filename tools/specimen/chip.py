"""A specimen chip, and, one method each, what an attacker does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.quirks import NO_QUIRKS, Quirks
from edge import mrz
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.security_infos import PaceInfo, encode
from tools.specimen import dg2
from tools.specimen.authority import Authority
from tools.specimen.description import STANDARD, Description
from tools.specimen.holder import Holder, adult, expired, minor
from tools.specimen.key_pairs import private
from tools.specimen.keys import ChipKeys
from tools.specimen.repertoire import PK_ECDH

__all__ = ["PK_ECDH", "Holder", "SpecimenChip", "adult", "expired", "minor"]

PACE_ECDH_GM_AES_128 = "0.4.0.127.0.7.2.2.4.2.2"
CA_ECDH_AES_128 = "0.4.0.127.0.7.2.2.3.2.2"
ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"
BRAINPOOL_P256R1 = 13
PORTRAIT_SIZE = (300, 400)


@dataclass(frozen=True, slots=True, repr=False)
class SpecimenChip:
    """One issued chip; every method returns another one and leaves this as it is."""

    lines: tuple[str, ...]
    files: dict[ElementaryFile, bytes]
    chip_auth_key: bytes | None
    active_auth_key: bytes | None
    pace_cam_key: bytes | None = None
    chip_auth_key_id: int | None = 1
    bac: bool = True
    can: str | None = None
    max_response: int = 65_536
    quirks: Quirks = NO_QUIRKS

    @classmethod
    def issue(
        cls,
        authority: Authority,
        holder: Holder,
        portrait: bytes,
        description: Description = STANDARD,
    ) -> SpecimenChip:
        """Issue the chip described, with DG1, DG2, DG14 and DG15 as it needs them.

        Without a description: PACE, BAC, chip authentication and active authentication.
        """
        made = ChipKeys.made(description)
        lines = holder.lines()
        groups = {
            ElementaryFile.DG1: dg1.encode(lines),
            ElementaryFile.DG2: dg2.encode(EncodedImage.recognised(portrait), PORTRAIT_SIZE),
            **made.data_groups(),
        }
        files = {
            **made.access_files(authority),
            ElementaryFile.COM: com.encode(groups),
            ElementaryFile.SOD: authority.sign(_numbered(groups)),
            **groups,
        }
        chip_auth = description.chip_authentication
        return cls(
            lines,
            files,
            chip_auth_key=private(made.chip_auth),
            active_auth_key=private(made.active_auth),
            pace_cam_key=private(made.pace_cam),
            chip_auth_key_id=None if chip_auth is None else chip_auth.key_id,
            bac=description.access in {"both", "bac"},
            can=description.can,
            max_response=description.largest_response,
            quirks=description.quirks,
        )

    def personalisation(self) -> Personalisation:
        """What a virtual chip is made from."""
        return Personalisation(
            mrz_information=mrz.parse(self.lines).information,
            files=self.files,
            can=self.can,
            bac=self.bac,
            active_auth_key=self.active_auth_key,
            chip_auth_key=self.chip_auth_key,
            chip_auth_key_id=self.chip_auth_key_id,
            pace_cam_key=self.pace_cam_key,
            max_response=self.max_response,
            quirks=self.quirks,
        )

    def with_data_groups(
        self, authority: Authority, groups: Mapping[ElementaryFile, bytes]
    ) -> SpecimenChip:
        """Issue the same document with these data groups too, or instead, listed and signed."""
        files = {**self.files, **groups}
        listed = {file: files[file] for file in ElementaryFile if file in files}
        signed = _numbered(listed)
        listed_groups = [file for file in listed if file.data_group is not None]
        files[ElementaryFile.COM] = com.encode(listed_groups)
        files[ElementaryFile.SOD] = authority.sign(signed)
        return replace(self, files=files)

    def tamper_data_group(self, file: ElementaryFile) -> SpecimenChip:
        """Flip the last bit of a signed file."""
        content = self.files[file]
        return self._with(file, content[:-1] + bytes((content[-1] ^ 1,)))

    def replace_portrait(self, portrait: bytes) -> SpecimenChip:
        """Put another face on the chip; its signature is the old one."""
        encoded = dg2.encode(EncodedImage.recognised(portrait), PORTRAIT_SIZE)
        return self._with(ElementaryFile.DG2, encoded)

    def clone_without_keys(self) -> SpecimenChip:
        """Copy everything that can be read; private keys cannot."""
        return replace(self, chip_auth_key=None, active_auth_key=None, pace_cam_key=None)

    def sign_with_foreign_csca(self, foreign: Authority) -> SpecimenChip:
        """Sign the same data with a CSCA of one's own making."""
        groups = {f: c for f, c in self.files.items() if f.data_group is not None}
        return self._with(ElementaryFile.SOD, foreign.sign(_numbered(groups)))

    def hide_keys(self, *hidden: ElementaryFile) -> SpecimenChip:
        """Leave DG14 or DG15 away and out of EF.COM, so that nobody asks for their proof."""
        kept = {file: content for file, content in self.files.items() if file not in hidden}
        groups = [file for file in kept if file.data_group is not None]
        return replace(self, files={**kept, ElementaryFile.COM: com.encode(groups)})

    def inject_data_group(self, file: ElementaryFile, content: bytes) -> SpecimenChip:
        """Add a file that the issuer never signed."""
        groups = [each for each in self.files if each.data_group is not None]
        listed = com.encode([*groups, file])
        return replace(self, files={**self.files, file: content, ElementaryFile.COM: listed})

    def weaken_card_access(self) -> SpecimenChip:
        """Offer a weaker PACE than the issuer signed."""
        weak = PaceInfo("0.4.0.127.0.7.2.2.4.2.1", parameter_id=BRAINPOOL_P256R1)
        return self._with(ElementaryFile.CARD_ACCESS, encode([weak]))

    def print_another_page(self, holder: Holder) -> SpecimenChip:
        """Put the chip behind a page that says something else; the key still fits it."""
        return replace(self, lines=holder.lines())

    def _with(self, file: ElementaryFile, content: bytes) -> SpecimenChip:
        return replace(self, files={**self.files, file: content})


def _numbered(groups: Mapping[ElementaryFile, bytes]) -> dict[int, bytes]:
    return {f.data_group: content for f, content in groups.items() if f.data_group is not None}

"""A specimen chip, and, one method each, what an attacker does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from drivers.virtual.chip.personalisation import Personalisation
from edge import mrz
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg14, dg15
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
    encode,
)
from edge.mrz import compose
from tools.specimen import dg2
from tools.specimen.authority import Authority

PACE_ECDH_GM_AES_128 = "0.4.0.127.0.7.2.2.4.2.2"
CA_ECDH_AES_128 = "0.4.0.127.0.7.2.2.3.2.2"
PK_ECDH = "0.4.0.127.0.7.2.2.1.2"
ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"
BRAINPOOL_P256R1 = 13
PORTRAIT_SIZE = (300, 400)


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """What is printed on a specimen; the names are specimen names, the state is Utopia."""

    born: date
    expires: date
    surname: str = "SPECIMEN"
    given: str = "ROBIN"
    number: str = "L898902C3"

    def lines(self) -> tuple[str, str]:
        """The MRZ, TD3."""
        return compose.td3(
            document_code="P",
            issuing_state="UTO",
            primary=self.surname,
            secondary=self.given,
            document_number=self.number,
            nationality="UTO",
            birth_date=self.born.strftime("%y%m%d"),
            sex="<",
            expiry_date=self.expires.strftime("%y%m%d"),
        )


@dataclass(frozen=True, slots=True, repr=False)
class SpecimenChip:
    """One issued chip; every method returns another one and leaves this as it is."""

    lines: tuple[str, ...]
    files: dict[ElementaryFile, bytes]
    chip_auth_key: bytes | None
    active_auth_key: bytes | None

    @classmethod
    def issue(
        cls, authority: Authority, holder: Holder, portrait: bytes, *, rsa_active_auth: bool = False
    ) -> SpecimenChip:
        """Issue a chip with PACE, BAC, chip authentication and active authentication."""
        chip_auth_key = ec.generate_private_key(ec.BrainpoolP256R1())
        active_auth_key = (
            rsa.generate_private_key(65537, 1024)  # noqa: S505  # as issued chips still have
            if rsa_active_auth
            else ec.generate_private_key(ec.SECP256R1())
        )
        pace = PaceInfo(PACE_ECDH_GM_AES_128, parameter_id=BRAINPOOL_P256R1)
        infos: list[SecurityInfo] = [
            pace,
            ChipAuthenticationInfo(CA_ECDH_AES_128, key_id=1),
            ChipAuthenticationPublicKeyInfo(PK_ECDH, _public(chip_auth_key), key_id=1),
            ActiveAuthenticationInfo(ECDSA_PLAIN_SHA256),
        ]
        lines = holder.lines()
        groups = {
            ElementaryFile.DG1: dg1.encode(lines),
            ElementaryFile.DG2: dg2.encode(EncodedImage.recognised(portrait), PORTRAIT_SIZE),
            ElementaryFile.DG14: dg14.encode(infos),
            ElementaryFile.DG15: dg15.encode(_public(active_auth_key)),
        }
        files = {
            ElementaryFile.CARD_ACCESS: encode([pace]),
            ElementaryFile.COM: com.encode(groups),
            ElementaryFile.SOD: authority.sign(_numbered(groups)),
            **groups,
        }
        return cls(lines, files, _private(chip_auth_key), _private(active_auth_key))

    def personalisation(self) -> Personalisation:
        """What a virtual chip is made from."""
        return Personalisation(
            mrz_information=mrz.parse(self.lines).information,
            files=self.files,
            active_auth_key=self.active_auth_key,
            chip_auth_key=self.chip_auth_key,
            chip_auth_key_id=1,
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
        return replace(self, chip_auth_key=None, active_auth_key=None)

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


def adult(now: datetime) -> Holder:
    """A holder of 34 years whose document is valid for five more."""
    return Holder(born=_years_before(now, 34), expires=_years_before(now, -5))


def minor(now: datetime) -> Holder:
    """A holder of 15 years."""
    return replace(adult(now), born=_years_before(now, 15))


def expired(now: datetime) -> Holder:
    """A document that expired a month ago."""
    return replace(adult(now), expires=(now - timedelta(days=30)).date())


def _years_before(now: datetime, years: int) -> date:
    return (now - timedelta(days=round(365.25 * years) + 30)).date()


def _numbered(groups: dict[ElementaryFile, bytes]) -> dict[int, bytes]:
    return {f.data_group: content for f, content in groups.items() if f.data_group is not None}


def _public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

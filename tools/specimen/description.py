"""What a specimen chip is to be like, as a short TOML file says it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from drivers.virtual.chip.man_in_the_middle import LineAttack
from drivers.virtual.chip.quirks import NO_QUIRKS, Quirks
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.files import ElementaryFile
from edge.emrtd.pace_variant import PaceVariant
from edge.errors import SettingsError
from edge.mrz import Format
from edge.settings.loader import read_toml, validate
from tools.specimen import repertoire
from tools.specimen.authority import Algorithm, Digest
from tools.specimen.holder import Holder, years_before

LARGEST_DATA_GROUP = 500_000
SPECIMEN_ISSUERS = frozenset({"UTO"})
"""Utopia, which Doc 9303-3 §5 lends to specimens."""
SPECIMEN_COUNTRIES = r"^(UT|X[A-Z]|ZZ)$"
"""Of certificates: Utopia, and what ISO 3166-1 leaves to its users."""

_ISSUED_HERE = ("DG1", "DG2", "DG14", "DG15")


class FileAttack(StrEnum):
    """What is done to the files and keys of a chip after it was issued, or by whom it was."""

    CLONED = "cloned"
    """Everything that can be read is copied; private keys cannot be."""
    PORTRAIT_REPLACED = "portrait-replaced"
    DG1_TAMPERED = "dg1-tampered"
    DG2_TAMPERED = "dg2-tampered"
    DG14_TAMPERED = "dg14-tampered"
    DG15_TAMPERED = "dg15-tampered"
    DG14_HIDDEN = "dg14-hidden"
    DG15_HIDDEN = "dg15-hidden"
    DG4_INJECTED = "dg4-injected"
    CARD_ACCESS_WEAKENED = "card-access-weakened"
    PAGE_REPLACED = "page-replaced"
    """The chip sits behind a page with another name."""
    FOREIGN_CSCA = "foreign-csca"
    """Signed, perfectly, by a CSCA of the attacker's own."""
    SIGNER_EXPIRED = "signer-expired"
    CSCA_IS_NO_CA = "csca-is-no-ca"


def _cipher(value: object) -> object:
    named = {cipher.label: cipher for cipher in Cipher}
    if isinstance(value, str) and value not in named:
        raise ValueError(f"is one of {', '.join(named)}")
    return named[value] if isinstance(value, str) else value


def _algorithm(value: object) -> object:
    named = {each.name.lower().replace("_", "-"): each for each in Algorithm}
    if isinstance(value, str) and value not in named:
        raise ValueError(f"is one of {', '.join(named)}")
    return named[value] if isinstance(value, str) else value


def _curve(value: object) -> object:
    if isinstance(value, int) and value not in repertoire.curves():
        raise ValueError(f"is one of {', '.join(map(str, repertoire.curves()))}")
    return value


CipherName = Annotated[Cipher, BeforeValidator(_cipher)]
AlgorithmName = Annotated[Algorithm, BeforeValidator(_algorithm)]
CurveId = Annotated[int, BeforeValidator(_curve)]


class Part(BaseModel):
    """One table of the file: no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(Part):
    """`[document]`: what is printed.  Dates left out make a valid document of an adult."""

    type: Literal["TD1", "TD2", "TD3"] = "TD3"
    code: str = Field(default="", pattern=r"^[A-Z]{0,2}$")
    state: str = "UTO"
    number: str = Field(default="L898902C3", pattern=r"^[A-Z0-9]{1,20}$")
    surname: str = "SPECIMEN"
    given: str = "ROBIN"
    nationality: str = Field(default="UTO", pattern=r"^[A-Z]{1,3}$")
    born: date | None = None
    expires: date | None = None
    sex: Literal["F", "M", "X", "<"] = "<"

    @field_validator("state")
    @classmethod
    def _is_of_no_state(cls, value: str) -> str:
        if value not in SPECIMEN_ISSUERS:
            raise ValueError("specimens are issued by Utopia (UTO), never by a state")
        return value

    def holder(self, now: datetime) -> Holder:
        """The data page; dates left out are those of an adult with years to travel."""
        return Holder(
            born=self.born or years_before(now, 34),
            expires=self.expires or years_before(now, -5),
            surname=self.surname,
            given=self.given,
            number=self.number,
            format=Format(self.type),
            code=self.code or ("P" if self.type == "TD3" else "I"),
            nationality=self.nationality,
            sex=self.sex,
        )


class Pace(Part):
    """`[[pace]]`: one offer in EF.CardAccess."""

    mapping: AccessProtocol = AccessProtocol.PACE_GM
    parameter_id: int = 13
    """Standardised domain parameters (Doc 9303-11 Table 12): 0 to 2 DH, 8 to 18 ECDH."""
    cipher: CipherName = Cipher.AES_128

    @model_validator(mode="after")
    def _is_spoken(self) -> Self:
        self.variant()
        return self

    def variant(self) -> PaceVariant:
        """The protocol; ValueError when there is none such, or this code does not speak it."""
        wanted = (self.mapping, self.parameter_id, self.cipher)
        for each in repertoire.pace():
            if (each.mapping, each.parameter_id, each.cipher) == wanted:
                return each
        raise ValueError(
            f"no {self.mapping} with parameter id {self.parameter_id} and {self.cipher.label}"
        )


class ChipAuthentication(Part):
    """`[chip_authentication]`: the key of it in DG14."""

    parameter_id: int = 13
    cipher: CipherName = Cipher.AES_128
    key_id: int | None = Field(default=1, ge=0, le=0xFFFF)
    announced: bool = True
    """False leaves ChipAuthenticationInfo out, as early French passports do: that means 3DES."""

    @model_validator(mode="after")
    def _is_spoken(self) -> Self:
        self.oid()
        if not self.announced and self.cipher is not Cipher.TDES:
            raise ValueError('announced = false goes with cipher = "3des"')
        return self

    def oid(self) -> str:
        """The protocol; ValueError when this code does not speak it."""
        for each in repertoire.chip_authentication():
            if (each.parameter_id, each.cipher) == (self.parameter_id, self.cipher):
                return each.oid
        raise ValueError(f"no parameter id {self.parameter_id} with {self.cipher.label}")


class ActiveAuthentication(Part):
    """`[active_authentication]`: the key of it in DG15."""

    key: Literal["ecdsa", "rsa"] = "ecdsa"
    parameter_id: CurveId = 12
    bits: int = Field(default=2048, ge=1024, le=4096)


class Signing(Part):
    """`[signing]`: who signs EF.SOD, with what."""

    country: str = Field(default="UT", pattern=SPECIMEN_COUNTRIES)
    csca: AlgorithmName = Algorithm.P256
    signer: AlgorithmName = Algorithm.P256
    digest: Digest = "sha256"


class Description(Part):
    """The whole file; without any key a chip with PACE and BAC, and nothing against clones."""

    access: Literal["both", "pace", "bac", "none"] = "both"
    can: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    largest_response: int = Field(default=65_536, ge=256, le=65_536)
    """Bytes; 256 for a chip without extended length."""
    explicit_curves: bool = False
    """Spell the curves of public keys out, as most issuers do."""
    portrait: Path | None = None
    """A JPEG or JPEG 2000 file; left out, a photograph of models/weights/portraits."""
    attacks: tuple[FileAttack | LineAttack, ...] = ()
    document: Document = Document()
    pace: tuple[Pace, ...] = Field(default=(Pace(),), min_length=1)
    chip_authentication: ChipAuthentication | None = None
    active_authentication: ActiveAuthentication | None = None
    quirks: Quirks = NO_QUIRKS
    """Deviations of genuine chips, as in the `chip.toml` of a virtual chip."""
    data_groups: dict[str, int | Path] = {}
    """Others than DG1, DG2, DG14, DG15: a file with the content, or so many bytes of filler."""
    signing: Signing = Signing()

    @field_validator("data_groups")
    @classmethod
    def _are_data_groups(cls, value: dict[str, int | Path]) -> dict[str, int | Path]:
        names = [file.name for file in ElementaryFile if file.data_group is not None]
        for name, content in value.items():
            if name not in names or name in _ISSUED_HERE:
                raise ValueError(f"`{name}` is not one of DG3 to DG13 and DG16")
            if isinstance(content, int) and not 0 < content <= LARGEST_DATA_GROUP:
                raise ValueError(f"`{name}` has 1 to {LARGEST_DATA_GROUP} bytes")
        return value

    @model_validator(mode="after")
    def _has_one_key_of_pace_cam(self) -> Self:
        if len({offer.parameter_id for offer in self._cam_offers()}) > 1:
            raise ValueError("a chip has one key of pace-cam: give its offers one parameter_id")
        return self

    def _cam_offers(self) -> list[Pace]:
        return [offer for offer in self.offers if offer.mapping is AccessProtocol.PACE_CAM]

    @property
    def cam_parameter_id(self) -> int | None:
        """Where the static key of PACE-CAM is, None without PACE-CAM."""
        return next((offer.parameter_id for offer in self._cam_offers()), None)

    @property
    def offers(self) -> tuple[Pace, ...]:
        """What EF.CardAccess offers."""
        return self.pace if self.access in {"both", "pace"} else ()

    @property
    def file_attacks(self) -> tuple[FileAttack, ...]:
        """What is done to the files."""
        return tuple(each for each in self.attacks if isinstance(each, FileAttack))

    @property
    def line_attacks(self) -> tuple[LineAttack, ...]:
        """What is done to the talk with the chip."""
        return tuple(each for each in self.attacks if isinstance(each, LineAttack))


STANDARD = Description(
    chip_authentication=ChipAuthentication(), active_authentication=ActiveAuthentication()
)
"""What most states issue today."""


def load(path: Path) -> Description:
    """Read a description; SettingsError names what is wrong, and the key that was meant.

    Paths in it are relative to its folder.
    """
    found = validate(Description, read_toml(path), str(path))
    folder = path.resolve().parent
    updates: dict[str, object] = {
        "data_groups": {
            name: folder / content if isinstance(content, Path) else content
            for name, content in found.data_groups.items()
        },
        "portrait": None if found.portrait is None else folder / found.portrait,
    }
    if found.can is not None and not found.offers:
        raise SettingsError(f"{path}: key `can`: without PACE no CAN opens the chip")
    return found.model_copy(update=updates)

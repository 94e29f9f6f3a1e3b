"""The static keys of specimen chips, and the files that announce them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from drivers.virtual.chip.active_authentication import digest_for
from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg14, dg15
from edge.emrtd.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
    encode,
)
from tools.specimen.authority import Authority
from tools.specimen.description import Description
from tools.specimen.key_pairs import DhKey, KeyPair, agreement_key, ec_key, public
from tools.specimen.repertoire import PK_DH, PK_ECDH

_SECURITY_OBJECT: Final = "0.4.0.127.0.7.3.2.1"
_ECDSA_PLAIN: Final = {
    "sha256": "0.4.0.127.0.7.1.1.4.1.3",
    "sha384": "0.4.0.127.0.7.1.1.4.1.4",
    "sha512": "0.4.0.127.0.7.1.1.4.1.5",
}


@dataclass(frozen=True, slots=True, repr=False)
class ChipKeys:
    """The static keys of one chip, and the files that announce them."""

    description: Description
    chip_auth: StaticKey | DhKey | None
    active_auth: StaticKey | rsa.RSAPrivateKey | None
    pace_cam: StaticKey | None

    @classmethod
    def made(cls, description: Description) -> ChipKeys:
        """Make what the description asks for."""
        chip, active = description.chip_authentication, description.active_authentication
        cam = description.cam_parameter_id
        return cls(
            description,
            chip_auth=None if chip is None else agreement_key(chip.parameter_id),
            active_auth=(
                None
                if active is None
                else rsa.generate_private_key(65537, active.bits)
                if active.key == "rsa"
                else ec_key(active.parameter_id)
            ),
            pace_cam=None if cam is None else ec_key(cam),
        )

    def data_groups(self) -> dict[ElementaryFile, bytes]:
        """DG14 and DG15, as far as there is something to say in them."""
        groups = {}
        infos = [*self._pace_infos(), *self._chip_auth_infos(), *self._active_auth_infos()]
        if infos:
            groups[ElementaryFile.DG14] = dg14.encode(infos)
        if self.active_auth is not None:
            groups[ElementaryFile.DG15] = dg15.encode(self._public(self.active_auth))
        return groups

    def access_files(self, authority: Authority) -> dict[ElementaryFile, bytes]:
        """EF.CardAccess, and EF.CardSecurity with the key of PACE-CAM (Doc 9303-11 §9.2.11)."""
        infos = self._pace_infos()
        if not infos:
            return {}
        files = {ElementaryFile.CARD_ACCESS: encode(infos)}
        if self.pace_cam is not None:
            number = self.description.cam_parameter_id
            key = ChipAuthenticationPublicKeyInfo(PK_ECDH, self._public(self.pace_cam), number)
            signed = authority.sign_content(encode([*infos, key]), content_type=_SECURITY_OBJECT)
            files[ElementaryFile.CARD_SECURITY] = tlv.read_one(signed, 0x77).value
        return files

    def _pace_infos(self) -> list[SecurityInfo]:
        return [
            PaceInfo(offer.variant().oid, parameter_id=offer.parameter_id)
            for offer in self.description.offers
        ]

    def _chip_auth_infos(self) -> list[SecurityInfo]:
        asked = self.description.chip_authentication
        if asked is None or self.chip_auth is None:
            return []
        kind = PK_DH if isinstance(self.chip_auth, DhKey) else PK_ECDH
        key = ChipAuthenticationPublicKeyInfo(kind, self._public(self.chip_auth), asked.key_id)
        if not asked.announced:
            return [key]
        return [ChipAuthenticationInfo(asked.oid(), key_id=asked.key_id), key]

    def _active_auth_infos(self) -> list[SecurityInfo]:
        if not isinstance(self.active_auth, StaticKey):
            return []
        return [ActiveAuthenticationInfo(_ECDSA_PLAIN[digest_for(self.active_auth.curve)])]

    def _public(self, key: KeyPair) -> bytes:
        return public(key, explicit=self.description.explicit_curves)

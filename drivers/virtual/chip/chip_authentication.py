"""Chip Authentication over ECDH, the side of the chip (ICAO Doc 9303-11 §6.2)."""

from __future__ import annotations

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.static_key import StaticKey
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import chip_auth, der, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.curves import Curve
from edge.emrtd.secure_messaging import SessionKeys


class ChipAuthenticationSide:
    """The chip's static key; without one every request is refused."""

    def __init__(self, personalisation: Personalisation) -> None:
        self._key_id = personalisation.chip_auth_key_id
        self._static = _static_key(personalisation.chip_auth_key)
        self._cipher: Cipher | None = None

    def select(self, command: Command) -> Response:
        """MSE:Set AT: the protocol of the GENERAL AUTHENTICATE that follows."""
        fields = self._fields(command)
        ciphers = {der.oid_value(oid): cipher for oid, cipher in chip_auth.CIPHERS.items()}
        self._cipher = ciphers.get(fields.get(chip_auth.PROTOCOL, b""))
        if self._cipher is None:
            raise Refusal(Status.WRONG_DATA)
        return Response(b"", Status.OK)

    def authenticate(self, command: Command) -> tuple[Response, SessionKeys]:
        """GENERAL AUTHENTICATE: agree the keys of a new session."""
        cipher, self._cipher = self._cipher, None
        if cipher is None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        content = tlv.read_one(command.data, chip_auth.DYNAMIC_DATA).children()
        keys = self._agree(cipher, tlv.only(content, chip_auth.EPHEMERAL_KEY))
        return Response(tlv.encode(chip_auth.DYNAMIC_DATA), Status.OK), keys

    def set_key_agreement(self, command: Command) -> tuple[Response, SessionKeys]:
        """MSE:Set KAT: agree the keys of a new 3DES session."""
        ephemeral = self._fields(command).get(chip_auth.PLAIN_KEY, b"")
        return Response(b"", Status.OK), self._agree(Cipher.TDES, ephemeral)

    def _agree(self, cipher: Cipher, ephemeral: bytes) -> SessionKeys:
        curve, private = self._held()
        shared = curve.multiply(curve.decode(ephemeral), private)
        return SessionKeys.agreed(cipher, curve.coordinate(shared.x))

    def _fields(self, command: Command) -> dict[int, bytes]:
        """The data objects of an MSE, refused when they name a key the chip has not."""
        self._held()
        fields = {each.tag: each.value for each in tlv.read_all(command.data)}
        named = fields.get(chip_auth.KEY_REFERENCE)
        if named is not None and int.from_bytes(named, "big") != self._key_id:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        return fields

    def _held(self) -> tuple[Curve, int]:
        if self._static is None:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        return self._static


def _static_key(encoded: bytes | None) -> tuple[Curve, int] | None:
    """The curve and the private key in a PKCS#8; SettingsError when no chip can play it."""
    if encoded is None:
        return None
    key = StaticKey.decode(encoded)
    return key.curve, key.private

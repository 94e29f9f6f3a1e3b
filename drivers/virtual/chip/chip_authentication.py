"""Chip Authentication, the side of the chip (ICAO Doc 9303-11 §6.2)."""

from __future__ import annotations

from drivers.virtual.chip.agreement_secret import AgreementSecret
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import agreement_key, chip_auth, der, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.groups import not_reflected
from edge.emrtd.secure_messaging import SessionKeys


class ChipAuthenticationSide:
    """The static key of the chip; without one every request is refused."""

    def __init__(self, personalisation: Personalisation) -> None:
        self._key_id = personalisation.chip_auth_key_id
        encoded = personalisation.chip_auth_key
        self._static = None if encoded is None else AgreementSecret.decode(encoded)
        self._selected: Cipher | None = None
        self.terminal_key = b""
        """The terminal's public key of the last agreement, in short form."""

    def select(self, command: Command) -> Response:
        """MSE:Set AT: the protocol of the GENERAL AUTHENTICATE that follows."""
        fields = self._fields(command)
        ciphers = {der.oid_value(oid): cipher for oid, cipher in chip_auth.CIPHERS.items()}
        self._selected = ciphers.get(fields.get(chip_auth.PROTOCOL, b""))
        if self._selected is None:
            raise Refusal(Status.WRONG_DATA)
        return Response(b"", Status.OK)

    @property
    def running(self) -> bool:
        """Whether the next GENERAL AUTHENTICATE is for chip authentication."""
        return self._selected is not None

    def authenticate(self, command: Command) -> tuple[Response, SessionKeys]:
        """GENERAL AUTHENTICATE: agree the keys of a new session."""
        cipher, self._selected = self._selected, None
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
        held = self._held()
        group = held.group
        private = group.private_key(held.private)
        theirs = not_reflected(group, agreement_key.decode(group, ephemeral), private.public)
        self.terminal_key = agreement_key.compress(group, ephemeral)
        return SessionKeys.agreed(cipher, private.agree(theirs))

    def _fields(self, command: Command) -> dict[int, bytes]:
        """The data objects of an MSE; refused when they name an unknown key."""
        self._held()
        fields = {each.tag: each.value for each in tlv.read_all(command.data)}
        named = fields.get(chip_auth.KEY_REFERENCE)
        if named is not None and int.from_bytes(named, "big") != self._key_id:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        return fields

    def _held(self) -> AgreementSecret:
        if self._static is None:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        return self._static

"""PACE, the side of the chip (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import constant_time

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.static_key import StaticKey
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import der, integrated_mapping, pace, pace_cam, pace_variant, security_infos, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.files import ElementaryFile
from edge.emrtd.groups import Element, not_reflected
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.pace_variant import PaceVariant
from edge.emrtd.secure_messaging import SessionKeys
from edge.errors import MalformedFile

_CHAINING = 0x10
_LONGEST_STEP = 1_024
_NONCE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class _Selected:
    variant: PaceVariant
    key: AccessKey


@dataclass(frozen=True, slots=True)
class _NonceSent:
    selected: _Selected
    nonce: bytes


@dataclass(frozen=True, slots=True)
class _Mapped:
    selected: _Selected
    base: Element
    mapping_private: int
    """Zero where the mapping has no key."""


@dataclass(frozen=True, slots=True)
class _Agreed:
    mapped: _Mapped
    keys: SessionKeys
    ours: bytes
    theirs: bytes


class PaceSide:
    """One run at a time; a wrong step, or one out of order, ends the run.

    SettingsError when the static key of PACE-CAM cannot be used.
    """

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._variants = _offered(personalisation)
        self._keys = {1: AccessKey.of_mrz(personalisation.mrz_information)}
        if personalisation.can is not None:
            self._keys[2] = AccessKey.of_can(personalisation.can)
        held = personalisation.pace_cam_key
        self._static = None if held is None else StaticKey.decode(held)
        self._random = random
        self._state: _Selected | _NonceSent | _Mapped | _Agreed | None = None
        self._received = b""
        """The pieces of an incomplete step."""

    def select(self, command: Command) -> Response:
        """MSE:Set AT: protocol, password, and domain parameters where several are offered."""
        self._state, self._received = None, b""
        fields = {each.tag: each.value for each in tlv.read_all(command.data)}
        number = fields.get(pace.DOMAIN)
        fitting = [
            variant
            for variant in self._variants
            if der.oid_value(variant.oid) == fields.get(pace.PROTOCOL)
            and (number is None or int.from_bytes(number, "big") == variant.parameter_id)
        ]
        key = self._keys.get(int.from_bytes(fields.get(pace.PASSWORD, b""), "big"))
        if len(fitting) != 1:
            raise Refusal(Status.WRONG_DATA)
        if key is None:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        self._state = _Selected(fitting[0], key)
        return Response(b"", Status.OK)

    @property
    def running(self) -> bool:
        """Whether the next GENERAL AUTHENTICATE is for PACE."""
        return self._state is not None

    def abandon(self) -> None:
        """End a run, because another protocol was selected."""
        self._state, self._received = None, b""

    def step(self, command: Command) -> tuple[Response, SessionKeys | None]:
        """GENERAL AUTHENTICATE: the reply and, after the last step, the session's keys."""
        state, self._state = self._state, None
        data, self._received = self._received + command.data, b""
        if command.cla & _CHAINING and _is_cut_off(data):
            self._state, self._received = state, data
            return Response(b"", Status.OK), None
        content = tlv.read_one(data, pace.DYNAMIC_DATA).children()
        keys: SessionKeys | None = None
        match state, content:
            case _Selected(), ():
                reply = self._send_nonce(state)
            case _NonceSent(), (tlv.Tlv(tag=pace.MAP_TERMINAL, value=value),):
                reply = self._map(state, value)
            case _Mapped(), (tlv.Tlv(tag=pace.KEY_TERMINAL, value=value),):
                reply = self._agree(state, value)
            case _Agreed(), (tlv.Tlv(tag=pace.TOKEN_TERMINAL, value=value),):
                reply, keys = self._confirm(state, value), state.keys
            case _:
                raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        return Response(tlv.encode(pace.DYNAMIC_DATA, reply), Status.OK), keys

    def _send_nonce(self, state: _Selected) -> bytes:
        cipher = state.variant.cipher
        integrated = state.variant.mapping is AccessProtocol.PACE_IM
        nonce = self._random(
            integrated_mapping.nonce_length(cipher) if integrated else _NONCE_LENGTH
        )
        self._state = _NonceSent(state, nonce)
        key = pace.nonce_key(state.key, cipher)
        return tlv.encode(pace.NONCE, cipher.encrypt(key, cipher.zero_iv, nonce))

    def _map(self, state: _NonceSent, value: bytes) -> bytes:
        variant = state.selected.variant
        if variant.mapping is AccessProtocol.PACE_IM:
            if len(value) != variant.cipher.key_length:
                raise Refusal(Status.WRONG_DATA)
            base = pace.integrated_base(variant, state.nonce, value)
            self._state = _Mapped(state.selected, base, 0)
            return tlv.encode(pace.MAP_CHIP)
        group = variant.group
        scalar = group.scalar(self._random)
        private = group.private_key(scalar)
        base = pace.generic_base(group, state.nonce, private.multiply(group.decode(value)))
        self._state = _Mapped(state.selected, base, scalar)
        return tlv.encode(pace.MAP_CHIP, group.encode(private.public))

    def _agree(self, state: _Mapped, value: bytes) -> bytes:
        variant = state.selected.variant
        group = variant.group
        private = group.private_key(group.scalar(self._random))
        ours = private.multiply(state.base)
        theirs = not_reflected(group, group.decode(value), ours)
        keys = SessionKeys.agreed(variant.cipher, private.agree(theirs))
        self._state = _Agreed(state, keys, group.encode(ours), value)
        return tlv.encode(pace.KEY_CHIP, group.encode(ours))

    def _confirm(self, state: _Agreed, value: bytes) -> bytes:
        variant = state.mapped.selected.variant
        if not constant_time.bytes_eq(value, pace.token(variant, state.keys.mac, state.ours)):
            raise Refusal(Status.AUTHENTICATION_FAILED)
        reply = tlv.encode(pace.TOKEN_CHIP, pace.token(variant, state.keys.mac, state.theirs))
        if variant.mapping is AccessProtocol.PACE_CAM:
            reply += tlv.encode(pace.CHIP_AUTHENTICATION_DATA, self._authenticate(state))
        return reply

    def _authenticate(self, state: _Agreed) -> bytes:
        """Prove the static key; a chip without the right key can only guess."""
        parameters = state.mapped.selected.variant.parameters
        static = self._static
        if static is None or static.curve != parameters:
            return pace_cam.seal(state.keys, self._random(parameters.field_length))
        data = pace_cam.authentication_data(
            static.curve, static.private, state.mapped.mapping_private
        )
        return pace_cam.seal(state.keys, data)


def _is_cut_off(data: bytes) -> bool:
    """Whether more pieces of a data object must follow."""
    try:
        length = tlv.read_header(data).total_length
    except MalformedFile:
        return 0 < len(data) < 4
    return len(data) < length <= _LONGEST_STEP


def _offered(personalisation: Personalisation) -> tuple[PaceVariant, ...]:
    """The PACE variants in EF.CardAccess that this chip supports; none when the file is broken."""
    content = personalisation.files.get(ElementaryFile.CARD_ACCESS, b"")
    try:
        return pace_variant.spoken(security_infos.parse(content))
    except MalformedFile:
        return ()

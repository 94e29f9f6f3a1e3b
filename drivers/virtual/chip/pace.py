"""PACE, the side of the chip (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import constant_time

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import der, pace, security_infos, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.curves import Point
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.pace import Variant
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import PaceInfo
from edge.errors import MalformedFile

_PROTOCOL, _PASSWORD, _DOMAIN = 0x80, 0x83, 0x84


@dataclass(frozen=True, slots=True)
class _Selected:
    variant: Variant
    key: AccessKey


@dataclass(frozen=True, slots=True)
class _NonceSent:
    selected: _Selected
    nonce: bytes


@dataclass(frozen=True, slots=True)
class _Mapped:
    selected: _Selected
    base: Point


@dataclass(frozen=True, slots=True)
class _Agreed:
    selected: _Selected
    keys: SessionKeys
    ours: Point
    theirs: Point


class PaceSide:
    """One run at a time; a step out of turn, or a wrong one, starts over."""

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._variants = _offered(personalisation)
        self._keys = {1: AccessKey.of_mrz(personalisation.mrz_information)}
        if personalisation.can is not None:
            self._keys[2] = AccessKey.of_can(personalisation.can)
        self._random = random
        self._state: _Selected | _NonceSent | _Mapped | _Agreed | None = None

    def select(self, command: Command) -> Response:
        """MSE:Set AT: protocol, password, and domain parameters where several are offered."""
        self._state = None
        fields = {each.tag: each.value for each in tlv.read_all(command.data)}
        number = fields.get(_DOMAIN)
        fitting = [
            variant
            for variant in self._variants
            if der.oid_value(variant.oid) == fields.get(_PROTOCOL)
            and number in (None, bytes((variant.parameter_id,)))
        ]
        key = self._keys.get(int.from_bytes(fields.get(_PASSWORD, b""), "big"))
        if len(fitting) != 1:
            raise Refusal(Status.WRONG_DATA)
        if key is None:
            raise Refusal(Status.REFERENCE_NOT_FOUND)
        self._state = _Selected(fitting[0], key)
        return Response(b"", Status.OK)

    @property
    def running(self) -> bool:
        """Whether GENERAL AUTHENTICATE belongs to PACE just now."""
        return self._state is not None

    def step(self, command: Command) -> tuple[Response, SessionKeys | None]:
        """GENERAL AUTHENTICATE: the reply and, after the last step, the session's keys."""
        state, self._state = self._state, None
        content = tlv.read_one(command.data, pace.DYNAMIC_DATA).children()
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
        nonce = self._random(16)
        self._state = _NonceSent(state, nonce)
        key = pace.nonce_key(state.key, cipher)
        return tlv.encode(pace.NONCE, cipher.encrypt(key, cipher.zero_iv, nonce))

    def _map(self, state: _NonceSent, value: bytes) -> bytes:
        curve = state.selected.variant.curve
        private = curve.scalar(self._random)
        shared = curve.multiply(curve.decode(value), private)
        self._state = _Mapped(state.selected, pace.generic_base(curve, state.nonce, shared))
        return tlv.encode(pace.MAP_CHIP, curve.encode(curve.multiply(curve.base, private)))

    def _agree(self, state: _Mapped, value: bytes) -> bytes:
        variant = state.selected.variant
        curve = variant.curve
        theirs = curve.decode(value)
        private = curve.scalar(self._random)
        ours = curve.multiply(state.base, private)
        if ours == theirs:
            raise MalformedFile("the terminal sent our own public key back")
        secret = curve.coordinate(curve.multiply(theirs, private).x)
        keys = SessionKeys.agreed(variant.cipher, secret)
        self._state = _Agreed(state.selected, keys, ours, theirs)
        return tlv.encode(pace.KEY_CHIP, curve.encode(ours))

    def _confirm(self, state: _Agreed, value: bytes) -> bytes:
        variant = state.selected.variant
        if not constant_time.bytes_eq(value, pace.token(variant, state.keys.mac, state.ours)):
            raise Refusal(Status.AUTHENTICATION_FAILED)
        return tlv.encode(pace.TOKEN_CHIP, pace.token(variant, state.keys.mac, state.theirs))


def _offered(personalisation: Personalisation) -> list[Variant]:
    """What EF.CardAccess offers and this chip can play; nothing when it is broken on purpose."""
    try:
        infos = security_infos.parse(personalisation.files.get(ElementaryFile.CARD_ACCESS, b""))
    except MalformedFile:
        return []
    offered = [pace.variant(info) for info in infos if isinstance(info, PaceInfo)]
    return [variant for variant in offered if variant is not None]

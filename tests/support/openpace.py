"""OpenPACE (Debian `libeac3`) as the other side: an implementation we did not write.

The library computes; the few APDUs around it are put together here.  Calls are made through
`ctypes`, from the headers of the packaged version (1.1.2+git20220117).
"""

from __future__ import annotations

import ctypes
import ctypes.util
from ctypes import POINTER, Structure, c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p
from functools import cache
from typing import Any, ClassVar

from edge.emrtd import tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.domain_parameters import STANDARDISED

NAME = "libeac.so.3"

_PACE, _CHIP_AUTHENTICATION = 0, 1
_VERSION_2_02 = 2
_MRZ = 1
_SHA_1 = 20
_SECURE = 0x0C

_CIPHERS = {
    Cipher.TDES: "3DES_CBC_CBC",
    Cipher.AES_128: "AES_CBC_CMAC_128",
    Cipher.AES_192: "AES_CBC_CMAC_192",
    Cipher.AES_256: "AES_CBC_CMAC_256",
}


class _Buffer(Structure):
    """`struct buf_mem_st` of OpenSSL 3."""

    _fields_: ClassVar[Any] = (
        ("length", c_size_t),
        ("data", c_void_p),
        ("max", c_size_t),
        ("flags", c_ulong),
    )


class _Agreement(Structure):
    """`struct ka_ctx`."""

    _fields_: ClassVar[Any] = (
        ("digest", c_void_p),
        ("digest_engine", c_void_p),
        ("cmac", c_void_p),
        ("cipher", c_void_p),
        ("cipher_engine", c_void_p),
        ("iv", c_void_p),
        ("mac_key_length", c_int),
        ("encryption_key_length", c_int),
        ("generate_key", c_void_p),
        ("compute_key", c_void_p),
        ("key", c_void_p),
        ("secret", POINTER(_Buffer)),
    )


class _Pace(Structure):
    """The beginning of `struct pace_ctx`."""

    _fields_: ClassVar[Any] = (
        ("protocol", c_int),
        ("version", c_uint),
        ("id", c_int),
        ("generate_mapping_key", c_void_p),
        ("compute_mapping_key", c_void_p),
        ("static_key", c_void_p),
        ("agreement", POINTER(_Agreement)),
    )


class _ChipAuthentication(Structure):
    """The beginning of `struct ca_ctx`."""

    _fields_: ClassVar[Any] = (
        ("version", c_uint),
        ("protocol", c_int),
        ("id", c_int),
        ("flags", c_int),
        ("agreement", POINTER(_Agreement)),
    )


class _Context(Structure):
    """`struct eac_ctx`."""

    _fields_: ClassVar[Any] = (
        ("tr_version", c_int),
        ("bn", c_void_p),
        ("digest", c_void_p),
        ("cipher", c_void_p),
        ("pace", POINTER(_Pace)),
        ("all_pace", c_void_p),
        ("restricted", c_void_p),
        ("all_restricted", c_void_p),
        ("terminal", c_void_p),
        ("chip", POINTER(_ChipAuthentication)),
        ("all_chip", c_void_p),
        ("agreement", c_void_p),
        ("counter", c_void_p),
    )


_BUFFER = POINTER(_Buffer)
_CONTEXT = POINTER(_Context)
_RETURN_BUFFERS = [
    "BUF_MEM_create_init",
    "CA_STEP2_get_eph_pubkey",
    "EAC_Comp",
    "EAC_add_iso_pad",
    "EAC_authenticate",
    "EAC_decrypt",
    "EAC_encrypt",
    "EAC_remove_iso_pad",
    "PACE_STEP1_enc_nonce",
    "PACE_STEP3A_generate_mapping_data",
    "PACE_STEP3B_generate_ephemeral_key",
    "PACE_STEP3D_compute_authentication_token",
    "TA_STEP3_generate_ephemeral_key",
    "TA_STEP4_get_nonce",
    "TA_STEP5_sign",
]


class OpenPaceError(Exception):
    """The library refuses."""


class Shortened(Exception):
    """A value that begins with zeros, which the library leaves out: there is nothing to compare.

    Shared secrets of DH (kept in PKCS#3 §8.3), and coordinates signed in terminal authentication
    (of fixed length in Doc 9303-11 §7.1.4.2.3): each time, one run in 256.
    """


def missing() -> str:
    """What is not there for the tests; empty when all is."""
    try:
        _library()
    except OSError:
        return "libeac3 (OpenPACE) is not installed"
    return ""


@cache
def _library() -> Any:
    library = ctypes.CDLL(NAME)
    library.EAC_CTX_new.restype = _CONTEXT
    library.PACE_SEC_new.restype = c_void_p
    for name in _RETURN_BUFFERS:
        getattr(library, name).restype = _BUFFER
    library.EAC_init()
    return library


def _identifier(name: str) -> int:
    return c_int.in_dll(_library(), name).value


def _given(content: bytes) -> Any:
    return _library().BUF_MEM_create_init(content, c_size_t(len(content)))


def _taken(buffer: Any) -> bytes:
    if not buffer:
        raise OpenPaceError("the library refuses")
    content = ctypes.string_at(buffer.contents.data, buffer.contents.length)
    _library().BUF_MEM_clear_free(buffer)
    return content


def _checked(result: int) -> None:
    if result != 1:
        raise OpenPaceError("the library refuses")


def _td1(information: str) -> str:
    """The beginning of a card's MRZ with this document number and these dates."""
    number, birth, expiry = information[:10], information[10:17], information[17:]
    return f"I<UTO{number}{'<' * 15}{birth}F{expiry}"


class Party:
    """One side of the protocols: the context of the library, and secure messaging with it."""

    def __init__(self) -> None:
        self._context = _library().EAC_CTX_new()
        self._context.contents.tr_version = _VERSION_2_02
        self._secret = c_void_p()
        self._secret_length = 0

    def close(self) -> None:
        """Free the context; it cannot be used any more."""
        _library().PACE_SEC_clear_free(self._secret)
        _library().EAC_CTX_clear_free(self._context)

    def _call(self, name: str, *arguments: bytes) -> bytes:
        """Call a function of the context and buffers that returns a buffer."""
        buffers = [_given(each) for each in arguments]
        try:
            return _taken(getattr(_library(), name)(self._context, *buffers))
        finally:
            self._free(buffers)

    def _do(self, name: str, *arguments: bytes) -> None:
        """Call a function of the context and buffers that returns whether it worked."""
        buffers = [_given(each) for each in arguments]
        try:
            _checked(getattr(_library(), name)(self._context, *buffers))
        finally:
            self._free(buffers)

    @staticmethod
    def _free(buffers: list[Any]) -> None:
        for each in buffers:
            _library().BUF_MEM_clear_free(each)

    # --- PACE

    def begin_pace(
        self, mapping: str, cipher: Cipher, parameter_id: int, secret: tuple[int, str]
    ) -> None:
        """Choose protocol ("ECDH_GM", "DH_IM", ...), domain parameters and password."""
        self._secret_length = STANDARDISED[parameter_id].field_length
        protocol = _identifier(f"NID_id_PACE_{mapping}_{_CIPHERS[cipher]}")
        _checked(_library().EAC_CTX_init_pace(self._context, protocol, parameter_id))
        kind, text = secret
        encoded = (_td1(text) if kind == _MRZ else text).encode("ascii")
        found = _library().PACE_SEC_new(c_char_p(encoded), c_size_t(len(encoded)), kind)
        if not found:
            raise OpenPaceError("the library does not take the password")
        self._secret = c_void_p(found)

    def encrypted_nonce(self) -> bytes:
        """Chip, step 1."""
        return _taken(_library().PACE_STEP1_enc_nonce(self._context, self._secret))

    def take_nonce(self, encrypted: bytes) -> None:
        """Terminal, step 2."""
        buffer = _given(encrypted)
        _checked(_library().PACE_STEP2_dec_nonce(self._context, self._secret, buffer))
        _library().BUF_MEM_clear_free(buffer)

    def mapping_data(self) -> bytes:
        """Step 3a."""
        return self._call("PACE_STEP3A_generate_mapping_data")

    def map(self, theirs: bytes) -> None:
        """Step 3a."""
        self._do("PACE_STEP3A_map_generator", theirs)

    def ephemeral_key(self) -> bytes:
        """Step 3b."""
        return self._call("PACE_STEP3B_generate_ephemeral_key")

    def agree(self, theirs: bytes) -> None:
        """Step 3b and c; Shortened."""
        self._do("PACE_STEP3B_compute_shared_secret", theirs)
        self._require_full_length(self._context.contents.pace.contents.agreement)
        self._do("PACE_STEP3C_derive_keys")

    def token(self, theirs: bytes) -> bytes:
        """Step 3d."""
        return self._call("PACE_STEP3D_compute_authentication_token", theirs)

    def check_token(self, token: bytes) -> None:
        """Step 3d."""
        self._do("PACE_STEP3D_verify_authentication_token", token)

    def secure_by_pace(self) -> None:
        """Begin secure messaging with the keys of PACE."""
        self._secure(_PACE)

    def compressed_pace_key(self, key: bytes) -> bytes:
        """Comp() of an ephemeral public key of PACE."""
        return self._compressed(_PACE, key)

    # --- chip authentication

    def begin_chip_authentication(self, agreement: str, cipher: Cipher, parameter_id: int) -> None:
        """Choose protocol ("ECDH" or "DH") and domain parameters."""
        protocol = _identifier(f"NID_id_CA_{agreement}_{_CIPHERS[cipher]}")
        _checked(_library().EAC_CTX_init_ca(self._context, protocol, parameter_id))

    def hold(self, private: bytes, public: bytes) -> None:
        """Chip: take the static key, a number and an encoded public key."""
        result = _library().CA_set_key(
            self._context, private, c_size_t(len(private)), public, c_size_t(len(public))
        )
        _checked(result)

    def chip_authentication_key(self) -> tuple[bytes, bytes]:
        """Terminal: an ephemeral public key, and Comp() of it."""
        compressed = self._call("TA_STEP3_generate_ephemeral_key")
        return self._call("CA_STEP2_get_eph_pubkey"), compressed

    def compressed_chip_authentication_key(self, key: bytes) -> bytes:
        """Comp() of an ephemeral public key of chip authentication."""
        return self._compressed(_CHIP_AUTHENTICATION, key)

    def agree_with_static_key(self, theirs: bytes) -> None:
        """Agree session keys and begin secure messaging with them; Shortened.

        The keys are derived without the nonce of version 2 of the protocol.
        """
        self._do("CA_STEP4_compute_shared_secret", theirs)
        context = self._context.contents
        agreement = context.chip.contents.agreement
        self._require_full_length(agreement)
        _checked(_library().KA_CTX_derive_keys(agreement, None, c_void_p(context.digest)))
        self._secure(_CHIP_AUTHENTICATION)

    # --- terminal authentication

    def trust(self, root: bytes, private: bytes = b"") -> None:
        """Chip: take a trust point.  Terminal: its own certificate, and its key in PKCS#8."""
        result = _library().EAC_CTX_init_ta(
            self._context, private or None, c_size_t(len(private)), root, c_size_t(len(root))
        )
        _checked(result)
        _library().TA_disable_checks(self._context)  # of dates: the library has a clock of its own

    def take_certificate(self, certificate: bytes) -> None:
        """Verify and import a certificate."""
        result = _library().TA_STEP2_import_certificate(
            self._context, certificate, c_size_t(len(certificate))
        )
        _checked(result)

    def challenge(self) -> bytes:
        """Chip: a challenge."""
        return self._call("TA_STEP4_get_nonce")

    def sign(self, challenge: bytes, terminal_key: bytes, chip_name: bytes) -> bytes:
        """Terminal: sign, without auxiliary data as version 1 of the protocol does; Shortened."""
        self._require_full_names(terminal_key, chip_name)
        self._do("TA_STEP4_set_nonce", challenge)
        key, name = _given(terminal_key), _given(chip_name)
        return _taken(_library().TA_STEP5_sign(self._context, key, name, None))

    def check_signature(self, signature: bytes, terminal_key: bytes, chip_name: bytes) -> None:
        """Chip: verify; Shortened."""
        self._require_full_names(terminal_key, chip_name)
        key, name, signed = map(_given, (terminal_key, chip_name, signature))
        _checked(_library().TA_STEP6_verify(self._context, key, name, None, signed))

    # --- secure messaging

    def protected(self, command: Command) -> Command:
        """Terminal: protect a command."""
        self._count()
        header = bytes((command.cla | _SECURE, command.ins, command.p1, command.p2))
        body = self._cryptogram(command.data)
        if command.le is not None:
            body += tlv.encode(0x97, bytes((command.le % 256,)))
        body += tlv.encode(0x8E, self._checksum(self._padded(header), body))
        return Command(header[0], command.ins, command.p1, command.p2, body, 256)

    def opened_response(self, response: Response) -> Response:
        """Terminal: open a reply."""
        self._count()
        fields = self._verified(b"", response.data)
        assert fields[0x99] == response.sw.to_bytes(2, "big")
        return Response(self._plain(fields), response.sw)

    def opened(self, command: Command) -> Command:
        """Chip: open a command."""
        self._count()
        fields = self._verified(self._padded(command.header), command.data)
        le = fields.get(0x97)
        wanted = None if le is None else int.from_bytes(le, "big") or 256 ** len(le)
        plain = self._plain(fields)
        return Command(command.cla & ~_SECURE, command.ins, command.p1, command.p2, plain, wanted)

    def protected_response(self, response: Response) -> Response:
        """Chip: protect a reply."""
        self._count()
        body = self._cryptogram(response.data)
        body += tlv.encode(0x99, response.sw.to_bytes(2, "big"))
        body += tlv.encode(0x8E, self._checksum(b"", body))
        return Response(body, response.sw)

    def _secure(self, which: int) -> None:
        _checked(_library().EAC_CTX_set_encryption_ctx(self._context, which))
        _checked(_library().EAC_reset_ssc(self._context))

    def _require_full_length(self, agreement: Any) -> None:
        if agreement.contents.secret.contents.length != self._secret_length:
            raise Shortened

    def _compressed(self, which: int, key: bytes) -> bytes:
        buffer = _given(key)
        return _taken(_library().EAC_Comp(self._context, which, buffer))

    def _require_full_names(self, *compressed: bytes) -> None:
        if {len(each) for each in compressed} - {self._secret_length, _SHA_1}:
            raise Shortened

    def _count(self) -> None:
        _checked(_library().EAC_increment_ssc(self._context))

    def _padded(self, content: bytes) -> bytes:
        return self._call("EAC_add_iso_pad", content)

    def _cryptogram(self, content: bytes) -> bytes:
        if not content:
            return b""
        return tlv.encode(0x87, b"\x01", self._call("EAC_encrypt", self._padded(content)))

    def _checksum(self, header: bytes, body: bytes) -> bytes:
        return self._call("EAC_authenticate", self._padded(header + body))

    def _verified(self, header: bytes, body: bytes) -> dict[int, bytes]:
        fields = {each.tag: each.value for each in tlv.read_all(body)}
        checksum = fields.pop(0x8E)
        assert body.endswith(tlv.encode(0x8E, checksum))
        assert checksum == self._checksum(header, body[:-10])
        return fields

    def _plain(self, fields: dict[int, bytes]) -> bytes:
        cryptogram = fields.get(0x87)
        if cryptogram is None:
            return b""
        padded = _given(self._call("EAC_decrypt", cryptogram[1:]))
        return _taken(_library().EAC_remove_iso_pad(padded))

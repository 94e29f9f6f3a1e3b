"""Whatever bytes come, parsers return a value or raise one of our errors."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import (
    active_auth,
    agreement_key,
    chip_auth,
    cv_certificate,
    der,
    domain_parameters,
    ef_cvca,
    modp,
    pace_cam,
    pace_variant,
    public_key,
    security_infos,
    tlv,
)
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher, pad, unpad
from edge.emrtd.contents import ChipAuthenticationMapping
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.files import ElementaryFile
from edge.emrtd.groups import Group
from edge.emrtd.secure_messaging import SecureSession, SessionEnded, SessionKeys
from edge.emrtd.security_infos import PaceDomainParameterInfo, PaceInfo, SecurityInfo
from edge.errors import ChipError, DocumentError, MalformedFile
from tests.support.emrtd.domains import explicit_group, explicit_parameters
from tests.support.emrtd.specimens import (
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    read,
    rsa_key,
    speaking_cam,
    specimen,
    spki,
)
from tests.support.examples import examples

PARSERS: list[Callable[[bytes], object]] = [
    tlv.read_all,
    tlv.read_header,
    public_key.parse,
    der.decode_oid,
    der.decode_integer,
    domain_parameters.recognise,
    agreement_key.parse,
    cv_certificate.parse,
    cv_certificate.parse_presented,
    ef_cvca.decode,
    lambda content: chip_auth.choose(security_infos.parse(content)),
    lambda content: pace_variant.choose(security_infos.parse(content)),
    lambda content: pace_cam.static_keys(security_infos.parse(content), 13),
    *[parameters.decode for parameters in domain_parameters.STANDARDISED.values()],
]
MAPPING_GROUPS = [
    parameters for parameters in domain_parameters.STANDARDISED.values() if parameters.maps_numbers
]
PACE_KINDS = [
    PaceInfo(f"{security_infos.PACE}.1.2", 2, 0),
    PaceInfo(f"{security_infos.PACE}.2.1", 2, 12),
    PaceInfo(f"{security_infos.PACE}.3.4", 2, 0),
    PaceInfo(f"{security_infos.PACE}.4.3", 2, 13),
    PaceInfo(f"{security_infos.PACE}.6.2", 2, 13),
]
INTEGRATED = PACE_KINDS[2:4]
TAGS = [0x02, 0x03, 0x04, 0x06, 0x30, 0x31, 0x5C, 0x5F01, 0x5F1F, 0x5F2E, 0x5F36, 0x60, 0x61]
GROUPS = [0x6E, 0x6F, 0x75, 0x7F60, 0x7F61, 0x7F2E, 0xA1]


def nested() -> st.SearchStrategy[bytes]:
    """Trees of the tags our files are made of."""
    return st.recursive(
        st.binary(max_size=24),
        lambda inner: st.builds(
            lambda tag, values: tlv.encode(tag, *values),
            st.sampled_from(TAGS + GROUPS),
            st.lists(inner, max_size=4),
        ),
        max_leaves=12,
    )


@cache
def genuine() -> list[bytes]:
    chip = specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, active_auth_key=rsa_key(1024))
    infos: list[SecurityInfo] = [
        PaceInfo(f"{security_infos.PACE}.2.2", 2, 40),
        PaceDomainParameterInfo(
            f"{security_infos.PACE}.2", explicit_parameters(STANDARDISED[13]), 40
        ),
    ]
    return [
        *chip.files.values(),
        *speaking_cam().files.values(),
        security_infos.encode(infos),
        explicit_group(modp.STANDARDISED[0]),
        spki(ec_key()),
        spki(rsa_key(1024)),
    ]


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__qualname__)
@given(content=st.one_of(st.binary(max_size=200), nested()))
@examples(60)
def test_any_bytes(parser: Callable[[bytes], object], content: bytes) -> None:
    with suppress(MalformedFile):
        parser(content)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__qualname__)
@given(data=st.data())
@examples(60)
def test_genuine_files_with_bytes_changed(
    parser: Callable[[bytes], object], data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(genuine())))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(
            st.integers(0, 255)
        )
    with suppress(MalformedFile):
        parser(bytes(content[: data.draw(st.integers(0, len(content)))]))


@given(st.integers(1, 0xFE).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=400))
def test_tlv_round_trip(tag: int, value: bytes) -> None:
    encoded = tlv.encode(tag, value)
    assert tlv.read_one(encoded, tag).value == value
    assert tlv.read_header(encoded).total_length == len(encoded)


@given(st.integers(min_value=0, max_value=1 << 4096))
def test_integer_round_trip(number: int) -> None:
    encoded = tlv.read_one(der.encode_integer(number), der.INTEGER)
    assert der.decode_integer(encoded.value) == number


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 1 << 28), max_size=6))
def test_object_identifier_round_trip(top: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, [top, second, *rest]))
    assert der.decode_oid(der.oid_value(dotted)) == dotted


@given(
    st.tuples(*[st.integers(0, 255)] * 4),
    st.binary(max_size=300),
    st.none() | st.integers(1, 65_536),
)
def test_command_round_trip(header: tuple[int, int, int, int], data: bytes, le: int | None) -> None:
    command = Command(*header, data, le)
    assert Command.parse(bytes(command)) == command


@given(st.binary(max_size=300))
def test_any_bytes_as_a_command(raw: bytes) -> None:
    try:
        command = Command.parse(raw)
    except ChipError:
        return
    assert Command.parse(bytes(command)) == command


@given(st.binary(max_size=64), st.sampled_from([8, 16]))
def test_padding_round_trip(message: bytes, block: int) -> None:
    padded = pad(message, block)
    assert len(padded) % block == 0
    assert unpad(padded) == message


@given(st.binary(max_size=80), st.integers(0, 0xFFFF), st.sampled_from(Cipher))
def test_any_bytes_in_a_session(data: bytes, sw: int, cipher: Cipher) -> None:
    session = SecureSession(SessionKeys.agreed(cipher, b"secret"))
    session.protect_command(Command(0, 0xB0, 0, 0, le=4))
    with pytest.raises(SessionEnded):
        session.open_response(Response(data, sw))


@given(st.binary(max_size=140))
@examples(50)
def test_any_bytes_as_an_active_authentication_answer(response: bytes) -> None:
    for key in (spki(rsa_key(1024)), spki(ec_key())):
        assert not active_auth.verify(key, None, bytes(8), response)


@given(st.binary(max_size=300), st.binary(max_size=140))
@examples(60)
def test_any_bytes_as_chip_authentication_data(sealed: bytes, mapping_key: bytes) -> None:
    keys = SessionKeys.agreed(Cipher.AES_128, b"secret")
    claim = ChipAuthenticationMapping(13, mapping_key, pace_cam.unseal(keys, sealed))
    infos = security_infos.parse(speaking_cam().files[ElementaryFile.CARD_SECURITY])
    assert not pace_cam.proves(claim, infos)


@given(st.sampled_from(MAPPING_GROUPS), st.integers(2, 1 << 600))
@examples(60)
def test_numbers_map_into_the_group(group: Group, number: int) -> None:
    element = group.element_from(number)
    assert group.decode(group.encode(element)) == element


@given(
    st.sampled_from(PACE_KINDS),
    st.integers(0, 3),
    st.one_of(st.binary(max_size=300), nested()),
    st.sampled_from([0x9000, 0x6300, 0x63C2, 0x6700, 0x6A80, 0x6F00]),
)
@examples(100)
def test_any_answer_to_a_step_of_pace(info: PaceInfo, step: int, body: bytes, sw: int) -> None:
    """One answer of the chip's is anything: the chip stays shut, whichever step it belongs to."""
    chip = insert(specimen(pace=info))
    steps = 0

    def transmit(command: bytes) -> bytes:
        nonlocal steps
        reply = chip.transmit(command)
        if command[1] != 0x86:
            return reply
        steps += 1
        return body + sw.to_bytes(2, "big") if steps == step + 1 else reply

    with suppress(DocumentError):
        read(transmit)
        # Only the mapping step of the integrated mapping has nothing to say.
        assert (info in INTEGRATED, step, sw) == (True, 1, 0x9000)


@given(st.lists(st.binary(max_size=60), max_size=20))
@examples(60)
def test_the_virtual_chip_answers_anything(commands: list[bytes]) -> None:
    chip = VirtualChip(specimen(pace=PACE_AES_128, chip_auth=CA_AES_256), secrets.token_bytes)
    for command in commands:
        assert len(chip.transmit(command)) >= 2


@given(st.lists(st.binary(max_size=80), max_size=30), st.integers(0, 12))
@examples(60)
def test_a_chip_that_goes_mad_never_crashes_the_gate(replies: list[bytes], sane: int) -> None:
    """Genuine for a while, then anything."""
    chip = insert(replace(specimen(pace=PACE_AES_128), bac=False))
    script = iter(replies)
    count = 0

    def transmit(command: bytes) -> bytes:
        nonlocal count
        count += 1
        return chip.transmit(command) if count <= sane else next(script, b"\x6f\x00")

    with pytest.raises(DocumentError):
        read(transmit)

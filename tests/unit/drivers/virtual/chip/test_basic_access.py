"""Terminal against virtual chip: Basic Access Control."""

from __future__ import annotations

import secrets

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import bac, commands
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.secure_messaging import SecureSession
from tests.support.emrtd.exchange import exchange

MRZ = "L898902C<369080619406236"
COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")


def test_opens_with_bac() -> None:
    chip = VirtualChip(Personalisation(MRZ, {ElementaryFile.COM: COM}), secrets.token_bytes)
    chip.transmit(bytes(commands.SELECT_APPLICATION))
    assert chip.transmit(bytes(commands.select(ElementaryFile.COM))) == b"\x69\x82"
    keys = run(bac.authenticate(AccessKey.of_mrz(MRZ), secrets.token_bytes), chip.transmit)
    session = SecureSession(keys)
    run(exchange(session, commands.select(ElementaryFile.COM)), chip.transmit)
    reply = run(exchange(session, commands.read_selected(0, len(COM))), chip.transmit)
    assert (reply.sw, reply.data) == (0x9000, COM)

"""Protected exchanges of issued documents: what left their chips, and nothing about their holders.

Source: transcripts in the tests of gmrtd/gmrtd (MIT), commit 7f23b50, of documents of France
(AES-256, then 3DES after chip authentication), Germany (AES-128) and New Zealand (3DES token).
Session keys and ephemeral keys only: no MRZ, no file of the holder, no key of the document.
"""

from __future__ import annotations

import pytest

from edge.emrtd import commands, pace, pace_variant
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.files import ElementaryFile
from edge.emrtd.secure_messaging import SecureSession, SessionKeys
from edge.emrtd.security_infos import PaceInfo

FRANCE = SessionKeys(
    Cipher.AES_256,
    bytes.fromhex("17da5d46e356f5b31c3d65b1369ef531ca811effc76967d2b62335e1ad9fe5cb"),
    bytes.fromhex("5cb99a25e6081581fac80c8da621087939b6bde273f2f7c65693b3a0ea3051ed"),
    0xC6,
)
FRANCE_AFTERWARDS = SessionKeys(
    Cipher.TDES,
    bytes.fromhex("8ae910a12991fbfe5e37c2c726a2df29"),
    bytes.fromhex("1adac8970843d9bf8570737a04a8d50d"),
)
GERMANY = SessionKeys(
    Cipher.AES_128,
    bytes.fromhex("a8e85e938514ec67ae33cda3d43d3c48"),
    bytes.fromhex("27f1adeb705a049a305b0c619b14b9b3"),
)

EXCHANGES = {
    "france-mse-set-kat": (
        FRANCE,
        (
            "0c2241a65d8751013ae386873df68bd7e9f8d7ab2e696ced29eeb8da78d502645b5e97d566361341"
            "e2eaa56318f6d84bf0bc44f7808afaf14798d16048aab03545f017f557d2cce9dee724f099e3d643"
            "abd0fb03e567d9b18e08f2d238dede5abbf100"
        ),
        "990290008e089666ac14d11e8c2c9000",
    ),
    "france-select-dg14": (
        FRANCE_AFTERWARDS,
        "0ca4020c15870901db66e918fe3525f98e08d870008cea2ba80000",
        "990290008e08420dea0a913418ae9000",
    ),
    "germany-select-card-security": (
        GERMANY,
        "0ca4020c1d87110147ee2e3bd440fb596167f2bb6cd6395e8e08a105747484314bcf00",
        "990290008e085f570baddd1002d29000",
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_both_sides_of_an_exchange(name: str) -> None:
    keys, sent, answered = EXCHANGES[name]
    chip, terminal = SecureSession(keys), SecureSession(keys)
    plain = chip.open_command(Command.parse(bytes.fromhex(sent)))
    assert bytes(terminal.protect_command(plain)).hex() == sent
    answer = chip.protect_response(Response(b"", 0x9000), plain.ins)
    assert bytes(answer).hex() == answered
    assert terminal.open_response(answer) == Response(b"", 0x9000)


def test_what_they_said() -> None:
    _, sent, _ = EXCHANGES["france-select-dg14"]
    opened = SecureSession(FRANCE_AFTERWARDS).open_command(Command.parse(bytes.fromhex(sent)))
    assert opened == commands.select(ElementaryFile.DG14)
    _, sent, _ = EXCHANGES["germany-select-card-security"]
    opened = SecureSession(GERMANY).open_command(Command.parse(bytes.fromhex(sent)))
    assert opened == commands.select(ElementaryFile.CARD_SECURITY)


def test_token_with_3des() -> None:
    chosen = pace_variant.choose([PaceInfo("0.4.0.127.0.7.2.2.4.2.1", 2, 13)])
    assert chosen is not None
    theirs = (
        "042dbaf62e6fdfb31eb66f206493b9e7721586f0e5c93754d7bd5a884ca251ee4d"
        "720ab539a60561bc46812fa289b58ac69f0c6e32adbaf7241049a31211f80f5b"
    )
    ours = (
        "04507a0156efae8fb8acc519036c0b2fe0393c878744c7f91878ee4e07a41412ba"
        "5c0753d68a44a91e9f57f3f992ab689e6c2065d3b2a27c3658a4fd632931ee38"
    )
    mac = bytes.fromhex("c1bc1f075797b970b5a45e64a764b0cb")
    for public, token in ((theirs, "8d7c617d43efe09e"), (ours, "cb57047c809079f6")):
        assert pace.token(chosen, mac, bytes.fromhex(public)).hex() == token

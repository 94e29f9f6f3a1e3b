"""ICAO Doc 9303-11 Appendix D: Basic Access Control, secure messaging and reading EF.COM."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from edge import mrz
from edge.emrtd import bac, commands, key_derivation
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher, pad
from edge.emrtd.dialogue import Dialogue, Transmit, run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.secure_messaging import SecureSession, SessionKeys, secured

KEY = AccessKey.of_mrz("L898902C<369080619406236")

GET_CHALLENGE = ("0084000008", "4608F919887022129000")
EXTERNAL_AUTHENTICATE = (
    "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728",
    "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000",
)
SELECT_COM = (
    "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
    "990290008E08FA855A5D4C50A8ED9000",
)
READ_HEADER = (
    "0CB000000D9701048E08ED6705417E96BA5500",
    "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
)
READ_REST = (
    "0CB000040D9701128E082EA28A70F3C7B53500",
    "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
)
EF_COM = "60145F0104303130365F36063034303030305C026175"


def transcript(*exchanges: tuple[str, str]) -> Transmit:
    """Answer exactly these commands, in this order."""
    script = iter(exchanges)

    def transmit(command: bytes) -> bytes:
        expected, reply = next(script)
        assert command.hex().upper() == expected
        return bytes.fromhex(reply)

    return transmit


def draws(*values: str) -> Callable[[int], bytes]:
    """A random source that yields these values."""
    remaining = iter(values)
    return lambda _: bytes.fromhex(next(remaining))


def test_d1_keys_from_the_seed() -> None:
    seed = bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE")
    enc = key_derivation.derive(Cipher.TDES, seed, key_derivation.ENCRYPTION)
    mac = key_derivation.derive(Cipher.TDES, seed, key_derivation.MAC)
    assert enc.hex().upper() == "AB94FDECF2674FDFB9B391F85D7F76F2"
    assert mac.hex().upper() == "7962D9ECE03D1ACD4C76089DCE131543"


def test_d2_basic_access_keys() -> None:
    assert KEY.encoded().hex().upper() == "239AB9CB282DAF66231DC5A4DF6BFBAEDF477565"
    enc, mac = key_derivation.basic_access_keys(KEY)
    assert enc.hex().upper() == "AB94FDECF2674FDFB9B391F85D7F76F2"
    assert mac.hex().upper() == "7962D9ECE03D1ACD4C76089DCE131543"


def test_d3_authentication() -> None:
    random = draws("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B")
    keys = run(bac.authenticate(KEY, random), transcript(GET_CHALLENGE, EXTERNAL_AUTHENTICATE))
    assert keys == SessionKeys(
        Cipher.TDES,
        bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5"),
        bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8"),
        0x887022120C06C226,
    )


def test_d4_secure_messaging_reads_ef_com() -> None:
    keys = SessionKeys(
        Cipher.TDES,
        bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5"),
        bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8"),
        0x887022120C06C226,
    )

    def read() -> Dialogue[bytes]:
        yield commands.select(ElementaryFile.COM)
        head = yield commands.read_selected(0, 4)
        assert head.data.hex().upper() == "60145F01"
        rest = yield commands.read_selected(4, head.data[1] + 2 - 4)
        return head.data + rest.data

    session = SecureSession(keys)
    content = run(secured(read(), session), transcript(SELECT_COM, READ_HEADER, READ_REST))
    assert content.hex().upper() == EF_COM


def test_d4_seen_from_the_chip() -> None:
    session = SecureSession(
        SessionKeys(
            Cipher.TDES,
            bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5"),
            bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8"),
            0x887022120C06C226,
        )
    )
    answers = [b"", bytes.fromhex(EF_COM)[:4], bytes.fromhex(EF_COM)[4:]]
    plain = [
        commands.select(ElementaryFile.COM),
        commands.read_selected(0, 4),
        commands.read_selected(4, 18),
    ]
    script = [SELECT_COM, READ_HEADER, READ_REST]
    for (sent, expected), command, answer in zip(script, plain, answers, strict=True):
        opened = session.open_command(Command.parse(bytes.fromhex(sent)))
        assert opened == command
        reply = session.protect_response(Response(answer, 0x9000), opened.ins)
        assert bytes(reply).hex().upper() == expected


class TestIntermediateValues:
    """What the appendix prints between the commands."""

    ENC = bytes.fromhex("AB94FDECF2674FDFB9B391F85D7F76F2")
    MAC = bytes.fromhex("7962D9ECE03D1ACD4C76089DCE131543")
    SESSION_ENC = bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5")
    SESSION_MAC = bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8")

    @pytest.mark.parametrize(
        ("counter", "digest"),
        [
            (1, "AB94FCEDF2664EDFB9B291F85D7F77F27F2F4A9D"),
            (2, "7862D9ECE03C1BCD4D77089DCF131442814EA70A"),
        ],
    )
    def test_d1_keys_before_their_parity(self, counter: int, digest: str) -> None:
        seed = bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE")
        hashed = hashlib.sha1(seed + counter.to_bytes(4, "big")).digest()  # noqa: S324
        assert hashed.hex().upper() == digest
        key = key_derivation.derive(Cipher.TDES, seed, counter)
        assert bytes(byte & 0xFE for byte in key) == bytes(byte & 0xFE for byte in hashed[:16])

    @pytest.mark.parametrize(
        ("lines", "information"),
        [
            (
                ("I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<", "D23145890<UTO3407127M95071227349<<<8"),
                "D23145890734934071279507122",
            ),
            (
                ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L898902C<3UTO6908061F9406236<<<<<<<8"),
                "L898902C<369080619406236",
            ),
            (
                (
                    "I<UTOD23145890<7349<<<<<<<<<<<",
                    "3407127M9507122UTO<<<<<<<<<<<2",
                    "STEVENSON<<PETER<JOHN<<<<<<<<<",
                ),
                "D23145890734934071279507122",
            ),
            (
                (
                    "I<UTOL898902C<3<<<<<<<<<<<<<<<",
                    "6908061F9406236UTO<<<<<<<<<<<1",
                    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
                ),
                "L898902C<369080619406236",
            ),
        ],
        ids=["td2-long", "td2", "td1-long", "td1"],
    )
    def test_d2_mrz_information(self, lines: tuple[str, ...], information: str) -> None:
        assert mrz.parse(lines).information == information

    @pytest.mark.parametrize(
        ("message", "cryptogram", "checksum"),
        [
            (
                "781723860C06C2264608F919887022120B795240CB7049B01C19B33E32804F0B",
                "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2",
                "5F1448EEA8AD90A7",
            ),
            (
                "4608F91988702212781723860C06C2260B4F80323EB3191CB04970CB4052790B",
                "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F",
                "2F2D235D074D7449",
            ),
        ],
        ids=["S-and-E_IFD-and-M_IFD", "R-and-E_IC-and-M_IC"],
    )
    def test_d3_cryptograms(self, message: str, cryptogram: str, checksum: str) -> None:
        sealed = bac.seal(self.ENC, self.MAC, bytes.fromhex(message))
        assert sealed.hex().upper() == cryptogram + checksum
        assert bac.unseal(self.ENC, self.MAC, sealed) == bytes.fromhex(message)

    def test_d3_seed_of_the_session(self) -> None:
        seed = bytes.fromhex("0036D272F5C350ACAC50C3F572D23600")
        keys = SessionKeys.agreed(Cipher.TDES, seed, 0x887022120C06C226)
        assert (keys.encryption, keys.mac) == (self.SESSION_ENC, self.SESSION_MAC)
        assert keys == bac.session_keys(
            bytes.fromhex("4608F91988702212"),
            bytes.fromhex("781723860C06C226"),
            bytes.fromhex("0B795240CB7049B01C19B33E32804F0B"),
            bytes.fromhex("0B4F80323EB3191CB04970CB4052790B"),
        )

    @pytest.mark.parametrize(
        ("message", "checksum"),
        [
            ("887022120C06C2270CA4020C800000008709016375432908C044F6", "BF8B92D635FF24F8"),
            ("887022120C06C22899029000", "FA855A5D4C50A8ED"),
            ("887022120C06C2290CB0000080000000970104", "ED6705417E96BA55"),
            ("887022120C06C22A8709019FF0EC34F992265199029000", "AD55CC17140B2DED"),
            ("887022120C06C22B0CB0000480000000970112", "2EA28A70F3C7B535"),
            (
                "887022120C06C22C871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A99029000",
                "C8B2787EAEA07D74",
            ),
        ],
    )
    def test_d4_checksums(self, message: str, checksum: str) -> None:
        padded = pad(bytes.fromhex(message), 8)
        assert Cipher.TDES.checksum(self.SESSION_MAC, padded).hex().upper() == checksum

    @pytest.mark.parametrize(
        ("plain", "cryptogram"),
        [
            ("011E", "6375432908C044F6"),
            ("60145F01", "9FF0EC34F9922651"),
            (
                "04303130365F36063034303030305C026175",
                "FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A",
            ),
        ],
    )
    def test_d4_cryptograms(self, plain: str, cryptogram: str) -> None:
        padded = pad(bytes.fromhex(plain), 8)
        encrypted = Cipher.TDES.encrypt(self.SESSION_ENC, bytes(8), padded)
        assert encrypted.hex().upper() == cryptogram

"""ICAO Doc 9303-11 Appendix D: Basic Access Control, secure messaging and reading EF.COM."""

from __future__ import annotations

from collections.abc import Callable

from edge.emrtd import bac, commands, key_derivation
from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
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

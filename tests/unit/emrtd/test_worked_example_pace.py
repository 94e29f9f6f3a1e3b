"""ICAO Doc 9303-11 Appendix G.1: PACE with generic mapping over brainpoolP256r1, AES-128."""

from __future__ import annotations

from collections.abc import Callable

from drivers.virtual.chip.pace import PaceSide
from drivers.virtual.chip.personalisation import Personalisation
from edge.emrtd import key_derivation, pace, security_infos
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.curves import STANDARDISED, Point
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.pace import Variant
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import PaceInfo

MRZ_INFORMATION = "T22000129364081251010318"
KEY = AccessKey.of_mrz(MRZ_INFORMATION)
CURVE = STANDARDISED[13]
PACE_INFO = bytes.fromhex("3012060A04007F0007020204020202010202010D")
CARD_ACCESS = bytes.fromhex("3114") + PACE_INFO

NONCE = bytes.fromhex("3F00C4D39D153F2B2A214A078D899B22")
MAP_PRIVATE_TERMINAL = "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99"
MAP_PRIVATE_CHIP = "498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560"
PRIVATE_TERMINAL = "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"
PRIVATE_CHIP = "107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A"

# We always name the domain parameters (DO'84'), as the standard allows and some chips demand.
EXCHANGES = [
    ("0022C1A412800A04007F000702020402028301018401 0D", "9000"),
    ("10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"),
    (
        (
            "10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E"
            "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00"
        ),
        (
            "7C43824104824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"
            "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C549000"
        ),
    ),
    (
        (
            "10860000457C438341042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"
            "3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB3646200"
        ),
        (
            "7C438441049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
            "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F0949000"
        ),
    ),
    ("008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C089000"),
]
SESSION = SessionKeys(
    Cipher.AES_128,
    bytes.fromhex("F5F0E35C0D7161EE6724EE513A0D9A7F"),
    bytes.fromhex("FE251C7858B356B24514B3BD5F4297D1"),
    0,
)


def draws(*values: bytes) -> Callable[[int], bytes]:
    remaining = iter(values)
    return lambda _: next(remaining)


def drawn(private: str) -> bytes:
    """The random bytes from which `Curve.scalar` makes this private key."""
    return (int(private, 16) - 1).to_bytes(40, "big")


def variant() -> Variant:
    chosen = pace.choose(security_infos.parse(CARD_ACCESS))
    assert chosen is not None
    return chosen


def point(x: str, y: str) -> Point:
    return Point(int(x.replace(" ", ""), 16), int(y.replace(" ", ""), 16))


def test_pace_info() -> None:
    assert security_infos.parse(CARD_ACCESS) == (PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),)
    assert security_infos.encode(security_infos.parse(CARD_ACCESS)) == CARD_ACCESS
    assert variant().curve is CURVE
    assert variant().cipher is Cipher.AES_128


def test_password_key() -> None:
    assert KEY.encoded().hex().upper() == "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD"
    derived = key_derivation.derive(Cipher.AES_128, KEY.encoded(), key_derivation.PASSWORD)
    assert derived.hex().upper() == "89DED1B26624EC1E634C1989302849DD"
    assert pace.nonce_key(KEY, Cipher.AES_128) == derived


def test_mapped_base_point() -> None:
    shared = point(
        "60332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5",
        "0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181",
    )
    assert pace.generic_base(CURVE, NONCE, shared) == point(
        "8CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2",
        "8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522",
    )


def test_session_keys_from_the_shared_secret() -> None:
    secret = "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925"  # noqa: S105
    assert SessionKeys.agreed(Cipher.AES_128, bytes.fromhex(secret)) == SESSION


def test_authentication_tokens() -> None:
    chip = point(
        "9E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB",
        "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094",
    )
    assert pace.token(variant(), SESSION.mac, chip).hex().upper() == "C2B0BD78D94BA866"


def test_terminal() -> None:
    script = iter(EXCHANGES)

    def transmit(command: bytes) -> bytes:
        expected, reply = next(script)
        assert command == bytes.fromhex(expected)
        return bytes.fromhex(reply)

    random = draws(drawn(MAP_PRIVATE_TERMINAL), drawn(PRIVATE_TERMINAL))
    assert run(pace.establish(KEY, variant(), random), transmit) == SESSION
    assert next(script, None) is None


def test_chip() -> None:
    files = {ElementaryFile.CARD_ACCESS: CARD_ACCESS}
    random = draws(NONCE, drawn(MAP_PRIVATE_CHIP), drawn(PRIVATE_CHIP))
    chip = PaceSide(Personalisation(MRZ_INFORMATION, files), random)
    (select, selected), *steps = EXCHANGES
    assert bytes(chip.select(Command.parse(bytes.fromhex(select)))).hex() == selected
    keys = None
    for command, expected in steps:
        reply, keys = chip.step(Command.parse(bytes.fromhex(command)))
        assert bytes(reply) == bytes.fromhex(expected)
    assert keys == SESSION

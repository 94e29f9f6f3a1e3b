"""Chip and terminal authentication, worked examples of BSI (EAC, version 1.02), ECDH and DH.

Values as printed there, taken from frankmorgner/openpace `src/eactest.c`.  The examples are of
version 2 of the protocols, which agrees and signs the same values: terminal authentication
without auxiliary data, chip authentication up to the shared secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from edge.emrtd import (
    active_auth,
    agreement_key,
    curves,
    cv_certificate,
    modp,
    terminal_auth,
    terminal_signature,
)
from tests.support.shared_data import shared

of = bytes.fromhex


@dataclass(frozen=True)
class Example:
    folder: str
    group: Any
    chip_public: bytes
    terminal_private: bytes
    terminal_public: bytes
    shared: bytes
    chip_pace_public: bytes
    challenge: bytes
    signature: bytes


EXAMPLES = [
    Example(
        folder="ecdh",
        group=curves.STANDARDISED[13],
        chip_public=of(
            "04A44EBE5451DF7AADB01E459B8C928A87746A57927C8C28A6775C97A7E1FE8D"
            "9A46FF4A1CC7E4D1389AEA19758E4F75C28C598FD734AEBEB135337CF95BE12E"
            "94"
        ),
        terminal_private=of("A6A4D255C5BF7A77EC3D0553DB74F693CF044E18C98364D4977A296108AF19BD"),
        terminal_public=of(
            "045A7A377FC9CAFC03AC7FF45441A8B2909D88EAB8E6B0173847AB49B949DF37"
            "99A34EE57EC55268CF8B1C3EC489F8BF4CF4C68D3FD9670E89C0D5D3FFF1AAF8"
            "9F"
        ),
        shared=of("791DA04273CCFE862E52DF60347E2557192E1F8D7517822CE3D306056C1CDEB4"),
        chip_pace_public=of(
            "04282CF38073036AFAC216AF135BD994DA0C357F10BD4C34AFEA1042B2EB0FD6"
            "804DF3658B835AC2E7133F13691184542BB50B109963A4662ABDC08B9763AF4B"
            "5B"
        ),
        challenge=of("547E4EAB03B235D2"),
        signature=of(
            "81A2D9E5891B86A0F01ADD0341C89D6E9EF3E20C223884F27B2F2040E9721C46"
            "C9C3CF7C0EE0A422263BA6F1EAFC693BD8738F34760B5998584F58DD25B8D60D"
            "99D7C45957C2E2F10C0E5F91A8DC88BD7CFA33CBF784A9DA83C800324165179D"
            "BE71C69B2C0FD811270E436C43278184DDB542142342DBF156E82D2A1BC19085"
        ),
    ),
    Example(
        folder="dh",
        group=modp.STANDARDISED[0],
        chip_public=of(
            "1B3345F8DC04341BF8B2C97F652FA680E5D4FA4C146AE4B839431A644A79BC36"
            "8C4822C89CD018A57F953644BEDA679C5B532902320E83E13B80DEEF8C18AF3E"
            "7D493AE3F88196101B9F78EAFE4B3025EF8BFF916B2FC02D762D0838DEA29C09"
            "B485591C2F47F87C71F530BB358F56AF6459D86DBF85EAF9EDBD962CD364F7B8"
        ),
        terminal_private=of(
            "A2CFFD06C34AFD622EEE0FC31F093FDFDA609C67121CACF0A8F52291DE6853BB"
            "5C93CF76705775ECF408A74302613BEECB381447D36494C9E18951EC17252DD2"
            "A807AAE09FA4DC30183339013D9C9191303CACEE3C91E926A36D014A5CFA9495"
            "0CADB37B534F32A9BF76B37980979304C5663871BD746EB9E95A47CA471B4EDE"
        ),
        terminal_public=of(
            "A2830947A6FCAACDE2FCB88B29AB38E07C3453ABC4BCB466087E11C79F32A19E"
            "6EF22BE108F8DD18FE8249C960951511200DC985AA3EC0CCAD59A5F9BBCC33EE"
            "5F1577E20330B4DD10EB06B740277C97A189180EDE52BEE9D429F10FB77F180F"
            "05D6A99C499CB5E1ECEEB8E92284F66EA98479674CE73F53C567A03B0D297833"
        ),
        shared=of(
            "2A4FC2D11490DF4773DDFA6FF705557C51F4AD4533E8D8A66A3001BFDD271DB8"
            "7BE3C1CAC22A05E8AF1A066DD0298E75DB928AAFDF00EB4BFB1BD12F372313C1"
            "CA649056517305638515D5A4FBE0AC59BDC80E8C5A5F46254D231916EA77F80A"
            "C58E6B63A26198EE4387F10981E8E46FFBA23790C81E679363C589587D30BBB3"
        ),
        chip_pace_public=of(
            "075693D9AE941877573E634B6E644F8E60AF17A0076B8B123D9201074D36152B"
            "D8B3A213F53820C42ADC79AB5D0AEEC3AEFB91394DA476BD97B9B14D0A65C1FC"
            "71A0E019CB08AF55E1F729005FBA7E3FA5DC41899238A250767A6D46DB974064"
            "386CD456743585F8E5D90CC8B4004B1F6D866C79CE0584E49687FF61BC29AEA1"
        ),
        challenge=of("FC210C174A801D46"),
        signature=of(
            "37C7360C55579DE28A41DF8A1D17032C4B9F90DF7F646DF33F77EF976AE4C45C"
            "DBA3776399648C755043790F0F19BFC146D053B77036CA9B24BFB4B7934FAC04"
            "2671E23BE6E3CA2B246CE2066C1F0550383418192F06D6AD6C0ACB1E70BDEAD6"
            "0EA10B31E074F49E5E8AEB54E6F4F83CE998957953F97F870058013D0E745D0A"
        ),
    ),
]

examples = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.folder)


@examples
def test_chip_authentication_agrees(example: Example) -> None:
    group = example.group
    private = int.from_bytes(example.terminal_private, "big")
    assert group.encode(group.multiply(group.base, private)) == example.terminal_public
    theirs = agreement_key.decode(group, example.chip_public)
    assert group.secret(group.multiply(theirs, private)) == example.shared


@pytest.mark.shared
@examples
def test_terminal_authentication_verifies(example: Example) -> None:
    """From the authority's key to the signature, every step of the chip."""
    folder = shared("chips/npa-example-data") / example.folder
    authority, verifier, terminal = (
        cv_certificate.parse((folder / f"{name}.cvcert").read_bytes())
        for name in ("cvca", "dvca", "at")
    )
    key = authority.key.resolve(None)
    for certificate in (authority, verifier, terminal):
        assert certificate.is_signed_by(key)
        key = certificate.key.resolve(key.curve)
    message = terminal_auth.signed_message(
        agreement_key.compress(example.group, example.chip_pace_public),
        example.challenge,
        agreement_key.compress(example.group, example.terminal_public),
    )
    assert terminal_signature.verify(key.algorithm, key.key, message, example.signature)
    assert not terminal_signature.verify(
        key.algorithm, key.key, message + b"\x00", example.signature
    )


def test_active_authentication_of_doc_9303() -> None:
    """Doc 9303-11 Appendix F, which prints no modulus: the message representative."""
    representative = of(
        "6A9D2784A67F8E7C659973EA1AEA25D95B6C8F91E5002F369F0FBDCE8A3CEC1991B543F1696546C5524C"
        "F23A5303CD6C98599F40B79F377B5F3A1406B3B4D8F96784D23AA88DB7E1032A405E69325FA91A6E86F5"
        "C71AEA978264C4A207446DAD4E7292E2DCDA3024B47DA8C063AA1E6D22FBD976AB0FE73D94D2D9C6D881"
        "27BC"
    )
    assert active_auth._recovers(representative, of("F173589974BF40C6"))
    assert active_auth._recovers(representative, of("F173589974BF40C7")) is False

"""Descriptions of specimen chips: the example is whole, and what is misspelt is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import as_file
from pathlib import Path

import pytest

from drivers.virtual.chip.man_in_the_middle import LineAttack
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol
from edge.errors import SettingsError
from tools.gatectl.specimen import EXAMPLE
from tools.specimen import repertoire
from tools.specimen.authority import Algorithm
from tools.specimen.description import Description, FileAttack, Pace, load

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def described(folder: Path, text: str) -> Description:
    path = folder / "chip.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        described(folder, text)
    assert str(caught.value).startswith(str(folder / "chip.toml"))
    return str(caught.value)


def test_the_example_is_a_description_of_what_most_states_issue() -> None:
    with as_file(EXAMPLE) as example:
        found = load(example)
    assert found.chip_authentication is not None
    assert found.active_authentication is not None
    assert [offer.mapping for offer in found.offers] == [AccessProtocol.PACE_GM]
    assert found.attacks == ()


@pytest.mark.parametrize("table", ["", "document", "chip_authentication", "signing", "quirks"])
def test_the_example_names_every_key(table: str) -> None:
    model = Description if not table else Description.model_fields[table].annotation
    model = getattr(model, "__args__", (model,))[0]
    text = EXAMPLE.read_text(encoding="utf-8")
    for key in getattr(model, "model_fields", {}):
        assert f"\n{key} = " in text or f"# {key} = " in text or f"[{key}]" in text, key


def test_the_example_names_every_choice() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    mappings = {each.mapping for each in repertoire.pace()}
    ciphers = [cipher.label for cipher in Cipher]
    algorithms = [each.name.lower().replace("_", "-") for each in Algorithm]
    for name in (*FileAttack, *LineAttack, *mappings, *ciphers, *algorithms):
        assert f'"{name}"' in text, name


def test_nothing_said_is_a_chip_without_anything_against_clones(tmp_path: Path) -> None:
    found = described(tmp_path, "")
    assert found == Description()
    assert (found.chip_authentication, found.active_authentication) == (None, None)
    holder = found.document.holder(NOW)
    assert holder.born < date(1993, 1, 1)
    assert holder.expires > NOW.date()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("acces = 'bac'", "unknown key `acces`; did you mean `access`?"),
        ("[document]\nsurnam = 'X'", "`document.surnam`; did you mean `surname`?"),
        ("[[pace]]\nmaping = 'pace-im'", "`pace.0.maping`; did you mean `mapping`?"),
        ("[chip_authentication]\nkeyid = 1", "did you mean `key_id`?"),
        ("access = 'bca'", "key `access`: input should be 'both', 'pace', 'bac' or 'none'"),
        (
            "[quirks]\nlargest_reed = 100",
            "`quirks.largest_reed`; did you mean `largest_read`?",
        ),
        ("attacks = ['cloneed']", "key `attacks.0"),
        ("[[pace]]\ncipher = 'des'", "is one of 3des, aes-128"),
        ("[[pace]]\nparameter_id = 3", "no pace-gm with parameter id 3 and aes-128"),
        ("[[pace]]\nmapping = 'pace-cam'\ncipher = '3des'", "no pace-cam"),
        ("[[pace]]\nmapping = 'none'", "no none with"),
        ("pace = []", "key `pace`"),
        ("[chip_authentication]\nparameter_id = 7", "no parameter id 7 with aes-128"),
        ("[active_authentication]\nparameter_id = 7", "is one of 8, 9, 10"),
        ("[active_authentication]\nbits = 512", "key `active_authentication.bits`"),
        ("[chip_authentication]\ncipher = 1", "key `chip_authentication.cipher`"),
        ("[chip_authentication]\nannounced = false", 'announced = false goes with cipher = "3des"'),
        ("[signing]\nsigner = 'p255'", "is one of p224, p256"),
        ("[signing]\ncountry = 'FR'", "key `signing.country`"),
        ("[document]\nstate = 'FRA'", "issued by Utopia (UTO), never by a state"),
        ("[data_groups]\nDG2 = 100", "`DG2` is not one of DG3 to DG13 and DG16"),
        ("[data_groups]\nDG3 = 0", "`DG3` has 1 to 500000 bytes"),
        ("access = 'bac'\ncan = '123456'", "without PACE no CAN opens the chip"),
        ("access", "not a TOML file"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cause(tmp_path: Path, text: str, advice: str) -> None:
    assert advice in refused(tmp_path, text)


def test_one_chip_has_one_key_of_pace_cam(tmp_path: Path) -> None:
    offers = "".join(f"[[pace]]\nmapping = 'pace-cam'\nparameter_id = {n}\n" for n in (12, 13))
    assert "one key of pace-cam" in refused(tmp_path, offers)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    found = described(tmp_path, "portrait = 'face.jp2'\n[data_groups]\nDG11 = 'a.bin'\nDG7 = 9")
    assert found.portrait == tmp_path / "face.jp2"
    assert found.data_groups == {"DG11": tmp_path / "a.bin", "DG7": 9}


def test_bac_alone_offers_no_pace() -> None:
    assert Description(access="bac").offers == ()
    assert Description(access="pace").offers == (Pace(),)

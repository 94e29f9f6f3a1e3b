"""A configuration that is wrong is refused in one line that says what to mend."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from edge.border.requirement import Requirement
from edge.checks import CheckId
from edge.errors import SettingsError
from edge.files.reading import SMALL_FILE_BYTES
from edge.settings import tree as settings
from edge.settings.policy import load_policy
from tests.support.some import replaced

ROOT = Path(__file__).parents[3]
VIRTUAL = (ROOT / "config/gate.virtual.toml").read_text(encoding="utf-8")
ZONE = 'time_zone = "America/Guatemala"'
LIVE = replaced(
    replaced(
        (ROOT / "config/gate.example.toml").read_text(encoding="utf-8"),
        'operation = "training"',
        'operation = "live"',
    ),
    'driver = "virtual-gate"',
    'driver = "pcsc"',
)
"""Only the settings themselves are judged here, not what they name."""


def write(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    path = write(folder, text)
    with pytest.raises(SettingsError) as caught:
        settings.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_the_shipped_files_are_valid() -> None:
    virtual = settings.load(ROOT / "config/gate.virtual.toml")
    assert virtual.operation is settings.Operation.TRAINING
    assert virtual.policy == ROOT / "config/policy.example.toml"
    assert virtual.devices.chip_reader.driver == "virtual-reader"
    chip = {"apdu_latency_s": 0.02, "computing_s": 0.15, "bit_rate": 424000}
    assert virtual.devices.chip_reader.options == chip
    policy = load_policy(virtual.policy, live=True)
    assert policy.requirements[CheckId.FACE_MATCH] is Requirement.REQUIRED
    assert len(policy.digest) == 64


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    loaded = settings.load(write(tmp_path, VIRTUAL))
    assert loaded.trust.anchors == (tmp_path.parent / "var/specimens/trust",)
    assert loaded.simulation is not None
    assert loaded.simulation.specimens == tmp_path.parent / "var/specimens"


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    text = replaced(VIRTUAL, "state_dir", "state_dirr", 1)
    assert "unknown key `state_dirr`; did you mean `state_dir`?" in refusal(tmp_path, text)


def test_an_unknown_key_in_a_table_names_the_nearest(tmp_path: Path) -> None:
    text = replaced(VIRTUAL, "repeat_every_s", "repeat_evry_s")
    message = refusal(tmp_path, text)
    assert "`simulation.repeat_evry_s`" in message
    assert "`repeat_every_s`" in message


def test_an_unknown_role_names_the_nearest(tmp_path: Path) -> None:
    text = VIRTUAL + '\n[devices.camara]\ndriver = "virtual-camera"\n'
    assert "did you mean `camera`?" in refusal(tmp_path, text)


def test_a_key_like_no_other_is_still_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, "zzz = 1\n" + VIRTUAL).endswith("unknown key `zzz`")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    text = replaced(VIRTUAL, 'site = "training"', "")
    assert "key `site` is missing" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("port = 8080", "port = 99999", "screen.port"),
        ('host = "127.0.0.1"\nport = 8080', 'host = "gate.local"\nport = 8080', "screen.host"),
        ('site = "training"', 'site = "With Spaces"', "site"),
        ('topology = "barrier"', 'topology = "turnstile"', "topology"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, before: str, after: str, key: str) -> None:
    assert f"key `{key}`" in refusal(tmp_path, replaced(VIRTUAL, before, after, 1))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("America/Guatemela", "did you mean `America/Guatemala`?"),
        ("xyz", "no time zone of the IANA list"),
        ("../etc/passwd", "no time zone"),
        ("", "no time zone"),
    ],
)
def test_a_time_zone_that_is_none_is_refused(tmp_path: Path, name: str, advice: str) -> None:
    assert advice in refusal(tmp_path, f'time_zone = "{name}"\n' + VIRTUAL)


def test_a_live_lane_names_its_time_zone(tmp_path: Path) -> None:
    live = replaced(LIVE, ZONE, "")
    assert "needs `time_zone`" in refusal(tmp_path, live)
    assert str(settings.load(write(tmp_path, LIVE)).zone) == "America/Guatemala"


def test_a_training_lane_counts_in_utc_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert settings.load(write(tmp_path, VIRTUAL)).zone is UTC


RATES = "[error_rates]\nstrangers = 20\n"


def test_templates_stay_beyond_a_passage_by_a_named_law_only(tmp_path: Path) -> None:
    assert settings.load(write(tmp_path, VIRTUAL)).error_rates.strangers == 0
    for lacking in ("", 'basis = ""\n', 'basis = "  "\n'):
        assert "`basis` names the law or order" in refusal(tmp_path, VIRTUAL + RATES + lacking)
    allowed = write(tmp_path, f'{VIRTUAL}{RATES}basis = "Decree 7 of 2026"\n')
    assert settings.load(allowed).error_rates.strangers == 20
    assert "keep_s" in refusal(tmp_path, f'{VIRTUAL}{RATES}basis = "x"\nkeep_s = 3601\n')


def test_virtual_drivers_are_refused_outside_training(tmp_path: Path) -> None:
    live = replaced(VIRTUAL, 'operation = "training"', f'operation = "live"\n{ZONE}')
    assert "[simulation]" in refusal(tmp_path, live)
    live = live[: live.index("[simulation]")]
    assert "driver `virtual-scanner` is for training" in refusal(tmp_path, live)


def test_a_live_gate_speaks_tls_with_a_broker_elsewhere(tmp_path: Path) -> None:
    live = LIVE
    assert settings.load(write(tmp_path, live)).broker.tls is not None
    start, end = live.index("[broker.tls]"), live.index("[journal]")
    bare = live[:start] + live[end:]
    assert "needs `[broker.tls]`" in refusal(tmp_path, bare)
    settings.load(write(tmp_path, replaced(bare, '"broker.example"', '"127.0.0.1"')))


@pytest.mark.parametrize(
    ("section", "wrong", "why"),
    [
        ("broker", 'password_file = "x"', "needs a `username`"),
        ("broker.tls", 'ca = "x"\ncertificate = "y"', "go together"),
        ("broker", "keepalive_s = 0", "keepalive_s"),
        ("journal", "alarm_events = 9\nstop_events = 8", "`alarm_events` is beyond"),
        ("journal", 'when_stopped = "open"', "when_stopped"),
    ],
)
def test_delivery_that_cannot_be_meant_is_refused(
    tmp_path: Path, section: str, wrong: str, why: str
) -> None:
    text = replaced(VIRTUAL, "[broker]\n", "") if section == "broker" else VIRTUAL
    text = replaced(text, 'host = "127.0.0.1"\nport = 18830\n', "") if section == "broker" else text
    assert why in refusal(tmp_path, f"{text}\n[{section}]\n{wrong}\n")


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    assert "is not a TOML file" in refusal(tmp_path, "site = ")
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not a TOML file"):
        settings.load(path)


def test_a_missing_or_giant_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="too large"):
        settings.load(write(tmp_path, "#" * (SMALL_FILE_BYTES + 1)))


def test_a_policy_with_an_unknown_check_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
    path = write(tmp_path, replaced(text, '"face.match"', '"face.mach"'))
    with pytest.raises(SettingsError, match=r"face\.mach"):
        load_policy(path, live=True)

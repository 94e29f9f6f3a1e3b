"""Readers of the field behind PC/SC, on a stand-in for the service that answers as they do."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

pcsc = pytest.importorskip("drivers.pcsc", reason="pyscard is not installed")

from drivers.virtual.chip.personalisation import Personalisation  # noqa: E402
from edge.emrtd.dialogue import run  # noqa: E402
from edge.emrtd.files import ElementaryFile  # noqa: E402
from edge.emrtd.read import AccessKey, ReadPlan, read_document  # noqa: E402
from edge.errors import DeviceLost  # noqa: E402
from tests.support.emrtd.specimens import MRZ_INFORMATION, PACE_AES_128, insert, specimen  # noqa: E402

ROOT = Path(__file__).parents[3]
NAME = "ACS Dual 00 00"
ATR = bytes.fromhex("3B8A80010031C173C8400000900090")
REFUSALS = [0x80100016, 0x8010002F, 0x80100004, 0x80100008, 0x8010001F]


class Service:
    """The functions of pyscard's scard with one reader that bears no extended length."""

    def __init__(self, real: Any, refusal: int = 0, established: int = 0) -> None:
        self._real = real
        self.refusal = refusal
        self.established = established
        self.chip = insert(specimen(pace=PACE_AES_128, portrait_bytes=2_000))
        self.present = True
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def lay(self, chip: Personalisation) -> None:
        self.chip = insert(chip)

    def SCardEstablishContext(self, _: int) -> tuple[int, int]:  # noqa: N802  # as pyscard names it
        return self.established, 1

    def SCardReleaseContext(self, _: int) -> int:  # noqa: N802
        return 0

    def SCardListReaders(self, *_: Any) -> tuple[int, list[str]]:  # noqa: N802
        return 0, [NAME]

    def SCardConnect(self, *_: Any) -> tuple[int, int, int]:  # noqa: N802
        return 0, 1, self._real.SCARD_PROTOCOL_T1

    def SCardDisconnect(self, *_: Any) -> int:  # noqa: N802
        return 0

    def SCardStatus(self, _: int) -> tuple[int, str, int, int, list[int]]:  # noqa: N802
        return 0, NAME, 0, 0, list(ATR)

    def SCardGetStatusChange(self, *_: Any) -> tuple[int, list[tuple[str, int, bytes]]]:  # noqa: N802
        state = self._real.SCARD_STATE_PRESENT if self.present else self._real.SCARD_STATE_EMPTY
        return 0, [(NAME, state, ATR)]

    def SCardTransmit(self, _: int, __: int, data: list[int]) -> tuple[int, list[int]]:  # noqa: N802
        command = bytes(data)
        if self.refusal and len(command) > 5 and command[4] == 0:
            self.refused += 1
            return self.refusal, []
        return 0, list(self.chip.transmit(command))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Service]:
    def stand_in(**answers: int) -> Service:
        found = Service(pcsc.scard, **answers)
        monkeypatch.setattr(pcsc, "scard", found)
        return found

    return stand_in


def read(reader: Any) -> set[ElementaryFile]:
    channel = reader.connect(1.0)
    key = AccessKey.of_mrz(MRZ_INFORMATION)
    contents = run(
        read_document(key, secrets.token_bytes, lambda _: None, ReadPlan()), channel.transmit
    )
    channel.disconnect()
    return set(contents.files)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda code: f"{code:08X}")
def test_a_reader_that_refuses_extended_length_reads_short_from_then_on(
    service: Callable[..., Service], refusal: int
) -> None:
    ours = service(refusal=refusal)
    with capture_logs() as said, pcsc.PcscReader(pcsc.PcscReader.Settings()) as reader:
        assert ElementaryFile.DG2 in read(reader)
        assert ours.refused == 1
        ours.lay(specimen(pace=PACE_AES_128, portrait_bytes=2_000))
        assert ElementaryFile.DG2 in read(reader)
        assert ours.refused == 1
    assert [(line["event"], line["error"]) for line in said] == [
        ("reader_refused_extended_length", f"{refusal:08X}")
    ]


def test_a_document_that_is_gone_is_no_reader_that_refuses(
    service: Callable[..., Service],
) -> None:
    ours = service(refusal=0x80100016)
    with pcsc.PcscReader(pcsc.PcscReader.Settings()) as reader:
        channel = reader.connect(1.0)
        ours.present = False
        with pytest.raises(pcsc.ChipLost):
            channel.transmit(bytes.fromhex("00B000000000FF00"[:10]) + b"\x01\x00")
        ours.present = True
        assert ElementaryFile.DG2 in read(reader)


@pytest.mark.parametrize("code", [0x8010006A, 0x80100027])
def test_a_service_that_polkit_guards_names_the_rule(
    service: Callable[..., Service], code: int
) -> None:
    service(established=code)
    with (
        pytest.raises(DeviceLost, match=r"50-egate-pcscd\.rules"),
        pcsc.PcscReader(pcsc.PcscReader.Settings()),
    ):
        pass


def test_the_rule_names_both_actions_of_pcscd() -> None:
    rule = (ROOT / "systemd/polkit/50-egate-pcscd.rules").read_text(encoding="utf-8")
    for action in ("org.debian.pcsc-lite.access_pcsc", "org.debian.pcsc-lite.access_card"):
        assert f'"{action}"' in rule
    assert 'subject.user === "egate"' in rule

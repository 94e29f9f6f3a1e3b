"""Where the answer to a command may go."""

from __future__ import annotations

import pytest

from edge.mqtt.commands import ReceivedCommand, answer_topics

OWN = "egate/v1/site/lane/cmd/reboot/response"


def topics(wanted: str) -> list[str]:
    command = ReceivedCommand("reboot", b"", retained=False, response_topic=wanted)
    return answer_topics("egate/v1/site/lane", command)


def test_an_answer_goes_below_its_own_topic_where_the_sender_wants_it() -> None:
    assert topics(f"{OWN}/mine") == [OWN, f"{OWN}/mine"]


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        OWN,
        "ops/7",
        "egate/v1/site/lane/state",
        "egate/v1/site/lane/cmd/reboot",
        "egate/v1/site/lane/cmd/other/response/7",
        "$SYS/x",
        f"{OWN}/+",
        f"{OWN}/#",
        f"{OWN}/\0",
        f"{OWN}/{'x' * 256}",
    ],
)
def test_an_answer_goes_nowhere_else(wanted: str) -> None:
    assert topics(wanted) == [OWN]

"""What a gate says beside its events: the newest of each, and every answer until it has arrived."""

from __future__ import annotations

from edge.mqtt.notices import MOST_SAID_ONCE, Notices, OutgoingMessage


def taken(notices: Notices) -> list[OutgoingMessage]:
    """Everything there is to send now."""
    return list(iter(notices.take, None))


def test_a_month_without_a_broker_leaves_the_newest_of_each() -> None:
    notices = Notices()
    for minute in range(30 * 24 * 60):
        for name in ("gate/state", "gate/health"):
            notices.announce(name, str(minute).encode())
    assert [(found.topic, found.body) for found in taken(notices)] == [
        ("gate/state", b"43199"),
        ("gate/health", b"43199"),
    ]
    assert taken(notices) == []


def test_a_new_connection_is_told_everything_and_the_state_last() -> None:
    notices = Notices()
    for name in ("gate/state", "gate/info", "gate/health"):
        notices.announce(name, b"")
    taken(notices)
    notices.start_over()
    assert [found.topic for found in taken(notices)] == ["gate/info", "gate/health", "gate/state"]


def test_an_answer_is_given_again_in_its_order_until_it_is_confirmed() -> None:
    notices = Notices()
    for number in range(4):
        notices.say_once("response", str(number).encode())
    for mid, message in enumerate(taken(notices), 1):
        notices.sent(message, mid)
    notices.confirmed(2)
    notices.say_once("response", b"new")
    notices.give_up()
    assert [found.body for found in taken(notices)] == [b"0", b"2", b"3", b"new"]


def test_an_announcement_that_was_not_confirmed_is_not_given_again_beside_the_newest() -> None:
    notices = Notices()
    notices.announce("gate/state", b"old")
    (old,) = taken(notices)
    notices.sent(old, 1)
    notices.announce("gate/state", b"new")
    notices.give_up()
    assert [found.body for found in taken(notices)] == [b"new"]


def test_answers_are_few_however_long_the_broker_is_away() -> None:
    notices = Notices()
    for number in range(1000):
        notices.say_once("response", str(number).encode())
    assert [int(found.body) for found in taken(notices)] == list(range(1000 - MOST_SAID_ONCE, 1000))

"""What is remembered about models of documents."""

from __future__ import annotations

from edge.emrtd.document_model import DocumentModel, ReadHintCache, ReadHints

SHORT = ReadHints(response_limit=256)
OTHER = ReadHints(short_identifiers=False)


def model(number: int = 0) -> DocumentModel:
    return DocumentModel("UTO", "P", bytes((number,)))


def test_nothing_is_known_at_first() -> None:
    assert ReadHintCache().recall(model()) is None


def test_the_last_lesson_counts() -> None:
    memory = ReadHintCache()
    memory.remember(model(), SHORT)
    memory.remember(model(), OTHER)
    assert memory.recall(model()) == OTHER
    assert memory.recall(DocumentModel("D", "P", b"\0")) is None


def test_the_model_not_seen_for_longest_makes_room() -> None:
    memory = ReadHintCache(most=2)
    memory.remember(model(1), SHORT)
    memory.remember(model(2), SHORT)
    assert memory.recall(model(1)) == SHORT
    memory.remember(model(3), OTHER)
    assert memory.recall(model(2)) is None
    assert memory.recall(model(1)) == SHORT
    assert memory.recall(model(3)) == OTHER


def test_extended_length_is_hoped_for() -> None:
    assert ReadHints().extended_length
    assert not SHORT.extended_length


def test_256_models_are_remembered_and_an_unknown_chip_is_hoped_of() -> None:
    assert ReadHints() == ReadHints(65_000, short_identifiers=True, past_the_end=True)
    memory = ReadHintCache()
    models = [
        DocumentModel("UTO", "P", bytes((number % 256, number // 256))) for number in range(257)
    ]
    for each in models:
        memory.remember(each, SHORT)
    assert [memory.recall(each) for each in models] == [None] + [SHORT] * 256

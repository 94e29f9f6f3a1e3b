"""Why a connection broke: paho says one part to a callback, and the other part only to its log."""

from __future__ import annotations

import logging

from paho.mqtt.client import Client, DisconnectFlags
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from edge.contract.connection_faults import NO_ANSWER, cause_of, loss_of

SILENCE = "Keep alive timeout"
"""Paho's word for a broker that did not answer in time; a broker uses it of its client."""


class LossCause(logging.Handler):
    """Hears why one client's connection broke; keeps the kind of fault and no text of the log."""

    def __init__(self, client: Client) -> None:
        super().__init__(logging.WARNING)
        self._found = ""
        client.on_disconnect = self._on_disconnect
        logger = logging.Logger("paho", logging.WARNING)  # noqa: LOG001  # in no tree of loggers
        logger.addHandler(self)
        client.enable_logger(logger)

    def take(self) -> str:
        """The cause that was heard, in a few words; forgotten afterwards."""
        found, self._found = self._found, ""
        return found

    @override
    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        errors = [found for found in arguments if isinstance(found, Exception)]
        if errors:
            self._found = cause_of(errors[-1])

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _: object
    ) -> None:
        silent = reason == SILENCE and not flags.is_disconnect_packet_from_server
        self._found = self._found or (NO_ANSWER if silent else loss_of(reason))

"""One command inside a secure session."""

from __future__ import annotations

from edge.emrtd.apdu import Command, Response
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.secure_messaging import SecureSession, secured


def exchange(session: SecureSession, command: Command) -> Dialogue[Response]:
    """Protect a command, open its reply."""

    def once() -> Dialogue[Response]:
        return (yield command)

    return secured(once(), session)

"""Why a connection to a broker failed, in a few words and without addresses."""

from __future__ import annotations

import ssl

from edge.errors import EdgeError

NO_ANSWER = "the broker does not answer"


def cause_of(error: Exception) -> str:
    """What stands in the way of a connection, in a few words and without addresses."""
    match error:
        case EdgeError():
            return str(error)
        case ssl.SSLCertVerificationError():
            return f"the broker's certificate: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {(error.reason or 'failed').lower().replace('_', ' ')}"
        case TimeoutError(strerror=None):  # of a socket, not of the kernel
            return NO_ANSWER
        case OSError():
            return (error.strerror or type(error).__name__).lower()
        case _:
            return type(error).__name__


def loss_of(reason: object) -> str:
    """Why a connection was lost, in a few words."""
    words = str(reason).lower()
    # What paho says of one that just ended.
    return "the connection was closed" if words == "unspecified error" else words

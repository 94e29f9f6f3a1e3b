"""Why a connection to a broker failed, in words an operator can search."""

from __future__ import annotations

import errno
import os
import ssl

import pytest

from edge.contract.connection_faults import cause_of, loss_of
from edge.errors import DeliveryError


def verification(message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "long text of the library")
    error.verify_message = message
    return error


def tls(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "long text of the library")
    error.reason = reason  # type: ignore[assignment]
    return error


def system(number: int) -> OSError:
    return OSError(number, os.strerror(number), "10.0.0.7")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (DeliveryError("the broker confirms nothing"), "the broker confirms nothing"),
        (
            verification("certificate has expired"),
            "the broker's certificate: certificate has expired",
        ),
        (tls("WRONG_VERSION_NUMBER"), "TLS: wrong version number"),
        (tls(None), "TLS: failed"),
        (system(errno.ECONNREFUSED), "connection refused"),
        (system(errno.ETIMEDOUT), "connection timed out"),
        (TimeoutError("timed out"), "the broker does not answer"),
        (OSError("a text"), "oserror"),
        (UnicodeError("label too long"), "UnicodeError"),
    ],
)
def test_the_cause_of_a_failed_connection_has_no_address(error: Exception, cause: str) -> None:
    assert cause_of(error) == cause


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("Session taken over", "session taken over"),
        ("Unspecified error", "the connection was closed"),
    ],
)
def test_the_cause_of_a_lost_connection(reason: str, cause: str) -> None:
    assert loss_of(reason) == cause

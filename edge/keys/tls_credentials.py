"""The TLS credentials of a client of a broker, from files that may be renewed."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Protocol

from edge.errors import SettingsError

READABLE_BY_ALL = 0o004
TPM_KEY = b"-----BEGIN TSS2 PRIVATE KEY-----"
TPM_ADVICE = "the key is in a TPM: is that there, is it this one, and is OPENSSL_CONF set?"


class TlsFiles(Protocol):
    """The files of a `[broker.tls]` table."""

    @property
    def ca(self) -> Path:
        """The authority that the broker's certificate must come from."""

    @property
    def certificate(self) -> Path | None:
        """The client's own certificate."""

    @property
    def key(self) -> Path | None:
        """Its private key."""


class Credentials:
    """The authority a client trusts and the certificate it shows, also after a renewal.

    Raises, on construction:
        SettingsError: a file is missing or wrong, or everybody can read the key.
    """

    def __init__(self, tls: TlsFiles) -> None:
        self._tls = tls
        self.context = _tls_context(tls)
        _load_certificate(self.context, tls)
        self._loaded = self._age()

    def renew(self) -> None:
        """Load the files when they have changed: a TPM can load a key only so often.

        After a change of the authority, the old one stays trusted until the next start.

        Raises:
            SettingsError: they cannot be used; the last good ones stay in use.
        """
        age = self._age()
        if age not in (self._loaded, ()):
            _trust(self.context, self._tls)
            _load_certificate(self.context, self._tls)
            self._loaded = age

    def _age(self) -> tuple[int, ...]:
        """A value that changes when a file is replaced; empty while a file is missing."""
        named = (self._tls.ca, self._tls.certificate, self._tls.key)
        files = [file for file in named if file is not None]
        try:
            found = [file.stat() for file in files]
        except OSError:
            return ()
        return tuple(number for each in found for number in (each.st_ino, each.st_mtime_ns))


def _tls_context(tls: TlsFiles) -> ssl.SSLContext:
    """Trust the named CA only, and check the broker's name.

    Raises:
        SettingsError: the file is missing or is no PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _trust(context, tls)
    return context


def _trust(context: ssl.SSLContext, tls: TlsFiles) -> None:
    try:
        context.load_verify_locations(tls.ca)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"`broker.tls.ca`: {tls.ca} is no PEM file of certificates ({cause_in_words(error)})"
        ) from error


def _load_certificate(context: ssl.SSLContext, tls: TlsFiles) -> None:
    """Load certificate and key for the next connection, also after a renewal.

    Raises:
        SettingsError: they are missing, do not fit each other, or everybody can read the key.
    """
    if tls.certificate is None or tls.key is None:
        return
    refuse_open(tls.key, "broker.tls.key")
    try:
        # A key with a passphrase would make OpenSSL ask on the terminal and wait.
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except (OSError, ssl.SSLError, ValueError) as error:
        why = TPM_ADVICE if _is_of_tpm(tls.key) else cause_in_words(error)
        raise SettingsError(
            f"`broker.tls`: {tls.certificate} and {tls.key} cannot be used ({why})"
        ) from error


def _is_of_tpm(key: Path) -> bool:
    try:
        with key.open("rb") as file:
            return file.read(len(TPM_KEY)) == TPM_KEY
    except OSError:
        return False


def refuse_open(file: Path, key: str) -> None:
    """Raise SettingsError when everybody can read a file that holds a secret."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise SettingsError(f"`{key}`: {file} cannot be read ({cause_in_words(error)})") from error
    if mode & READABLE_BY_ALL:
        raise SettingsError(f"`{key}`: everybody can read {file}: chmod o-rwx")


def cause_in_words(error: Exception) -> str:
    """The cause of an error, without the numbers of the library."""
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "no PEM").lower().replace("_", " ")
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__

"""The MQTT client of a gate as its settings want it: session, last will, TLS, credentials."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.errors import SettingsError
from edge.journal.outbox import Topics
from edge.settings.delivery import Broker, Tls

PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
LARGEST_PACKET_BYTES = 65_536
"""Nothing longer is for a gate; an MQTT 5 broker does not even send it."""
CONNECT_S = 5.0
READABLE_BY_ALL = 0o004
TPM_KEY = b"-----BEGIN TSS2 PRIVATE KEY-----"
TPM_ADVICE = "the key is in a TPM: is that there, is it this one, and is OPENSSL_CONF set?"


class Credentials:
    """What a client trusts and shows in TLS; takes up files that were renewed.

    Raises, on construction:
        SettingsError: a file is missing, is not what it should be, or is open to everybody.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self.context = _tls_context(tls)
        _load_certificate(self.context, tls)
        self._loaded = self._age()

    def renew(self) -> None:
        """Load the files if they changed: a TPM loads a key only so often.

        An authority that was exchanged is trusted beside the old one until the next start.

        Raises:
            SettingsError: they cannot be used; the last good ones are.
        """
        age = self._age()
        if age not in (self._loaded, ()):
            _trust(self.context, self._tls)
            _load_certificate(self.context, self._tls)
            self._loaded = age

    def _age(self) -> tuple[int, ...]:
        """Changes when one of the files was replaced; empty while one is missing."""
        files = [file for _, file in self._tls if file is not None]
        try:
            found = [file.stat() for file in files]
        except OSError:
            return ()
        return tuple(number for each in found for number in (each.st_ino, each.st_mtime_ns))


def make_client(broker: Broker, topics: Topics, context: ssl.SSLContext | None) -> Client:
    """Build a client that has not connected yet; `context` is that of `[broker.tls]`.

    Raises:
        SettingsError: the password file is missing, wrong or open to everybody.
    """
    is_v5 = broker.protocol == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id(topics),
        clean_session=None if is_v5 else broker.session_expiry_s == 0,
        protocol=PROTOCOLS[broker.protocol],
        reconnect_on_failure=False,  # when to connect again is the business of the link
    )
    client.connect_timeout = CONNECT_S
    client.max_inflight_messages_set(0)  # the window, and the order, are the publisher's
    client.will_set(
        f"{topics.root}/state", state("offline"), 1, True, _will(broker) if is_v5 else None
    )
    if context is not None:
        client.tls_set_context(context)
    if broker.username is not None:
        client.username_pw_set(broker.username, _password(broker.password_file))
    client.connect_async(
        broker.host,
        broker.port,
        broker.keepalive_s,
        clean_start=broker.session_expiry_s == 0,
        properties=_connect(broker) if is_v5 else None,
    )
    return client


def client_id(topics: Topics) -> str:
    """What a gate is called at the broker."""
    return f"egate-{topics.site}-{topics.device}"


def state(word: str) -> bytes:
    """The content of the retained `state` topic."""
    return json.dumps({"state": word}).encode()


def attentive(broker: Broker) -> SubscribeOptions | int:
    """How a gate subscribes: QoS 1, and the broker says of each message whether it retains it.

    Without the latter (MQTT 5 §3.8.3.1, Retain As Published) a retained order looks like any other
    to whom is there when it comes.
    """
    if broker.protocol == "5":
        return SubscribeOptions(qos=1, retainAsPublished=True)
    return 1


def loss_of(reason: ReasonCode) -> str:
    """Why a connection was lost, in a few words."""
    words = str(reason).lower()
    # What paho says of one that just ended.
    return "the connection was closed" if words == "unspecified error" else words


def _tls_context(tls: Tls) -> ssl.SSLContext:
    """Trust the named CA only, and check the broker's name.

    Raises:
        SettingsError: the file is missing or is no PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _trust(context, tls)
    return context


def _trust(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_verify_locations(tls.ca)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"`broker.tls.ca`: {tls.ca} is no PEM file of certificates ({_cause(error)})"
        ) from error


def _load_certificate(context: ssl.SSLContext, tls: Tls) -> None:
    """Load the gate's certificate and key; again, after they were renewed, for the next connect.

    Raises:
        SettingsError: they are missing, do not belong together, or the key is open to everybody.
    """
    if tls.certificate is None or tls.key is None:
        return
    _refuse_open(tls.key, "broker.tls.key")
    try:
        # A key with a passphrase would make OpenSSL ask on the terminal and wait.
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except (OSError, ssl.SSLError, ValueError) as error:
        why = TPM_ADVICE if _is_of_tpm(tls.key) else _cause(error)
        raise SettingsError(
            f"`broker.tls`: {tls.certificate} and {tls.key} cannot be used ({why})"
        ) from error


def _password(file: Path | None) -> str | None:
    if file is None:
        return None
    _refuse_open(file, "broker.password_file")
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"`broker.password_file`: {file} cannot be read ({_cause(error)})"
        ) from error


def _is_of_tpm(key: Path) -> bool:
    try:
        with key.open("rb") as file:
            return file.read(len(TPM_KEY)) == TPM_KEY
    except OSError:
        return False


def _refuse_open(file: Path, key: str) -> None:
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise SettingsError(f"`{key}`: {file} cannot be read ({_cause(error)})") from error
    if mode & READABLE_BY_ALL:
        raise SettingsError(f"`{key}`: everybody can read {file}: chmod o-rwx")


def _cause(error: Exception) -> str:
    """What went wrong, without the numbers of the library."""
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "no PEM").lower().replace("_", " ")
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _connect(broker: Broker) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = broker.session_expiry_s
    properties.MaximumPacketSize = LARGEST_PACKET_BYTES
    return properties


def _will(broker: Broker) -> Properties | None:
    properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    properties.WillDelayInterval = broker.will_delay_s
    return properties

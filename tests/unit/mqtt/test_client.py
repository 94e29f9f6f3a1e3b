"""The client of a gate as its settings want it: files that cannot be used are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.keys.tls_credentials import Credentials
from edge.mqtt.client import make_client
from edge.settings.delivery import Broker, Tls
from tests.support.sending_gate import TOPICS
from tests.support.tls_authority import Authority


@pytest.mark.parametrize("kind", ["ca", "key", "password", "open key", "open password"])
def test_files_that_cannot_be_used_are_refused_before_anything_starts(
    tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "file"
    file.write_text("no PEM at all", encoding="utf-8")
    file.chmod(0o644 if kind.startswith("open") else 0o600)
    match kind:
        case "ca":
            broker = Broker(tls=Tls(ca=file))
        case "key" | "open key":
            broker = Broker(tls=Tls(ca=_a_ca(tmp_path), certificate=file, key=file))
        case "password":
            broker = Broker(username="gate", password_file=tmp_path / "missing")
        case _:
            broker = Broker(username="gate", password_file=file)
    with pytest.raises(SettingsError, match="broker") as caught:
        _prepare(broker)
    assert "\n" not in str(caught.value)


def test_a_key_in_a_tpm_that_is_not_reached_is_told_as_such(tmp_path: Path) -> None:
    tls = Authority(tmp_path).issue("site/lane")
    assert tls.key is not None
    tls.key.write_text("-----BEGIN TSS2 PRIVATE KEY-----\nAAAA\n-----END TSS2 PRIVATE KEY-----\n")
    with pytest.raises(SettingsError, match=r"the key is in a TPM.*OPENSSL_CONF"):
        Credentials(tls)


def test_an_authority_that_is_exchanged_is_taken_up_with_the_next_connection(
    tmp_path: Path,
) -> None:
    tls = Authority(tmp_path, "old").issue("site/lane")
    credentials = Credentials(tls)
    Authority(tmp_path, "new").certificate.rename(tls.ca)
    credentials.renew()
    names = {found["subject"][0][0][1] for found in credentials.context.get_ca_certs()}
    assert names == {"old of a test", "new of a test"}


def _prepare(broker: Broker) -> None:
    if broker.tls is not None:
        Credentials(broker.tls)
    make_client(broker, TOPICS, None)


def _a_ca(folder: Path) -> Path:
    return Authority(folder).certificate

"""A TPM of our own, made of software: swtpm, and the resource manager programs reach it through."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from typing_extensions import override

from edge.ports import Closeable

READY_S = 15.0
PATHS = "/usr/sbin:/usr/bin"
PROGRAMS = {
    "swtpm": "swtpm",
    "tpm2-abrmd": "tpm2-abrmd",
    "dbus-daemon": "dbus-daemon",
    "openssl": "openssl",
}
LIBRARIES = {
    "tpm2-openssl": "ossl-modules/tpm2.so",
    "libtss2-tcti-tabrmd0": "libtss2-tcti-tabrmd.so.0",
    "libtss2-tcti-swtpm0": "libtss2-tcti-swtpm.so.0",
}
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""


def missing() -> str:
    """What is not there for a TPM of our own; empty when all is."""
    for package, program in PROGRAMS.items():
        if shutil.which(program, path=PATHS) is None:
            return f"{package} is not installed"
    for package, library in LIBRARIES.items():
        if not list(Path("/usr/lib").glob(f"*/{library}")):
            return f"{package} is not installed"
    return ""


class SoftwareTpm(Closeable):
    """Runs while entered, in a folder of its own; `environment` is how programs find it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="egate-tpm-"))  # sockets need short names
        (self._folder / "state").mkdir()
        address = f"unix:path={self._folder}/bus"
        self.environment = {
            "DBUS_SYSTEM_BUS_ADDRESS": address,
            "TPM2OPENSSL_TCTI": "tabrmd:bus_type=system",
        }
        self._started: list[subprocess.Popen[bytes]] = []

    @override
    def __enter__(self) -> Self:
        (self._folder / "bus.conf").write_text(BUS.format(path=self._folder / "bus"))
        self._start("dbus-daemon", "--nofork", f"--config-file={self._folder}/bus.conf")
        _until((self._folder / "bus").exists, "dbus-daemon does not listen")
        self.plug()
        return self

    @override
    def close(self) -> None:
        while self._started:
            self._end_last()
        shutil.rmtree(self._folder)

    def plug(self) -> None:
        """Start the TPM and its resource manager."""
        path = self._folder / "tpm"
        self._start(
            "swtpm", "socket", "--tpm2",
            "--tpmstate", f"dir={self._folder}/state",
            "--server", f"type=unixio,path={path}",
            "--ctrl", f"type=unixio,path={path}.ctrl",
            "--flags", "not-need-init,startup-clear",
        )  # fmt: skip
        _until(path.exists, "swtpm does not listen")
        root = ["--allow-root"] if os.geteuid() == 0 else []
        self._start("tpm2-abrmd", f"--tcti=swtpm:path={path}", *root)
        _until(lambda: self._openssl("rand", "-provider", "tpm2", "1") == 0, "the TPM is silent")

    def unplug(self) -> None:
        """Take both away."""
        self._end_last()
        self._end_last()

    def run(self, arguments: Sequence[str]) -> None:
        """Run a command of openssl that must succeed."""
        assert self._openssl(*arguments) == 0, arguments

    def _openssl(self, *arguments: str) -> int:
        return subprocess.run(  # noqa: S603
            ["openssl", *arguments],  # noqa: S607
            env=os.environ | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode

    def _start(self, program: str, *arguments: str) -> None:
        found = shutil.which(program, path=PATHS)
        assert found is not None
        process = subprocess.Popen(  # noqa: S603
            [found, *arguments],
            env=os.environ | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(process)

    def _end_last(self) -> None:
        process = self._started.pop()
        process.terminate()
        process.wait()


def _until(met: Callable[[], object], otherwise: str) -> None:
    deadline_s = time.monotonic() + READY_S
    while not met():
        assert time.monotonic() < deadline_s, otherwise
        time.sleep(0.02)

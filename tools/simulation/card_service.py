"""A pcscd of our own, with virtual readers: private socket, free ports, stopped by its pid."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.virtual_chip import VirtualChip
from drivers.virtual.vpcd import Chip, VpcdCard
from edge.errors import DeviceLost

READER = "Virtual PCD"
READY_S = 15.0
LOOK_S = 0.02
ATR = bytes.fromhex("3B80800101")
"""What PC/SC part 3 makes of a contactless chip without historical bytes."""
PRIVATE = 'mount --bind "$1" /run/pcscd && exec "$2" --foreground --config "$3"'


def missing() -> str:
    """Say what is not there for a pcscd of our own; empty when all is."""
    if shutil.which("pcscd", path="/usr/sbin:/usr/bin") is None:
        return "pcscd is not installed"
    if not list(Path("/usr/lib").rglob("libifdvpcd.so*")):
        return "vsmartcard-vpcd is not installed"
    if os.geteuid() != 0:
        return "a private pcscd needs root"
    return "" if find_spec("smartcard") else "pyscard is not installed"


@cache
def _folder() -> Path:
    """The folder of its socket: libpcsclite remembers the first one that a process uses."""
    found = Path(tempfile.mkdtemp(prefix="egate-pcscd-"))
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found


class Pcscd:
    """Runs pcscd in a mount namespace, so that it does not meet one that runs already.

    Once there is one, this process and its children find its socket in their environment.
    """

    def __init__(self) -> None:
        self._run = _folder() / "run"
        self._config = _folder() / "reader.conf.d"
        os.environ["PCSCLITE_CSOCK_NAME"] = str(self._run / "pcscd.comm")
        self.port = _two_free_ports()
        self._process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start it unless it runs."""
        if not self.runs:
            self.start()

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers; DeviceLost when it does not."""
        shutil.rmtree(self._run, ignore_errors=True)
        self._run.mkdir(mode=0o755)
        self._config.mkdir(exist_ok=True)
        library = next(Path("/usr/lib").rglob("libifdvpcd.so*"))
        (self._config / "vpcd").write_text(
            f'FRIENDLYNAME "{READER}"\nDEVICENAME /dev/null:{self.port}\n'
            f"LIBPATH {library}\nCHANNELID {self.port}\n"
        )
        Path("/run/pcscd").mkdir(exist_ok=True)
        program = shutil.which("pcscd", path="/usr/sbin:/usr/bin") or "pcscd"
        self._process = subprocess.Popen(  # noqa: S603
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", PRIVATE, "sh",  # noqa: S607
             str(self._run), program, str(self._config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline_s = time.monotonic() + READY_S
        while not (self._run / "pcscd.comm").exists() or not _listens(self.port):
            if self._process.poll() is not None:
                raise DeviceLost("chip-reader", "pcscd did not start")
            if time.monotonic() > deadline_s:
                raise DeviceLost("chip-reader", "pcscd did not become ready")
            time.sleep(LOOK_S)

    def hang(self) -> None:
        """Let it answer nothing any more, and keep its connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def proceed(self) -> None:
        """Let it go on after `hang`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Hands:
    """Lay documents on the virtual reader of a pcscd that runs, and take them away.

    pcscd looks for a card a few times a second and is confused by one that is changed between two
    looks, so hands wait until it has seen what they did; DeviceLost when it sees nothing.
    """

    def __init__(self, pcscd: Pcscd) -> None:
        self._pcscd = pcscd
        self._card: VpcdCard | None = None

    def lay(self, chip: Personalisation) -> None:
        """Lay a document down."""
        self.lay_chip(VirtualChip(chip, os.urandom), chip.atr)

    def lay_chip(self, chip: Chip, atr: bytes = ATR) -> None:
        """Lay down whatever answers as a chip."""
        before = _changes()
        self._card = VpcdCard(chip, atr, self._pcscd.port)
        self._card.insert()
        _until_noticed(before)

    def take_away(self) -> None:
        """Take it away again, if there is one."""
        card, self._card = self._card, None
        if card is None:
            return
        runs = self._pcscd.runs
        before = _changes() if runs else 0
        card.remove()
        if runs:
            _until_noticed(before)


def _until_noticed(before: int) -> None:
    deadline_s = time.monotonic() + READY_S
    while _changes() == before:
        if time.monotonic() > deadline_s:
            raise DeviceLost("chip-reader", "pcscd does not see what happens on it")
        time.sleep(LOOK_S)


def _changes() -> int:
    """How often a card came or went so far; pcscd counts in the upper half of the state."""
    from smartcard import scard  # noqa: PLC0415  # not on every machine

    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, names = scard.SCardListReaders(context, [])
    _, states = scard.SCardGetStatusChange(context, 0, [(names[0], scard.SCARD_STATE_UNAWARE)])
    scard.SCardReleaseContext(context)
    return int(states[0][1]) >> 16


def _listens(port: int) -> bool:
    """Whether somebody listens; asked of the kernel, as vpcd takes a connection for a card."""
    wanted = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(wanted) and line.split()[3] == "0A" for line in lines)


def _two_free_ports() -> int:
    """A port whose neighbour is free as well: vpcd takes one for each of its two slots."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port

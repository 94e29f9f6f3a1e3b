"""A machine of our own: Debian's kernel in QEMU, this machine's files read-only over 9p.

Its processor is emulated: a fifth of the speed, and no /dev/kvm needed.  The same virtual
environment runs inside, so a test there is a test of this working copy.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.support.some import replaced

ROOT = Path(__file__).parents[2]
PACKAGES: Final = "qemu-system-x86 linux-image-amd64 busybox-static kmod cpio"
MODULES: Final = ("virtio_pci", "9pnet_virtio", "9p")
STATUS: Final = "egate-status "
MEMORY_MB: Final = 1024
INIT: Final = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc none /proc
while read module; do $b insmod /modules/$module; done < /order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 host /root
$b mount -t proc none /root/proc
$b mount -t sysfs none /root/sys
$b mount -t devtmpfs none /root/dev
$b mkdir /root/dev/shm && $b mount -t tmpfs none /root/dev/shm
$b mount -t tmpfs none /root/tmp
$b mount -t tmpfs none /root/run
$b cp /command /root/tmp/command
$b chroot /root /bin/bash /tmp/command
$b echo "STATUS$?"
$b poweroff -f
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exit status of the command, None when there was no end to it, and what it printed."""

    status: int | None
    output: str


def missing() -> str:
    """What is not there for a machine of our own; empty when all is."""
    programs = ("qemu-system-x86_64", "busybox", "modprobe", "cpio")
    absent = [name for name in programs if shutil.which(name, path="/usr/sbin:/usr/bin") is None]
    if absent or not _kernel():
        return f"no {', '.join(absent) or 'kernel in /boot'}: apt-get install {PACKAGES}"
    return ""


def run(command: str, timeout_s: float) -> Outcome:
    """Run a bash command as root inside; the machine is gone afterwards."""
    with TemporaryDirectory(prefix="egate-qemu-") as folder:
        initrd = _initrd(Path(folder), command)
        process = subprocess.Popen(  # noqa: S603
            _machine(initrd),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
    told = [line for line in output.splitlines() if line.startswith(STATUS)]
    return Outcome(int(told[-1].removeprefix(STATUS)) if told else None, output)


def _machine(initrd: Path) -> list[str]:
    return [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max"),
        *("-m", str(MEMORY_MB), "-smp", "2", "-nodefaults", "-no-reboot", "-display", "none"),
        *("-serial", "stdio", "-kernel", str(_kernel()), "-initrd", str(initrd)),
        *("-append", "console=ttyS0 quiet loglevel=1 panic=-1"),
        *("-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
    ]


def _kernel() -> Path | None:
    return max(Path("/boot").glob("vmlinuz-*-amd64"), default=None)


def _initrd(folder: Path, command: str) -> Path:
    """The smallest system that can mount this machine's files and go there."""
    tree = folder / "tree"
    for name in ("bin", "modules", "proc", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy("/usr/bin/busybox", tree / "bin/busybox")
    order = [path.name for path in _modules() if shutil.copy(path, tree / "modules")]
    (tree / "order").write_text("".join(f"{name}\n" for name in order))
    (tree / "command").write_text(command + "\n")
    (tree / "init").write_text(replaced(INIT, "STATUS", STATUS))
    (tree / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    packed = subprocess.run(
        ["/usr/bin/cpio", "--create", "--format=newc", "--quiet"],
        cwd=tree,
        input=names.encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    initrd = folder / "initrd.gz"
    initrd.write_bytes(gzip.compress(packed, 1))
    return initrd


def _modules() -> list[Path]:
    """What the kernel must load before it can see this machine's files, in order."""
    kernel = _kernel()
    release = kernel.name.removeprefix("vmlinuz-") if kernel else ""
    found: list[Path] = []
    for module in MODULES:
        listed = subprocess.run(  # noqa: S603
            ["/usr/sbin/modprobe", "--set-version", release, "--show-depends", module],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        paths = [Path(line.split()[1]) for line in listed.splitlines() if line.startswith("insmod")]
        found += [path for path in paths if path not in found]
    return found

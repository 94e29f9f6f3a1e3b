"""An MQTT 5 broker that comes with pip, in a child process on 127.0.0.1."""

from __future__ import annotations

import socket
import tempfile
import threading
from pathlib import Path
from typing import Self

from iotcore.broker import Broker, port_in_use
from typing_extensions import override

from edge.errors import DeviceBusy, DeviceLost
from edge.ports import Closeable

HOST = "127.0.0.1"
CONFIG = """
id = 0
[router]
id = 0
max_connections = 1010
max_outgoing_packet_count = 200
max_segment_size = 1048576
max_segment_count = 10
[{version}.1]
name = "lane"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[{version}.1.connections]
connection_timeout_ms = 5000
max_payload_size = 65536
max_inflight_count = 200
dynamic_filters = true
"""


class VirtualBroker(Closeable):
    """Runs one broker; what it held is forgotten when it stops, as with a killed real one."""

    def __init__(self, port: int = 0, protocol: str = "5") -> None:
        self.port = port or free_port()
        self._version = {"5": "v5", "3.1.1": "v4"}[protocol]
        self._broker: Broker | None = None
        self._lock = threading.Lock()

    @override
    def __enter__(self) -> Self:
        self.start()
        return self

    @override
    def close(self) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it accepts connections; does nothing when it runs.

        Raises:
            DeviceBusy: another program listens on the port.
            DeviceLost: it did not come up.
        """
        with self._lock:
            if self._broker is not None:
                return
            if port_in_use(self.port, HOST):
                raise DeviceBusy(
                    "broker",
                    f"port {self.port} is in use; stop that program or change `broker.port`",
                )
            self._broker = self._run()

    def stop(self) -> None:
        """Stop it; does nothing when it does not run."""
        with self._lock:
            broker, self._broker = self._broker, None
            if broker is not None:
                broker.stop()

    def kill(self) -> None:
        """Kill it with SIGKILL, as a power cut would."""
        with self._lock:
            broker, self._broker = self._broker, None
            process = getattr(broker, "_process", None)
            if broker is not None and process is not None:
                process.kill()
                process.wait()
                broker.stop()

    def _run(self) -> Broker:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(CONFIG.format(version=self._version, host=HOST, port=self.port))
            file.flush()
            try:
                # The child has read its configuration when it listens.
                return Broker(config_path=str(Path(file.name))).start()
            except (OSError, RuntimeError, ValueError) as error:
                raise DeviceLost("broker", f"did not start: {error}") from error


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and nobody is given who asks for any.

    A connection that has ended keeps it for a minute (TIME-WAIT) from all but those who name it,
    and bind as servers do, with SO_REUSEADDR.
    """
    with socket.create_server((HOST, 0)) as listener:
        port = int(listener.getsockname()[1])
        with socket.create_connection((HOST, port)):
            listener.accept()[0].close()  # the side that ends it first keeps the port
        return port

"""The pages, served as the daemon serves them, with a lane and a simulator to show."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from edge.checks import CheckId, Reason, Result
from edge.gate.states import Door, Sign, Topology
from edge.screen.app import create_app
from edge.screen.board import Board
from edge.screen.server import listen, serve
from edge.screen.simulator import Simulator, SimulatorRefused
from edge.screen.views import (
    CheckView,
    DeviceView,
    DoorView,
    LaneView,
    OutboxView,
    PassageView,
    ScenarioView,
    Scene,
    TravellerView,
)

PATIENCE_S = 20.0
STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LANE = LaneView(
    site="utopia-north",
    device="lane-3",
    version="1.2.3",
    started_at=STARTED,
    topology=Topology.BARRIER,
    simulated=False,
    state="Ready",
    sign=Sign.PRESENT_DOCUMENT,
    doors={Door.EXIT: DoorView(free=False, position="shut")},
    devices=(
        DeviceView(role="scanner", driver="virtual-scanner", status="ready"),
        DeviceView(role="chip-reader", driver="virtual-reader", status="ready"),
    ),
    outbox=OutboxView(depth=3, oldest_age_s=12.4, connected=True),
)


def passage(transaction: str, *reasons: Reason, detail: str = "") -> PassageView:
    """One passage: referred for these reasons, opened without any."""
    return PassageView(
        transaction=transaction,
        at=STARTED,
        decision="refer" if reasons else "open",
        passed=None if reasons else True,
        reasons=reasons,
        checks=(
            CheckView(id=CheckId.MRZ_READ, result=Result.SUCCESSFUL),
            CheckView(id=CheckId.CHIP_ACCESS, result=Result.SUCCESSFUL, detail=detail),
            CheckView(id=CheckId.FACE_PAD, result=Result.UNDETERMINED),
        ),
        timings_ms={"chip": 2890.5, "decision": 3120.4},
    )


def scene(traveller: TravellerView | Sign = Sign.PRESENT_DOCUMENT, lane: LaneView = LANE) -> Scene:
    """Both pages; the lane stands under the traveller's sign."""
    if isinstance(traveller, Sign):
        traveller = TravellerView(sign=traveller)
    return Scene(traveller=traveller, lane=lane.model_copy(update={"sign": traveller.sign}))


class Recorder:
    """A simulator that notes what it is told; it refuses to send the unplugged reader."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.away: list[bool] = []

    def scenarios(self) -> Sequence[ScenarioView]:
        return (
            ScenarioView(name="genuine", title="Genuine traveller", about="The gate opens."),
            ScenarioView(name="impostor", title="Impostor", about="Another person's passport."),
            ScenarioView(name="reader-unplugged", title="Reader unplugged"),
        )

    async def run(self, name: str) -> None:
        if name == "reader-unplugged":
            raise SimulatorRefused("somebody is in the lane: wait until it is empty")
        self.ran.append(name)

    @property
    def is_broker_away(self) -> bool:
        return self.away[-1:] == [True]

    async def broker_away(self, away: bool) -> None:
        if self.away[-1:] == [away]:
            raise SimulatorRefused("the broker is as asked already")
        self.away.append(away)


class Served:
    """Pages served from a loop of their own, and the board that feeds them."""

    def __init__(self, simulator: Simulator | None, language: str) -> None:
        self._simulator = simulator
        self._language = language
        self._listener: socket.socket
        self._loop: asyncio.AbstractEventLoop
        self._board: Board
        self._serving: asyncio.Task[None]
        self._thread: threading.Thread
        self.port = 0

    @property
    def url(self) -> str:
        """Where the traveller's page is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, with an empty board; after a stop, at the same address again."""
        up = threading.Event()
        self._listener = listen("127.0.0.1", self.port)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(up)))
        self._thread.start()
        if not up.wait(PATIENCE_S):
            raise TimeoutError("the pages are not served")

    def show(self, scene: Scene) -> None:
        """Put a scene on the board."""
        self._loop.call_soon_threadsafe(self._board.show, scene)

    def stop(self) -> None:
        """End serving; the address is free afterwards."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._serving.cancel)
            self._thread.join(PATIENCE_S)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the loop hang: connections stay open and say nothing."""
        thaw = threading.Event()
        self._loop.call_soon_threadsafe(thaw.wait)
        try:
            yield
        finally:
            thaw.set()

    async def _serve(self, up: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._board = Board()
        app = create_app(self._board, simulator=self._simulator, language=self._language)
        self._serving = asyncio.create_task(serve(app, self._board, self._listener))
        up.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving


@contextlib.contextmanager
def served(simulator: Simulator | None = None, language: str = "en") -> Iterator[Served]:
    """Serve pages on a free port of this machine."""
    screen = Served(simulator, language)
    screen.start()
    try:
        yield screen
    finally:
        screen.stop()

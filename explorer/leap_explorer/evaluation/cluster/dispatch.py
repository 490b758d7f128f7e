"""Chunks handed to a cluster, and their tables taken back: few at a time, whatever becomes of workers and network."""

import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Generator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from distributed import Client, Future, as_completed
from distributed.scheduler import KilledWorker

from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.cluster.station import Scored, Station, score_there
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.score import unscored

Chunks = Sequence[Sequence[SampleKey]]

_AHEAD = 2  # chunks a thread: enough to keep it busy, few enough to keep the client's memory flat
_LOST = (OSError, TimeoutError, CancelledError)  # what a client raises that has no connection
_MOMENT = 0.2  # seconds
_OUT_OF_MEMORY = "MemoryError|SIGKILL"
DIED = "Every worker that scored this sample's chunk died; perhaps there was too little memory."


def score_on(client: Client, station: Station, chunks: Chunks) -> Generator[tuple[int, pa.Table], None, None]:
    """The number and the table of each chunk, as they come.

    Memory that runs out takes a chunk to another worker, once. Of a chunk that takes its workers down with it, even
    when it is scored alone, every sample has that as its error. When no more is asked for, or on Ctrl-C, the cluster
    is left as it was.

    Raises:
        ExplorerError: the integration cannot be opened by a worker, or the scheduler is gone.
    """
    dispatch = _Dispatch(client, station, chunks)
    try:
        client.register_plugin(station)
        yield from dispatch.tables()
    except _LOST as error:
        raise _gone(client) from error
    finally:
        dispatch.leave()


class _Dispatch:
    """Which chunks are to be scored, which are being scored, and which have made trouble."""

    def __init__(self, client: Client, station: Station, chunks: Chunks) -> None:
        self._client, self._station, self._chunks = client, station, chunks
        self._todo = deque(range(len(chunks)))
        self._suspects: deque[int] = deque()
        self._was_killed: set[int] = set()
        self._was_short: set[int] = set()
        self._running: dict[Future[Scored], int] = {}
        self._done = as_completed(loop=client.loop)

    def tables(self) -> Generator[tuple[int, pa.Table], None, None]:
        while self._todo or self._suspects or self._running:
            try:
                self._fill()
                future = next(self._done)
                number = self._running[future]
                table = self._table(future, number)
                del self._running[future]
            except _LOST:
                self._begin_again()
                continue
            if table is not None:
                yield number, table

    def _fill(self) -> None:
        """Hand out chunks; a suspect alone, so that nobody else's deed is taken for its own."""
        most = _AHEAD * max(1, sum(self._client.nthreads().values()))
        while self._todo and len(self._running) < most:
            self._submit(self._todo.popleft())
        if self._suspects and not self._running:
            self._submit(self._suspects.popleft())

    def _submit(self, number: int, but_not_on: str = "") -> None:
        elsewhere = [worker for worker in self._client.nthreads() if worker != but_not_on] if but_not_on else []
        future = self._client.submit(
            score_there,
            self._station.name,
            self._chunks[number],
            pure=False,
            workers=elsewhere or None,
            allow_other_workers=bool(elsewhere),
        )
        self._running[future] = number
        self._done.add(future)

    def _table(self, future: "Future[Scored]", number: int) -> pa.Table | None:
        """What came of a chunk; None where it is to be scored again."""
        if future.status == "error":
            return self._after_failure(future.exception(), number)
        worker, table = future.result()
        if number not in self._was_short and _ran_out_of_memory(table):
            self._was_short.add(number)
            self._submit(number, but_not_on=worker)
            return None
        return table

    def _after_failure(self, error: BaseException | None, number: int) -> pa.Table | None:
        if not isinstance(error, KilledWorker):
            raise error if isinstance(error, ExplorerError) else ExplorerError(f"A worker failed: {error!r}") from error
        if number in self._was_killed:
            return unscored(self._station.luggage.schema, self._chunks[number], DIED)
        self._was_killed.add(number)
        self._suspects.append(number)
        return None

    def _begin_again(self) -> None:
        """Hand out anew what was lost with the connection, once there is one again.

        Raises:
            ExplorerError: there is none.
        """
        time.sleep(_MOMENT)  # until the client notices
        while self._client.status == "connecting":
            time.sleep(_MOMENT)
        if self._client.status != "running":
            raise _gone(self._client)
        self._client.register_plugin(self._station)  # of no effect where it is still there
        self._todo.extendleft(self._running.values())
        self._running.clear()
        self._done.clear()

    def leave(self) -> None:
        """Take back what is still to be scored, and the station; a cluster that is gone is left alone."""
        if self._client.status != "running":
            return
        self._client.cancel(list(self._running), force=True)
        try:
            self._client.unregister_worker_plugin(self._station.name)
        except (*_LOST, ValueError):  # gone meanwhile, or it was never there
            return


def _ran_out_of_memory(table: pa.Table) -> bool:
    return bool(pc.any(pc.match_substring_regex(table["error"], _OUT_OF_MEMORY)).as_py())


def _gone(client: Client) -> ExplorerError:
    where = client.scheduler.address if client.scheduler else "the scheduler"
    return ExplorerError(
        f"The connection to {where} is lost. All finished chunks are kept: the same command goes on from there, also "
        "with another cluster, or with none."
    )

"""What scores chunks within a worker. It comes to each worker once, and leaves nothing behind."""

import queue
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from distributed import Worker, WorkerPlugin, get_worker

from leap_explorer.contract.door import Door
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.cluster.agreement import check_versions, versions_here
from leap_explorer.evaluation.cluster.luggage import Luggage
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.pool import score_chunk_despite_deaths


class Scored(NamedTuple):
    """A chunk's table, and the worker that made it."""

    worker: str
    table: pa.Table


class Station(WorkerPlugin):
    """The integration and the model in a folder of a worker, and a process of theirs for each of its threads.

    Workers that join later get one too. When it is taken away the processes end and the folder is removed.
    """

    idempotent = True

    def __init__(self, luggage: Luggage, model_format: str) -> None:
        self.name = f"leap-explorer-{uuid4().hex[:12]}"
        self.luggage, self.model_format = luggage, model_format

    def setup(self, worker: Worker) -> None:
        """Nothing is unpacked before the first chunk, so that what fails is told with it."""
        self._parent, self._address = worker.local_directory, worker.address
        self._lock = threading.Lock()
        self._first: Door | None = None
        self._doors: list[Door] = []
        self._free: queue.SimpleQueue[Door] = queue.SimpleQueue()
        self._folder: Path | None = None
        self._is_closed = False

    def teardown(self, worker: Worker) -> None:
        with self._lock:
            self._is_closed = True
            for door in self._doors:
                door.close()
            if self._folder is not None:
                shutil.rmtree(self._folder)

    def score(self, chunk: Sequence[SampleKey]) -> pa.Table:
        """The chunk's table, with the very errors that processes of the client's machine would tell.

        Raises:
            ExplorerError: the integration cannot be opened here, or the versions differ.
        """
        door = self._door()
        try:
            table = score_chunk_despite_deaths(door, self.luggage.schema, chunk)
        finally:
            self._free.put(door)
        errors = pc.replace_substring(table["error"], str(door.folder), str(self.luggage.folder))
        return table.set_column(table.schema.get_field_index("error"), table.schema.field("error"), errors)

    def _door(self) -> Door:
        try:
            return self._free.get_nowait()
        except queue.Empty:
            pass
        with self._lock:
            if self._is_closed:
                raise ExplorerError(f"The worker {self._address} has been told to stop.")
            if self._first is None:
                self._first = self._unpack()
            door = self._first.another() if self._doors else self._first
            self._doors.append(door)
            return door

    def _unpack(self) -> Door:
        if self.luggage.versions:
            check_versions(self._address, self.luggage.versions, versions_here(self.model_format))
        self._folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=self._parent))
        return self.luggage.unpack(self._folder)


def score_there(name: str, chunk: Sequence[SampleKey]) -> Scored:
    """The task: a chunk scored by the worker's station of that name.

    Raises:
        ExplorerError: as of `Station.score`; it names the worker.
    """
    worker = get_worker()
    station: Any = worker.plugins[name]
    try:
        return Scored(worker.address, station.score(chunk))
    except ExplorerError as error:
        raise ExplorerError(f"On the worker {worker.address}: {error}") from None

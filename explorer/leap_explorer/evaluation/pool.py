"""Chunks of samples scored by several processes, whatever the integration's code does to its process."""

import queue
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from leap_explorer.contract.door import Door, IntegrationDied
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.schema import RunSchema
from leap_explorer.evaluation.steps import SCORING, score_chunk

_CHUNKS_AHEAD = 2  # a process: enough to keep it busy, few enough to keep memory flat
#: Samples of one chunk that may take their process down with them, before the integration as a whole counts as broken.
MOST_DEATHS = 8


def score_chunks(
    doors: Sequence[Door], schema: RunSchema, chunks: Sequence[Sequence[SampleKey]]
) -> Generator[pa.Table, None, None]:
    """A table for each chunk, in order. When no more is asked for, or on Ctrl-C, the doors are closed.

    Raises:
        ExplorerError: the integration's processes die again and again.
    """
    free: queue.SimpleQueue[Door] = queue.SimpleQueue()
    for door in doors:
        free.put(door)

    def work(chunk: Sequence[SampleKey]) -> pa.Table:
        door = free.get()
        try:
            return _score(door, schema, chunk)
        finally:
            free.put(door)

    pending: deque[Future[pa.Table]] = deque()
    pool = ThreadPoolExecutor(len(doors))
    try:
        for chunk in chunks:
            pending.append(pool.submit(work, chunk))
            if len(pending) >= len(doors) * _CHUNKS_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BaseException:  # what the processes have begun is of no use
        for door in doors:
            door.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _score(door: Door, schema: RunSchema, chunk: Sequence[SampleKey]) -> pa.Table:
    """The chunk's table; a sample that hangs, ends or crashes the process has that as its error."""
    failed: dict[int, str] = {}
    while True:
        try:
            return door.call(score_chunk, schema, chunk, failed)
        except IntegrationDied as death:
            if len(failed) == MOST_DEATHS:
                raise ExplorerError(f"{len(failed)} samples were given up, so no more are tried. {death}") from death
            if isinstance(death.doing, int):  # a sample's place
                failed[death.doing] = str(death)
            elif death.doing == SCORING and len(chunk) == 1:
                failed[0] = str(death)
            elif death.doing == SCORING:
                return pa.concat_tables([_score(door, schema, [key]) for key in chunk])
            else:
                raise

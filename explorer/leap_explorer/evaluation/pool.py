"""Chunks of samples scored by several processes, whatever the integration's code does to its process."""

import queue
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

import pyarrow as pa

from leap_explorer.contract.door import Door, IntegrationDied
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.steps import SCORING, score_chunk
from leap_explorer.runs.schema import RunSchema

if TYPE_CHECKING:
    from leap_explorer.contract.host import Host

Answer = TypeVar("Answer")
Question = TypeVar("Question")
Arguments = TypeVarTuple("Arguments")

_CHUNKS_AHEAD = 2  # a process: enough to keep it busy, few enough to keep memory flat
#: Samples of one chunk that may take their process down with them, before the integration as a whole counts as broken.
MOST_DEATHS = 8


def score_chunks(
    doors: Sequence[Door], schema: RunSchema, chunks: Sequence[Sequence[SampleKey]]
) -> Generator[pa.Table, None, None]:
    """A table for each chunk, as of `in_order`.

    Raises:
        ExplorerError: the integration's processes die again and again.
    """
    yield from in_order(doors, lambda door, chunk: score_chunk_despite_deaths(door, schema, chunk), chunks)


def in_order(
    doors: Sequence[Door], ask: Callable[[Door, Question], Answer], questions: Iterable[Question]
) -> Generator[Answer, None, None]:
    """The answer to each question, in order. When no more is asked for, or on Ctrl-C, the doors are closed."""
    free: queue.SimpleQueue[Door] = queue.SimpleQueue()
    for door in doors:
        free.put(door)

    def work(question: Question) -> Answer:
        door = free.get()
        try:
            return ask(door, question)
        finally:
            free.put(door)

    pending: deque[Future[Answer]] = deque()
    pool = ThreadPoolExecutor(len(doors))
    try:
        for question in questions:
            pending.append(pool.submit(work, question))
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


def call_despite_deaths(
    door: Door,
    function: "Callable[[Host, Sequence[SampleKey], Mapping[int, str], *Arguments], Answer]",
    keys: Sequence[SampleKey],
    *arguments: *Arguments,
) -> Answer:
    """Call a function of `steps` again and again, each time without the samples that took its process down.

    Raises:
        IntegrationDied: it was no sample's fault.
        ExplorerError: too many samples do it.
    """
    failed: dict[int, str] = {}
    while True:
        try:
            return door.call(function, keys, failed, *arguments)
        except IntegrationDied as death:
            if death.doing == SCORING and len(keys) == 1:  # the loss, a metric or the model
                death.doing = 0
            if not isinstance(death.doing, int) or death.doing in failed:
                raise
            failed[death.doing] = str(death)
            if len(failed) > MOST_DEATHS:
                raise ExplorerError(f"{len(failed)} samples were given up, so no more are tried. {death}") from death


def score_chunk_despite_deaths(door: Door, schema: RunSchema, chunk: Sequence[SampleKey]) -> pa.Table:
    """The chunk's table; a sample that hangs, ends or crashes the process has that as its error."""
    try:
        return call_despite_deaths(door, score_chunk, chunk, schema)
    except IntegrationDied as death:
        if death.doing != SCORING:
            raise
    return pa.concat_tables([call_despite_deaths(door, score_chunk, [key], schema) for key in chunk])

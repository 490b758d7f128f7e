"""From sample ids to arrays: the integration's encoders and metadata, over several processes."""

import hashlib
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import active_children, connection, get_context, parent_process
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.contract.integration import Integration
from leap_explorer.population.duplicates import minhash

Array = npt.NDArray[Any]
SampleKey = tuple[str, str | int]  # subset and id

_CHUNKS_AHEAD = 2  # a worker: enough to keep it busy, few enough to keep memory flat


@dataclass
class EncodedSample:
    """One sample as the integration gives it; `error` instead, where an encoder raised."""

    subset: str
    id: str | int
    inputs: dict[str, Array] = field(default_factory=dict)
    ground_truths: dict[str, Array] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)  #: None where the integration gave none
    latent_spaces: dict[str, Array] = field(default_factory=dict)
    signature: npt.NDArray[np.uint32] | None = None  #: MinHash of its words, where it shows text
    input_hash: int = 0  #: 64 bits; equal for samples of identical inputs and words
    error: str | None = None


def encode(integration: Integration, key: SampleKey) -> EncodedSample:
    """One sample; whatever its encoders raise is kept as its error, with their message."""
    subset, sample_id = key
    try:
        sample = integration.sample(subset, sample_id)
        words = integration.words(sample)
    except Exception as error:  # of any type: it is the integration's code
        return EncodedSample(subset, sample_id, error=f"{type(error).__name__}: {error}")
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(sample.inputs):
        digest.update(np.ascontiguousarray(sample.inputs[name]).tobytes())
    digest.update("\0".join(words or []).encode("utf-8", "surrogatepass"))
    absent = sample.metadata_is_none
    return EncodedSample(
        subset,
        sample_id,
        dict(sample.inputs),
        dict(sample.gt or {}),
        {name: None if absent[name] else value for name, value in sample.metadata.items()},
        dict(sample.custom_latent_spaces or {}),
        None if words is None else minhash(words),
        int.from_bytes(digest.digest(), "little"),
    )


def encode_chunks(
    integration: Integration, chunks: Sequence[Sequence[SampleKey]], workers: int
) -> Generator[list[EncodedSample], None, None]:
    """The chunks' samples, in order; encoded by `workers` processes, or in this one where that is 0.

    Each process opens the integration anew, which takes seconds, so a few samples are encoded faster without.
    """
    if workers == 0:
        for chunk in chunks:
            yield [encode(integration, key) for key in chunk]
        return
    # Spawned, not forked: an integration may hold threads, locks and open files
    others = set(active_children())
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _open_in_worker, (integration.folder,))
    pending: deque[Future[list[EncodedSample]]] = deque()
    rest = iter(chunks)
    try:
        for chunk in rest:
            pending.append(pool.submit(_encode_in_worker, list(chunk)))
            if len(pending) >= workers * _CHUNKS_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BaseException:  # Ctrl-C too, and that no more is asked for: what the workers have begun is of no use
        for worker in set(active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_integration: Integration | None = None  # of a worker process


def _open_in_worker(folder: Path) -> None:
    global _integration
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the parent has said it all
    _integration = Integration(folder)


def _encode_in_worker(chunk: list[SampleKey]) -> list[EncodedSample]:
    assert _integration is not None
    return [encode(_integration, key) for key in chunk]


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers, and they would wait for work for ever."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)

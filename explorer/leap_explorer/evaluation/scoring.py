"""The parts of a run: each chunk of its plan scored, and written as one file."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing

import pyarrow as pa

from leap_explorer.evaluation.cluster.agreement import check_workers, versions_here
from leap_explorer.evaluation.cluster.connect import connected
from leap_explorer.evaluation.cluster.luggage import Luggage, pack_code
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.job import Job
from leap_explorer.evaluation.partial import is_whole
from leap_explorer.evaluation.pool import score_chunks
from leap_explorer.runs.run import write_table

Scored = Generator[tuple[int, pa.Table], None, None]  #: the number of a chunk, and its table


def score_all(job: Job) -> None:
    """Write the parts that are not there yet, or not whole."""
    chunks = job.plan.chunks()
    missing = [(part, chunk) for part, chunk in zip(job.parts(), chunks, strict=True) if not is_whole(part, len(chunk))]
    left = sum(len(chunk) for _, chunk in missing)
    done = len(job.plan.keys) - left
    job.report("Evaluating", done, len(job.plan.keys))
    score = _in_pool if job.cluster is None else _on_cluster
    with closing(score(job, [chunk for _, chunk in missing])) as scored:
        for number, table in scored:
            part, chunk = missing[number]
            write_table(part, table)
            done += len(chunk)
            job.report("Evaluating", done, len(job.plan.keys))


def _in_pool(job: Job, chunks: Sequence[Sequence[SampleKey]]) -> Scored:
    with job.doors(sum(map(len, chunks))) as doors, closing(score_chunks(doors, job.schema, chunks)) as tables:
        yield from enumerate(tables)


def _on_cluster(job: Job, chunks: Sequence[Sequence[SampleKey]]) -> Scored:
    """Nothing is asked of the cluster where nothing is left to be scored."""
    if job.cluster is None or not chunks:
        return
    kind = job.facts.format
    with connected(job.cluster.scheduler, job.say) as client:
        from leap_explorer.evaluation.cluster.dispatch import score_on  # these two need the extra `cluster`
        from leap_explorer.evaluation.cluster.station import Station

        versions = {} if job.cluster.allows_mismatch else versions_here(kind)
        check_workers(client, kind, versions)
        yield from score_on(client, Station(_luggage(job, versions), kind), chunks)


def _luggage(job: Job, versions: Mapping[str, str]) -> Luggage:
    model, options = job.door.model, job.options
    return Luggage(
        job.door.folder,
        pack_code(job.door.folder),
        None if model is None else model.read_bytes(),
        "" if model is None else model.suffix,
        job.facts.model.sha256,
        job.schema,
        versions,
        options.time_limit,
        options.environment,
        options.trusts_model,
        options.simulations,
    )

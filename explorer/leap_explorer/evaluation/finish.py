"""From the parts of an evaluation to its run: what looks at all samples at once."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from leap_explorer.evaluation.job import Job
from leap_explorer.evaluation.joining import join_lists, join_tables, join_vectors, read_column
from leap_explorer.evaluation.plan import CHUNK
from leap_explorer.evaluation.pool import in_order
from leap_explorer.evaluation.steps import read_words
from leap_explorer.insights.texts import write_texts
from leap_explorer.insights.written import write_findings
from leap_explorer.population.clusters import Term, cluster_terms
from leap_explorer.population.latent import project_pca, project_umap
from leap_explorer.population.places import find_places
from leap_explorer.population.strata import Strata
from leap_explorer.runs.run import (
    CONFUSIONS,
    ELEMENTS,
    LATENT,
    OUT_OF_SAMPLE,
    SAMPLES,
    SIGNATURES,
    read_samples,
    write_info,
    write_table,
)
from leap_explorer.runs.simulated import CHANGE, CHANGE_COLUMN, change_of
from leap_explorer.runs.sources import Sources
from leap_explorer.runs.versions import versions

Array = npt.NDArray[Any]

TERMS_FROM = 400  # samples a cluster whose words are read for its name


def finish(job: Job, out_of_sample: pd.DataFrame | None) -> None:
    """From the parts to the run's files: map, clusters, insights and facts."""
    parts, work = job.parts(), job.work
    join_vectors(parts, "latent", work / LATENT, np.float32)
    for key in job.schema.spaces_by_key:
        join_vectors(parts, key, work / f"{key}.npy", np.float16)
    if job.schema.has_confusions:
        join_lists(parts, "confusions", work / CONFUSIONS)
    if job.schema.elements:
        join_lists(parts, "elements", work / ELEMENTS)
    if job.schema.has_text:
        join_vectors(parts, "signature", work / SIGNATURES, np.uint32)
    latent, options = np.load(work / LATENT, mmap_mode="r"), job.options
    subsets, truths = [subset for subset, _ in job.plan.keys], read_column(parts, "ground_truth")
    places, population, strata = find_places(latent, subsets, truths, options.projection, options.seed, job.report)
    for key in job.schema.spaces_by_key:
        places |= _map_of(np.load(work / f"{key}.npy", mmap_mode="r"), key, job, strata)
    if job.schema.has_text:
        places |= write_texts(work, _words(job, parts), job.options.seed)
    if job.options.simulations:
        places |= {CHANGE: pa.array([change_of(str(sample_id)) for _, sample_id in job.plan.keys], pa.string())}
    join_tables(parts, job.schema.scored, places, work / SAMPLES)
    del places
    samples = read_samples(work / SAMPLES)
    job.report("Describing the clusters", 0, 1)
    terms = _cluster_terms(job, samples)
    job.report("Looking for insights", 0, 1)
    write_findings(work, samples, _columns(job), terms, population, out_of_sample)
    if out_of_sample is not None:
        write_table(work / OUT_OF_SAMPLE, pa.Table.from_pandas(out_of_sample, preserve_index=False))
    write_info(work, _facts(job, samples))


def _map_of(vectors: Array, key: str, job: Job, strata: Strata) -> dict[str, pa.Array]:
    """The map of a further latent space, drawn as that of the first."""
    job.report(f"Drawing the map of {job.schema.spaces_by_key[key]}", 0, 1)
    seed, is_pca = job.options.seed, job.options.projection == "pca"
    drawn = project_pca(vectors, seed) if is_pca else project_umap(vectors, seed, strata)
    return {f"{key}_{axis}": pa.array(drawn[:, place], from_pandas=True) for place, axis in enumerate("xy")}


def _words(job: Job, parts: Sequence[Path]) -> Iterator[list[str] | None]:
    """Of each sample the words that it shows; None of those that could not be evaluated."""
    keys, failed = job.plan.keys, [error is not None for error in read_column(parts, "error")]
    chunks = [slice(start, start + CHUNK) for start in range(0, len(keys), CHUNK)]
    readable = ([key for key, is_failed in zip(keys[one], failed[one], strict=True) if not is_failed] for one in chunks)
    with (
        job.doors(len(keys)) as doors,
        closing(in_order(doors, lambda door, some: door.call(read_words, some), readable)) as answers,
    ):
        for chunk, shown in zip(chunks, map(iter, answers), strict=True):
            yield from (None if is_failed else next(shown) for is_failed in failed[chunk])
            job.report("Reading the words", min(chunk.stop, len(keys)), len(keys))


def _cluster_terms(job: Job, samples: pd.DataFrame) -> dict[int, list[Term]]:
    """From the words of a seeded draw of each cluster; empty where nothing shows text."""
    if not job.facts.has_text:
        return {}
    known = samples["cluster"].dropna()
    generator = np.random.default_rng(job.options.seed)

    def documents() -> Iterator[tuple[int, list[str]]]:
        for cluster, rows in known.groupby(known):
            drawn = sorted(generator.permutation(rows.index.to_numpy())[:TERMS_FROM])
            for words in job.door.call(read_words, [job.plan.keys[row] for row in drawn]):
                yield int(cluster), words

    return cluster_terms(documents())


def _columns(job: Job) -> dict[str, dict[str, Any]]:
    """What the run has of each sample."""
    return job.schema.columns() | (CHANGE_COLUMN if job.options.simulations else {})


def _facts(job: Job, samples: pd.DataFrame) -> dict[str, Any]:
    """What `run.json` holds."""
    plan, schema = job.plan, job.schema
    counts = {}
    for subset, failed in samples["error"].notna().groupby(samples["subset"], sort=False):
        available = len(job.facts.subsets[str(subset)])
        counts[str(subset)] = {"evaluated": len(failed), "available": available, "failed": int(failed.sum())}
    content = hashlib.sha256()
    for sample_id, digest in zip(samples["id"], samples["input_hash"], strict=True):
        content.update(f"{sample_id} {digest}\n".encode())
    return {
        "name": Path(plan.model["file"]).stem,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "fingerprint": plan.fingerprint(),
        "model": {**plan.model, "format": job.facts.format},
        "integration": {"entry": job.facts.entry, "sha256": plan.code_sha256},
        "sources": Sources(job.door.folder, job.facts.model.path).to_dict(job.work),
        "visualizers": job.facts.visualizers,
        "explorer_sha256": plan.explorer_sha256,
        "data_sha256": content.hexdigest(),
        "versions": versions(),
        "options": plan.options,
        "seed": job.options.seed,
        "task": schema.task.to_dict(),
        "labels": schema.labels,
        "counts": counts,
        "columns": _columns(job),
        "latent": {"source": schema.latent_source, "dimensions": schema.dimensions},
        "latent_spaces": {key: {"name": name} for key, name in schema.spaces_by_key.items()},
        "elements": schema.elements or None,
        "not_read": list(job.facts.unread),
        "history": plan.history,
    }

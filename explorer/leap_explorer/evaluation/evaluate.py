"""Evaluate a model on an integration's samples: everything that the platform's dashboard is drawn from, as a run.

Samples are read and scored in chunks; each finished chunk is one file, so that an interrupted evaluation goes on where
it stopped, and memory stays flat.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leap_explorer.contract.door import TIME_LIMIT, Door
from leap_explorer.contract.recipe import Recipe
from leap_explorer.contract.source_hash import explorer_sha256
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.joining import join_lists, join_tables, join_vectors
from leap_explorer.evaluation.partial import PLAN, is_whole, start_or_resume
from leap_explorer.evaluation.pool import call_despite_deaths, score_chunks
from leap_explorer.evaluation.sampling import draw, of_simulations
from leap_explorer.evaluation.schema import probe_keys
from leap_explorer.evaluation.steps import Facts, read_facts, read_hashes, read_labels, read_schema, read_words
from leap_explorer.insights import check_out_of_sample
from leap_explorer.insights.texts import write_texts
from leap_explorer.insights.written import write_findings
from leap_explorer.population.clusters import Term, cluster_terms
from leap_explorer.population.latent import project_pca, project_umap
from leap_explorer.population.places import Report, find_places
from leap_explorer.runs.alone import alone
from leap_explorer.runs.run import (
    CONFUSIONS,
    ELEMENTS,
    INFO,
    LATENT,
    OUT_OF_SAMPLE,
    SAMPLES,
    SIGNATURES,
    Run,
    check_target,
    load_run,
    read_samples,
    replace_folder,
    write_json,
    write_table,
)
from leap_explorer.runs.schema import RunSchema
from leap_explorer.runs.simulated import CHANGE, CHANGE_COLUMN, change_of
from leap_explorer.runs.sources import Sources
from leap_explorer.runs.strict_json import read_json
from leap_explorer.runs.task import Kind
from leap_explorer.runs.versions import versions

Array = npt.NDArray[Any]

CHUNK = 256
FEWEST_FOR_WORKERS = 1000  # opening the integration in another process costs as much as some hundred samples
MOST_LABELS = 1000  # a ground truth of more different values names no classes to balance by
TERMS_FROM = 400  # samples a cluster whose words are read for its name


@dataclass(frozen=True)
class Options:
    """What to evaluate, and how."""

    samples: int | None = None  #: of each subset at most, drawn balanced by label; all by default
    subsets: tuple[str, ...] = ()  #: all by default
    seed: int = 42
    latent: str = "model"  #: or the name of a registered custom latent space
    projection: Literal["umap", "pca"] = "umap"  #: pca is quick
    workers: int | None = None  #: processes that read and score samples; by default one a core, one for a few samples
    output: str | None = None  #: the name of the model's output that is analysed; by default the first
    task: Kind | None = None  #: what kind of task it is; by default found from outputs and ground truths
    trusts_model: bool = False  #: whether code that the model file holds, as in Lambda layers, may be run
    time_limit: float = TIME_LIMIT  #: seconds that the integration's code may take for one sample
    environment: Mapping[str, str] = field(default_factory=dict)  #: variables of its process, on top of this one's
    simulations: tuple[Recipe, ...] = ()  #: what they make is evaluated beside its originals, and nothing else is


@dataclass(frozen=True)
class Plan:
    """Everything that decides the run's content; two equal plans give equal runs."""

    model: dict[str, str]
    history: dict[str, Any] | None  #: of the model's training
    code_sha256: str  #: the integration's
    explorer_sha256: str  #: so that a run of another version of the explorer is told apart
    options: dict[str, Any]
    keys: list[SampleKey]
    out_of_sample: str | None  #: a hash of the table, if one was given
    probe: str  #: a hash of a few samples' inputs: other data or another tokenizer under the same ids are told apart

    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(vars(self), default=str).encode()).hexdigest()

    def chunks(self) -> list[list[SampleKey]]:
        """At most CHUNK samples, all of one subset."""
        chunks: list[list[SampleKey]] = []
        for key in self.keys:
            if not chunks or len(chunks[-1]) == CHUNK or chunks[-1][0][0] != key[0]:
                chunks.append([])
            chunks[-1].append(key)
        return chunks


def evaluate(
    folder: Path,
    model_path: Path | None,
    out: Path,
    options: Options = Options(),
    out_of_sample: pd.DataFrame | None = None,
    report: Report = lambda what, done, total: None,
    say: Callable[[str], None] = lambda line: None,
) -> Run:
    """Evaluate and write the run to the folder `out`, or go on with it where an earlier call was interrupted.

    A finished run of the same model, code (the explorer's too), data and options is returned as it is.

    Args:
        folder: the integration's.
        model_path: a `.h5`, `.keras` or `.onnx` file; None takes the model that the integration itself loads. A
            `.history.json` beside it is taken into the run.
        out_of_sample: probabilities for training samples by models that did not see them: a column `id` and a column
            `probability_<label>` for each label. Without it no training label is suspected.
        report: called with a stage's name, what is done of it, and its total.
        say: called before evaluating with a line on what is analysed, and one on what is not read, if there is any.

    Raises:
        ExplorerError: integration, model, options and probabilities do not fit together, the model's history cannot be
            read, or `out` holds something else than a run.
    """
    check_target(out)
    report("Opening the integration", 0, 1)
    environment = os.environ | dict(options.environment)
    limit, recipes = options.time_limit, options.simulations
    with Door(folder, model_path, limit, environment, options.trusts_model, recipes) as door:
        return _evaluate(door, out, options, out_of_sample, report, say)


def _evaluate(
    door: Door,
    out: Path,
    options: Options,
    out_of_sample: pd.DataFrame | None,
    report: Report,
    say: Callable[[str], None],
) -> Run:
    facts = door.call(read_facts, options.output)
    if options.latent not in ("model", *facts.latent_spaces):
        known = ", ".join(("model", *facts.latent_spaces))
        raise ExplorerError(f"There is no latent space {options.latent}; there are: {known}.")
    plan = _plan(door, facts, options, out_of_sample)
    fingerprint = plan.fingerprint()
    sources = Sources(door.folder, facts.model.path)
    if _fingerprint_of(out) == fingerprint:
        return _found_again(load_run(out), sources)
    schema = call_despite_deaths(door, read_schema, probe_keys(plan.keys), options.latent, options.output, options.task)
    if out_of_sample is not None and schema.labels:
        check_out_of_sample(out_of_sample, schema.labels)  # before the minutes that evaluating takes
    say(schema.task.sentence() + _others_of(facts, schema))
    if facts.unread:
        say(f"Not read here: {'; '.join(facts.unread)}.")
    job = _Job(door, facts, schema, plan, options, out.with_name(f".{out.name}.partial"), report)
    out.parent.mkdir(parents=True, exist_ok=True)
    with alone(out, lambda: say(f"Another evaluation is writing {out}: waiting until it ends.")):
        if _fingerprint_of(out) != fingerprint:  # what was waited for may have been the same
            _write(job, out, out_of_sample)
    return load_run(out)


def _write(job: "_Job", out: Path, out_of_sample: pd.DataFrame | None) -> None:
    """The run, by way of the folder it grows in."""
    start_or_resume(job.work, job.plan.fingerprint())
    _score_all(job)
    _finish(job, out_of_sample)
    for part in job.parts():
        part.unlink()
    (job.work / PLAN).unlink()
    replace_folder(job.work, out)


def _found_again(run: Run, sources: Sources) -> Run:
    """A finished run, which remembers where integration and model are now."""
    if run.sources != sources:
        write_json(run.path / INFO, {**run.info, "sources": sources.to_dict(run.path)})
    return load_run(run.path)


def _others_of(facts: Facts, schema: RunSchema) -> str:
    """Which outputs are not analysed, and how they could be."""
    others = [name for number, name in enumerate(facts.outputs) if number != schema.task.output_index]
    return f" Not analysed, but by --output: {', '.join(others)}." if others else ""


@dataclass(frozen=True)
class _Job:
    """One evaluation, from the plan to the folder it grows in."""

    door: Door
    facts: Facts
    schema: RunSchema
    plan: Plan
    options: Options
    work: Path
    report: Report

    def parts(self) -> list[Path]:
        """A file for each chunk of the plan."""
        return [self.work / f"part-{number:05}.parquet" for number in range(len(self.plan.chunks()))]


def _plan(door: Door, facts: Facts, options: Options, out_of_sample: pd.DataFrame | None) -> Plan:
    unknown = set(options.subsets) - set(facts.subsets)
    if unknown:
        there = ", ".join(facts.subsets)
        raise ExplorerError(f"There is no subset {min(unknown)}; the integration has: {there}.")
    keys: list[SampleKey] = []
    for subset, ids in facts.subsets.items():
        if not options.subsets or subset in options.subsets:
            drawn = draw(ids, partial(_labels, door, facts, subset, ids), options.samples, options.seed)
            keys += [(subset, sample_id) for sample_id in drawn]
    if options.simulations:
        keys = of_simulations(facts.subsets)
    if not keys:
        raise ExplorerError("There are no samples to evaluate.")
    probed = [keys[i] for i in np.linspace(0, len(keys) - 1, 16, dtype=int)]
    probes = call_despite_deaths(door, read_hashes, probed)
    settings = asdict(options)
    # They change nothing in the run, or the probes below tell what they change
    for name in ("workers", "time_limit", "environment", "trusts_model"):
        del settings[name]
    file = {"file": facts.model.name, "sha256": facts.model.sha256}
    table = None if out_of_sample is None else hashlib.sha256(out_of_sample.to_csv().encode()).hexdigest()
    return Plan(
        file, _history(facts.model.path), facts.code_sha256, explorer_sha256(), settings, keys, table, str(probes)
    )


def _history(model_path: Path | None) -> dict[str, Any] | None:
    """What the `.history.json` beside the model says; None without one."""
    if model_path is None:
        return None
    path = model_path.with_suffix(".history.json")
    try:
        return read_json(path) if path.exists() else None
    except (OSError, ValueError) as error:
        raise ExplorerError(f"{path} cannot be read: {error}") from error


def _labels(door: Door, facts: Facts, subset: str, ids: Sequence[Any]) -> Sequence[Any]:
    """What to balance by: the class of each sample, or nothing."""
    if facts.ground_truth is None or subset == "unlabeled":
        return [None] * len(ids)
    labels = door.call(read_labels, subset, ids, facts.ground_truth)
    return labels if len(set(labels)) <= MOST_LABELS else [None] * len(ids)


def _fingerprint_of(path: Path) -> str | None:
    """Of the run there; None where there is none that can be read in whole."""
    try:
        run = load_run(path)
        _ = run.latent, run.clusters, run.insights
    except ExplorerError:
        return None
    return run.info.get("fingerprint")


def _score_all(job: _Job) -> None:
    """Write the parts that are not there yet, or not whole."""
    chunks = job.plan.chunks()
    missing = [(part, chunk) for part, chunk in zip(job.parts(), chunks, strict=True) if not is_whole(part, len(chunk))]
    left = sum(len(chunk) for _, chunk in missing)
    done = len(job.plan.keys) - left
    job.report("Evaluating", done, len(job.plan.keys))
    with ExitStack() as stack:
        others = [stack.enter_context(job.door.another()) for _ in range(_workers(job.options, left) - 1)]
        scored = score_chunks([job.door, *others], job.schema, [chunk for _, chunk in missing])
        stack.enter_context(closing(scored))
        for (part, chunk), table in zip(missing, scored, strict=True):
            write_table(part, table)
            done += len(chunk)
            job.report("Evaluating", done, len(job.plan.keys))


def _workers(options: Options, left: int) -> int:
    if options.workers is not None:
        return max(1, options.workers)
    return (os.cpu_count() or 1) if left >= FEWEST_FOR_WORKERS else 1


def _finish(job: _Job, out_of_sample: pd.DataFrame | None) -> None:
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
    is_training = np.array([subset == "training" for subset, _ in job.plan.keys])
    latent = np.load(work / LATENT, mmap_mode="r")
    places, population = find_places(latent, is_training, job.options.projection, job.options.seed, job.report)
    for key in job.schema.spaces_by_key:
        places |= _map_of(np.load(work / f"{key}.npy", mmap_mode="r"), key, job)
    if job.schema.has_text:
        places |= write_texts(work, _words(job, parts), job.options.seed)
    if job.options.simulations:
        places |= {CHANGE: pa.array([change_of(str(sample_id)) for _, sample_id in job.plan.keys], pa.string())}
    join_tables(parts, job.schema.scored, places, work / SAMPLES)
    samples = read_samples(work / SAMPLES)
    job.report("Describing the clusters", 0, 1)
    terms = _cluster_terms(job, samples)
    job.report("Looking for insights", 0, 1)
    write_findings(work, _columns(job), terms, population, out_of_sample)
    if out_of_sample is not None:
        write_table(work / OUT_OF_SAMPLE, pa.Table.from_pandas(out_of_sample, preserve_index=False))
    write_json(work / INFO, _facts(job, samples))


def _map_of(vectors: Array, key: str, job: _Job) -> dict[str, pa.Array]:
    """The map of a further latent space, drawn as that of the first."""
    job.report(f"Drawing the map of {job.schema.spaces_by_key[key]}", 0, 1)
    project = project_pca if job.options.projection == "pca" else project_umap
    drawn = project(np.asarray(vectors, dtype=np.float32), job.options.seed)
    return {f"{key}_{axis}": pa.array(drawn[:, place], from_pandas=True) for place, axis in enumerate("xy")}


def _words(job: _Job, parts: Sequence[Path]) -> Iterator[list[str] | None]:
    """Of each sample the words that it shows; None of those that could not be evaluated."""
    keys, done = job.plan.keys, 0
    for part in parts:
        failed = pq.read_table(part, columns=["error"])["error"].is_valid().to_numpy()
        chunk = keys[done : done + len(failed)]
        read = [key for key, is_failed in zip(chunk, failed, strict=True) if not is_failed]
        shown = iter(job.door.call(read_words, read))
        yield from (None if is_failed else next(shown) for is_failed in failed)
        done += len(failed)
        job.report("Reading the words", done, len(keys))


def _cluster_terms(job: _Job, samples: pd.DataFrame) -> dict[int, list[Term]]:
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


def _columns(job: _Job) -> dict[str, dict[str, Any]]:
    """What the run has of each sample."""
    return job.schema.columns() | (CHANGE_COLUMN if job.options.simulations else {})


def _facts(job: _Job, samples: pd.DataFrame) -> dict[str, Any]:
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

"""Evaluate a model on an integration's samples: everything that the platform's dashboard is drawn from, as a run.

Samples are read and scored in chunks; each finished chunk is one file, so that an interrupted evaluation goes on where
it stopped, and memory stays flat.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from leap_explorer.contract.door import Door
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.cluster.connect import Cluster
from leap_explorer.evaluation.finish import finish
from leap_explorer.evaluation.job import Job
from leap_explorer.evaluation.partial import PLAN, start_or_resume
from leap_explorer.evaluation.plan import DEFAULTS, Options, make_plan
from leap_explorer.evaluation.pool import call_despite_deaths
from leap_explorer.evaluation.schema import probe_keys
from leap_explorer.evaluation.scoring import score_all
from leap_explorer.evaluation.steps import Facts, read_facts, read_schema
from leap_explorer.insights import check_out_of_sample
from leap_explorer.population.places import Report
from leap_explorer.runs.alone import alone
from leap_explorer.runs.run import INFO, Run, check_target, load_run, replace_folder, write_json
from leap_explorer.runs.schema import RunSchema
from leap_explorer.runs.sources import Sources


def evaluate(
    folder: Path,
    model_path: Path | None,
    out: Path,
    options: Options = DEFAULTS,
    out_of_sample: pd.DataFrame | None = None,
    report: Report = lambda what, done, total: None,
    say: Callable[[str], None] = lambda line: None,
    cluster: Cluster | None = None,
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
        cluster: who scores the samples; by default processes of this machine. It changes nothing in the run.

    Raises:
        ExplorerError: integration, model, options and probabilities do not fit together, the model's history cannot be
            read, `out` holds something else than a run, or the cluster is gone or has other versions.
    """
    check_target(out)
    report("Opening the integration", 0, 1)
    environment = os.environ | dict(options.environment)
    limit, recipes = options.time_limit, options.simulations
    with Door(folder, model_path, limit, environment, options.trusts_model, recipes) as door:
        return _evaluate(door, out, options, out_of_sample, report, say, cluster)


def _evaluate(
    door: Door,
    out: Path,
    options: Options,
    out_of_sample: pd.DataFrame | None,
    report: Report,
    say: Callable[[str], None],
    cluster: Cluster | None,
) -> Run:
    facts = door.call(read_facts, options.output)
    if options.latent not in ("model", *facts.latent_spaces):
        known = ", ".join(("model", *facts.latent_spaces))
        raise ExplorerError(f"There is no latent space {options.latent}; there are: {known}.")
    plan = make_plan(door, facts, options, out_of_sample)
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
    job = Job(door, facts, schema, plan, options, out.with_name(f".{out.name}.partial"), report, say, cluster)
    out.parent.mkdir(parents=True, exist_ok=True)
    with alone(out, lambda: say(f"Another evaluation is writing {out}: waiting until it ends.")):
        if _fingerprint_of(out) != fingerprint:  # what was waited for may have been the same
            _write(job, out, out_of_sample)
    return load_run(out)


def _write(job: Job, out: Path, out_of_sample: pd.DataFrame | None) -> None:
    """The run, by way of the folder it grows in."""
    start_or_resume(job.work, job.plan.fingerprint())
    score_all(job)
    finish(job, out_of_sample)
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


def _fingerprint_of(path: Path) -> str | None:
    """Of the run there; None where there is none that can be read in whole."""
    try:
        run = load_run(path)
        _ = run.latent, run.clusters, run.insights
    except ExplorerError:
        return None
    return run.info.get("fingerprint")

"""A run's insights made anew, with this version of the explorer and without asking the model again."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from leap_explorer.contract.door import Door
from leap_explorer.contract.host import Host
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.steps import read_words
from leap_explorer.insights.find import find_insights
from leap_explorer.insights.texts import write_texts
from leap_explorer.population.places import Report
from leap_explorer.runs.run import INSIGHTS, SAMPLES, Run, load_run, replace_folder, write_info, write_json, write_table
from leap_explorer.runs.schema import TOPIC_COLUMNS

_CHUNK = 512


def renew(run: Run, folder: Path | None = None, report: Report = lambda what, done, total: None) -> Run:
    """Look for a run's insights anew, and write them into it.

    Args:
        run: a full one; a compact copy lacks what near-duplicates are found by.
        folder: the integration's; the words that its samples show are read again too, and their topics.
        report: called with a stage's name, what is done of it, and its total.

    Raises:
        ExplorerError: the run is a compact copy of one with texts, or the integration lacks one of its samples.
    """
    if run.signatures is None and (folder is not None or run.words is not None):
        raise ExplorerError(f"{run.path} is a compact copy; renew the full run, and copy that again.")
    work = run.path.with_name(f".{run.path.name}.{os.getpid()}.tmp")
    shutil.copytree(run.path, work)
    try:
        if folder is not None:
            _read_texts(run, folder, work, report)
        report("Looking for insights", 0, 1)
        _find(load_run(work))
        replace_folder(work, run.path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return load_run(run.path)


def _read_texts(run: Run, folder: Path, work: Path, report: Report) -> None:
    with Door(folder) as door:
        topics = write_texts(work, _words(run, door, report), int(run.info.get("seed", 0)))
    table = pq.read_table(work / SAMPLES)
    for name, column in topics.items():
        table = table.drop_columns([name]) if name in table.column_names else table
        table = table.append_column(name, column)
    write_table(work / SAMPLES, table)
    write_info(work, {**run.info, "columns": {**run.columns, **TOPIC_COLUMNS}})


def read_subsets(host: Host) -> dict[str, list[str] | list[int]]:
    """The integration's sample ids, by subset."""
    return host.integration.subsets


def _words(run: Run, door: Door, report: Report) -> Iterator[list[str] | None]:
    """Of each sample of the run the words that it shows; None of those that could not be evaluated."""
    ids = {(subset, str(one)): one for subset, ones in door.call(read_subsets).items() for one in ones}
    keys = list(zip(run.samples["subset"].astype(str), run.samples["id"].astype(str), strict=True))
    if absent := next((key for key in keys if key not in ids), None):
        raise ExplorerError(f"The integration has no sample {absent[1]} in {absent[0]}. Is it the run's own?")
    failed = run.samples["error"].notna().to_numpy()
    for start in range(0, len(keys), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(keys)))
        shown = iter(door.call(read_words, [(keys[row][0], ids[keys[row]]) for row in rows[~failed[rows]]]))
        yield from (None if failed[row] else next(shown) for row in rows)
        report("Reading the words", int(rows[-1]) + 1, len(keys))


def _find(run: Run) -> None:
    names = {int(cluster["cluster"]): str(cluster["name"]) for cluster in run.clusters}
    found = find_insights(
        run.samples, run.columns, run.signatures, run.out_of_sample, cluster_names=names, words=run.words
    )
    insights = [insight.to_dict() for insight in found.insights]
    write_json(run.path / INSIGHTS, {"insights": insights, "skipped": found.skipped})
    write_info(run.path, run.info)

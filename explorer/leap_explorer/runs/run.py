"""A run on disk: what a model made of an integration's samples, in files that pandas and DuckDB read.

    samples.parquet  one row a sample; `run.json` explains each column
    latent.npy       [n, d] latent vectors in the rows' order; NaN where a sample failed
    space1.npy, ...  [n, d] float16, the further latent spaces that `latent_spaces` in `run.json` names
    signatures.npy   [n, 128] MinHash signatures of the samples' words (full runs of integrations that show text)
    words.parquet    which words and phrases each sample shows, not their order (of integrations that show text)
    population.json  the clusters, each with what distinguishes it
    insights.json    the findings, ranked
    out_of_sample.parquet  probabilities of training samples by models that did not see them, where they were given
    confusions.parquet  of tokens, pixels and detected boxes: what is taken for what, counted by sample
    elements.parquet  parts of samples, such as boxes: a row each, where the integration has any
    faithfulness.json  how far heat-maps of the model can be trusted, where that was measured
    texts.parquet    id and text of each sample: only of a run made from a table, and never in a compact copy
    skipped.csv      the rows of a table that could not be used, with the reason; never in a compact copy either
    run.json         model, code, data, versions, counts, columns, the training history, and the other files' checksums

But for these two a run never holds the samples themselves, so it can be shared where the data cannot.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require
from leap_explorer.runs.atomic import written_whole
from leap_explorer.runs.checksums import FILES, as_written, checksums
from leap_explorer.runs.row_groups import in_groups, write_groups
from leap_explorer.runs.shapes import CLUSTER, INSIGHT, RUN, Every, problem
from leap_explorer.runs.sources import Sources, sources_of, travelling
from leap_explorer.runs.strict_json import plain, read_json
from leap_explorer.runs.task import Task, task_of
from leap_explorer.runs.words import WORDS, ShownWords, read_words
from leap_explorer.unpacked import check_parquet

Array = npt.NDArray[Any]

SAMPLES = "samples.parquet"
LATENT = "latent.npy"
SIGNATURES = "signatures.npy"
POPULATION = "population.json"
INSIGHTS = "insights.json"
OUT_OF_SAMPLE = "out_of_sample.parquet"
CONFUSIONS = "confusions.parquet"
ELEMENTS = "elements.parquet"
TEXTS = "texts.parquet"
SKIPPED = "skipped.csv"
FAITHFULNESS = "faithfulness.json"
INFO = "run.json"
_COPIED = (SAMPLES, WORDS, POPULATION, INSIGHTS, OUT_OF_SAMPLE, CONFUSIONS, ELEMENTS, FAITHFULNESS)  # as they are
_FILES = frozenset((*_COPIED, LATENT, SIGNATURES, TEXTS, SKIPPED, INFO))

#: Every run has these columns; those of the model's classes, metrics and metadata come on top.
FIXED_COLUMNS = ("id", "subset", "ground_truth", "prediction", "loss", "error")


@dataclass(frozen=True)
class Run:
    """A finished run, read when asked for."""

    path: Path
    info: dict[str, Any]  #: of run.json

    @property
    def name(self) -> str:
        return self.path.name

    def part(self, name: str, samples: pd.DataFrame) -> "Run":
        """A run in memory of some of its samples, with no words, and no insights of its own."""
        part = Run(self.path.with_name(name), self.info)
        part.__dict__.update(samples=samples, words=None, insights=[], clusters=[])
        return part

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        """By column of `samples`: its role, type, direction and description."""
        return self.info["columns"]

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row a sample."""
        samples = read_samples(self._file(SAMPLES))
        if absent := [name for name in self.columns if name not in samples]:
            raise ExplorerError(f"{self.path} is broken: {SAMPLES} has no column {absent[0]}. Evaluate the model anew.")
        return samples

    @cached_property
    def latent(self) -> Array:
        """[n, d], row by row the latent vectors of `samples`; memory-mapped."""
        latent = self._load(LATENT)
        if len(latent) != len(self.samples):
            raise ExplorerError(f"{self.path} is broken: {LATENT} has {len(latent)} rows. Evaluate the model anew.")
        return latent

    @cached_property
    def signatures(self) -> Array | None:
        """[n, 128] uint32; None where the run has none."""
        return self._load(SIGNATURES) if (self.path / SIGNATURES).exists() else None

    @cached_property
    def out_of_sample(self) -> pd.DataFrame | None:
        """`id` and `probability_<label>` of training samples; None where none were given."""
        return self._table(OUT_OF_SAMPLE)

    @cached_property
    def words(self) -> ShownWords | None:
        """Which words each sample shows; None where the run has none."""
        path = self._file(WORDS)
        return read_words(path, len(self.samples)) if path.exists() else None

    @property
    def sources(self) -> Sources | None:
        """Where integration and model were when it was made; None of a run of a table, or of an older version."""
        return sources_of(self.info.get("sources"), self.path)

    @cached_property
    def task(self) -> Task:
        """What kind of task the model does."""
        return task_of(self.info)

    @cached_property
    def confusions(self) -> pd.DataFrame | None:
        """`row` of `samples`, and `matrix`, `truth`, `prediction`, `count` as `CONFUSIONS_TYPE` says; None without."""
        return self._table(CONFUSIONS)

    @cached_property
    def elements(self) -> pd.DataFrame | None:
        """`row` of `samples`, and the columns that `elements` in `run.json` names; None without any."""
        return self._table(ELEMENTS)

    @cached_property
    def faithfulness(self) -> dict[str, Any] | None:
        """How far the heat-maps of its model can be trusted, by method; None where that was not measured."""
        path = self.path / FAITHFULNESS
        return _read_json(path) if path.exists() else None

    @property
    def has_texts(self) -> bool:
        return (self.path / TEXTS).exists()

    @cached_property
    def texts(self) -> dict[str, str]:
        """By id the samples' texts, which a run made from a table keeps; empty of others."""
        if not self.has_texts:
            return {}
        table = _read_parquet(self._file(TEXTS), "Import the table anew", columns=["id", "text"])
        return dict(zip(table["id"], table["text"], strict=True))

    @cached_property
    def clusters(self) -> list[dict[str, Any]]:
        """Profiles, in the order of the clusters' numbers."""
        return self._list(POPULATION, "clusters", CLUSTER)

    @cached_property
    def insights(self) -> list[dict[str, Any]]:
        """The findings, the most severe first."""
        return self._list(INSIGHTS, "insights", INSIGHT)

    @cached_property
    def skipped_insights(self) -> dict[str, str]:
        """The kinds that were not looked for, each with the reason."""
        skipped = _read_json(self._file(INSIGHTS)).get("skipped", {})
        _check(self.path, INSIGHTS, skipped, Every(str))
        return skipped

    def _file(self, name: str) -> Path:
        """The path of one of its files, which is as it was written."""
        return as_written(self.path / name, self.info)

    def _table(self, name: str) -> pd.DataFrame | None:
        path = self._file(name)
        return _read_parquet(path) if path.exists() else None

    def _list(self, name: str, key: str, shape: Mapping[str, Any]) -> list[dict[str, Any]]:
        value = _read_json(self._file(name))
        _check(self.path, name, value, {key: [shape]})
        return value[key]

    def _load(self, name: str) -> Array:
        path = self._file(name)
        try:
            return np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError, OverflowError) as error:
            raise ExplorerError(f"{self.path} is broken: {name} cannot be read. Evaluate the model anew.") from error


def load_run(path: Path) -> Run:
    """The run in a folder.

    Raises:
        ExplorerError: there is none, or it is broken.
    """
    if not path.is_dir():
        raise ExplorerError(f"There is no run at {path}. Make one with the command `evaluate`.")
    if not (path / INFO).exists():
        raise ExplorerError(f"{path} is no run: it has no {INFO}. Make one with the command `evaluate`.")
    info = _read_json(path / INFO)
    for name in (SAMPLES, LATENT, POPULATION, INSIGHTS):
        if not (path / name).exists():
            raise ExplorerError(f"{path} is broken: it has no {name}. Evaluate the model anew.")
    _check(path, INFO, info, RUN)
    return Run(path, info)


def _check(path: Path, name: str, value: Any, shape: Any) -> None:
    """Refuse a run of which a file is not as it must be."""
    if (part := problem(value, shape)) is not None:
        said = f"{name} says nothing of {part} that can be read"
        raise ExplorerError(f"{path} is broken: {said}. Evaluate the model anew.")


def check_target(path: Path) -> None:
    """Make sure that a run may be written to the folder.

    Raises:
        ExplorerError: something else is there, which the run would replace.
    """
    try:
        is_free = not path.exists() or (path.is_dir() and (not any(path.iterdir()) or _is_run(path)))
        if is_free:
            _try_to_write_beside(path.absolute())
    except OSError as error:
        raise ExplorerError(f"No run can be written to {path}: {error.strerror}. Give another folder.") from error
    if not is_free:
        raise ExplorerError(f"{path} is no run, and a run would replace it. Give another folder.")


def _try_to_write_beside(path: Path) -> None:
    """Make a folder where the run will grow, and remove it: below the nearest folder that is there.

    Raises:
        OSError: that is read-only, or no folder, or the name is too long.
    """
    nearest = next(parent for parent in path.parents if parent.exists())
    trial = nearest / f".{path.name}.{os.getpid()}.trial"
    trial.mkdir()
    trial.rmdir()


def _is_run(path: Path) -> bool:
    """Whether a folder's `run.json` is one that we wrote, whatever became of the other files."""
    try:
        info = _read_json(path / INFO)
    except ExplorerError:
        return False
    return problem(info, RUN) is None


def _is_ours(name: str) -> bool:
    """Whether a file of this name in a run's folder is one that a run writes."""
    return name in _FILES or re.fullmatch(r"space\d+\.npy", name) is not None


def read_samples(path: Path) -> pd.DataFrame:
    """The table of samples.

    Raises:
        ExplorerError: the file is broken or lacks a column that every run has.
    """
    samples = _read_parquet(path, dtype_backend="numpy_nullable")
    for name, dtype in samples.dtypes.items():
        if isinstance(dtype, pd.StringDtype):
            samples[name] = _python_strings(samples[name])
    missing = [name for name in FIXED_COLUMNS if name not in samples]
    if missing:
        raise ExplorerError(f"{path} has no column {missing[0]}. Evaluate the model anew.")
    return samples


def _read_parquet(path: Path, remedy: str = "Evaluate the model anew", **options: Any) -> pd.DataFrame:
    try:
        check_parquet(path)
        return pd.read_parquet(path, **options)
    except ExplorerError:
        raise
    except Exception as error:  # pyarrow raises its own, by what is damaged
        raise ExplorerError(f"{path} cannot be read: {error}. {remedy}.") from error


def _python_strings(values: pd.Series) -> pd.Series:
    """Strings as Python's own, equal ones kept once.

    Those that Arrow keeps compare to its own booleans, which refuse what the other nullable types take.
    """
    codes, distinct = pd.factorize(values.array)
    return pd.Series(distinct.astype(pd.StringDtype("python")).take(codes, allow_fill=True), values.index)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON so that a reader, or a crash, never meets half of it. NaN becomes null."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(plain(value), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def write_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Write `run.json`, the last of a run's files: it has the checksums of the others."""
    measured_later = (INFO, FAITHFULNESS)
    names = [one.name for one in folder.iterdir() if _is_ours(one.name) and one.name not in measured_later]
    write_json(folder / INFO, {**info, FILES: checksums(folder, names)})


def write_table(path: Path, table: Any) -> None:
    """Write a pyarrow table as Parquet, small, and atomically."""
    write_groups(path, in_groups([table]))


def write_vectors(path: Path, shape: tuple[int, ...], dtype: Any, blocks: Iterable[Array]) -> None:
    """Write blocks of rows as one `.npy`, atomically, in little memory.

    Not as a memory map: on a full disk that would end the process.
    """
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype).data)


def replace_folder(new: Path, old: Path) -> None:
    """Put the run `new` where the run `old` is; a crash leaves one of them whole.

    What others keep in the folder, such as notes or a report, stays there.
    """
    outdated = old.with_name(f".{old.name}.{os.getpid()}.old")
    if old.exists():
        old.replace(outdated)
    new.replace(old)
    if outdated.exists():
        for one in outdated.iterdir():
            if not _is_ours(one.name) and not (old / one.name).exists():
                one.replace(old / one.name)
    shutil.rmtree(outdated, ignore_errors=True)


def compact(run: Run, target: Path, dimensions: int = 32) -> Run:
    """Write a small copy of a run: latent vectors as float16, of at most `dimensions` principal components.

    Neighbours and the map stay what they were to the eye. The signatures, which only looking for insights needs, are
    left out, and so are texts, so that the copy may be shared.

    Raises:
        ExplorerError: `target` is the run itself or holds something else than a run, or scikit-learn is not installed.
    """
    if target.resolve() == run.path.resolve():
        raise ExplorerError(f"{target} is the run itself, which its small copy would replace. Give another folder.")
    check_target(target)
    require("Making a small copy", "analysis")
    from sklearn.decomposition import PCA

    latent = np.asarray(run.latent, dtype=np.float32)
    is_known = np.isfinite(latent).all(axis=1)
    info = dict(run.info)
    if run.sources:
        info["sources"] = travelling(run.sources, target)
    if latent.shape[1] > dimensions < is_known.sum():
        pca = PCA(dimensions, random_state=0).fit(latent[is_known])
        reduced = np.full((len(latent), dimensions), np.nan, dtype=np.float32)
        reduced[is_known] = pca.transform(latent[is_known])
        latent = reduced
        kept = float(pca.explained_variance_ratio_.sum())
        info["latent"] = {**info["latent"], "dimensions": dimensions, "principal_components_hold": round(kept, 4)}
    work = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    work.mkdir(parents=True)
    try:
        write_vectors(work / LATENT, latent.shape, np.float16, [latent])
        for name in _COPIED:
            if (run.path / name).exists():
                shutil.copyfile(run.path / name, work / name)
        write_info(work, info)
        replace_folder(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return load_run(target)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = read_json(path)
    except (OSError, ValueError) as error:
        raise ExplorerError(f"{path} cannot be read: {error}. Evaluate the model anew.") from error
    if not isinstance(value, dict):
        raise ExplorerError(f"{path} is broken. Evaluate the model anew.")
    return value

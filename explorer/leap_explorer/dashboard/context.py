"""What the views draw from: the runs as plain arrays, made once, and which samples a state speaks of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.dashboard.search import Corpus, Query, QueryError
from leap_explorer.dashboard.state import Polygon, RunCondition, Selection, State, of_run, run_of
from leap_explorer.dashboard.theme import decimals_of
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Reader, TextReader
from leap_explorer.insights.filters import Condition, Filter, select
from leap_explorer.insights.rows import Mask, evaluated, numbers, type_of, wrong
from leap_explorer.insights.wording import capitalised, column_title
from leap_explorer.runs.run import Run

Kind = Literal["number", "category"]

CORRECTNESS = "correctness"
CORRECT, WRONG = "correct", "wrong"

#: Of a text column only so many values have a colour and a legend entry of their own; the rest are `OTHER`.
MOST_CATEGORIES = 12
OTHER = "other values"

#: What a column must be to say the same of a sample in every run; that its values agree is checked as well.
_SHARED_ROLES = ("id", "subset", "ground_truth", "metadata", "hash")
_NUMBER_ROLES = ("loss", "probability", "metric", "metadata", "outlier_score")
_CATEGORY_ROLES = ("ground_truth", "prediction", CORRECTNESS, "subset", "cluster", "metadata")


@dataclass(frozen=True)
class Categories:
    """A column's values as small numbers."""

    codes: npt.NDArray[np.int16]  #: [n], index into `names`; -1 where the value is not known
    names: list[str]  #: as people read them
    values: list[Any]  #: as a filter's condition names them; None for `OTHER`


@dataclass(frozen=True, eq=False)
class RunData:
    """A run, ready to draw. Rows are those of `run.samples`; a column `correctness` comes on top of a classifier's."""

    run: Run
    name: str  #: unique among the dashboard's runs

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The samples, with `correctness`."""
        samples = self.run.samples
        is_wrong = wrong(samples)
        if is_wrong is None:
            return samples
        words = pd.Series(is_wrong, index=samples.index).map({0.0: CORRECT, 1.0: WRONG})
        return samples.assign(**{CORRECTNESS: words.astype("string")})

    @cached_property
    def columns(self) -> dict[str, dict[str, Any]]:
        """By column its role, type, direction, description, and its title where it has one."""
        named = {name: facts for name, facts in self.run.columns.items() if name in self.frame}
        if CORRECTNESS in self.frame:
            named[CORRECTNESS] = {
                "role": CORRECTNESS,
                "type": "string",
                "direction": None,
                "computes_insights": False,
                "description": "Whether the prediction is the ground truth; unknown where there is no ground truth.",
            }
        return named

    @property
    def labels(self) -> list[str]:
        """A classifier's labels, in the model's order; none of a regression."""
        return list(self.run.info.get("labels") or [])

    @property
    def alike(self) -> str:
        """What lies near each other in the latent space, as people read it."""
        return str(self.run.info.get("latent", {}).get("alike", "what the model sees alike"))

    @property
    def map_title(self) -> str:
        """The map's title: what near each other means there."""
        is_models_own = "alike" not in self.run.info.get("latent", {})
        return "Similarity map: " + ("nearby samples look alike to the model" if is_models_own else self.alike)

    @property
    def map_note(self) -> str:
        """From what the map is drawn, and how, where that is not the model's latent space; else empty."""
        return str(self.run.info.get("map_note", ""))

    @property
    def n(self) -> int:
        """Samples, failed ones included."""
        return len(self.frame)

    @cached_property
    def keys(self) -> list[str]:
        """By row `subset/id`, which names a sample in every run of the same data."""
        return (self.frame["subset"].astype(str) + "/" + self.frame["id"].astype(str)).tolist()

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each key."""
        return {key: row for row, key in reversed(list(enumerate(self.keys)))}

    @cached_property
    def is_evaluated(self) -> Mask:
        """Rows that did not fail."""
        return evaluated(self.frame)

    @cached_property
    def subsets(self) -> list[str]:
        """In order of appearance."""
        return [str(name) for name in self.frame["subset"].dropna().unique()]

    def role(self, column: str) -> str:
        """The column's role; empty if the run has no such column."""
        return self.columns.get(column, {}).get("role", "")

    def of_role(self, *roles: str) -> list[str]:
        """The columns of these roles that have at least one value, in the order of the roles, then the run's."""
        return [
            name
            for role in roles
            for name, facts in self.columns.items()
            if facts.get("role") == role and self.frame[name].notna().any()
        ]

    @cached_property
    def numeric_columns(self) -> list[str]:
        """Columns of numbers that menus offer: loss, probabilities, metrics, metadata, outlier score."""
        return [name for name in self.of_role(*_NUMBER_ROLES) if self.kind(name) == "number"]

    @cached_property
    def category_columns(self) -> list[str]:
        """Columns of categories that menus offer: ground truth, prediction, correctness, subset, cluster, metadata."""
        return [name for name in self.of_role(*_CATEGORY_ROLES) if self.kind(name) == "category"]

    def kind(self, column: str) -> Kind:
        """Whether a column is drawn as numbers or as categories."""
        if self.role(column) == "cluster" or type_of(self.frame[column]) != "number":
            return "category"
        return "number"

    def title(self, column: str) -> str:
        """The column's name within a sentence, its title if the integration gives it one."""
        if self.role(column) == "probability":
            return f"probability of {column.removeprefix('probability_')}"
        return column_title(column, self.columns)

    def heading(self, column: str) -> str:
        """The column's name where it stands alone, as in a menu or above a table."""
        return capitalised(self.title(column))

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """[n], a column of numbers or booleans, NaN where unknown or infinite."""
        return _numbers(self, column)

    def decimals(self, column: str) -> int:
        """How many decimals all numbers of a column are shown with."""
        return _decimals(self, column)

    def categories(self, column: str) -> Categories:
        """A column as categories: labels and clusters in their own order, other values the most frequent first."""
        return _categories(self, column)

    def points(self, projection: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Two times [n], the samples' places on a map; NaN for failed samples."""
        return tuple(self.numbers(f"{projection}_{axis}").astype(np.float32) for axis in "xy")  # type: ignore[return-value]

    def cluster_name(self, cluster: int) -> str:
        """`3: plot, boring, bad`, or the number alone."""
        names = {int(profile["cluster"]): str(profile.get("name") or "") for profile in self.run.clusters}
        return f"{cluster}: {names[cluster]}" if names.get(cluster) else str(cluster)

    def split_filter(self, conditions: Filter) -> tuple[Filter, Filter]:
        """The conditions that this run's columns allow, and the others."""
        fits = tuple(one for one in conditions if _fits(self, one))
        return fits, tuple(one for one in conditions if one not in fits)

    def meets(self, conditions: Filter) -> Mask:
        """[n], which samples meet all conditions; those that do not go with this run's columns are left out."""
        return _meets(self, self.split_filter(conditions)[0])

    def within(self, selection: Selection | None) -> Mask:
        """[n], which samples lie in an area of a map; all without one."""
        if selection is None:
            return np.ones(self.n, dtype=bool)
        return inside(selection.polygon, *self.points(selection.projection))


@dataclass(frozen=True)
class Context:
    """What every view is given."""

    data: Mapping[str, RunData]  #: by name, in the order in which they were given
    reader: TextReader | None
    state_folder: Path  #: where what the user decides is kept
    corpus: Corpus  #: all runs' samples, to be searched

    @property
    def explainer(self) -> Reader | None:
        """The reader, if it can ask the models too."""
        return self.reader if isinstance(self.reader, Reader) else None

    def active(self, state: State) -> RunData:
        """The run that the state speaks of: the first one if it names none that is here."""
        return self.data.get(state.run) or next(iter(self.data.values()))

    @cached_property
    def model_columns(self) -> frozenset[str]:
        """Columns that do not say the same of a sample in every run; a condition on one of them needs a run."""
        runs = list(self.data.values())
        names = {name for data in runs for name in data.columns}
        return frozenset(name for name in names if not all(_agree(runs[0], data, name) for data in runs))

    def run_named(self, condition: Condition, state: State) -> str:
        """The run that a condition speaks of, where there are several and it matters which; else empty."""
        is_shared = len(self.data) == 1 or (condition.column not in self.model_columns and not run_of(condition))
        return "" if is_shared else run_of(condition) or self.active(state).name

    def filter_for(self, state: State, data: RunData) -> Filter:
        """The state's filter as an address in which `data` is the active run has it: it chooses the same samples."""
        named = [(one, self.run_named(one, state)) for one in state.filter]
        return tuple(of_run(one, "" if run == data.name else run) for one, run in named)

    def selection_for(self, state: State, data: RunData) -> Selection | None:
        """The state's area as an address in which `data` is the active run has it: it chooses the same samples."""
        if state.selection is None:
            return None
        run = state.selection.run or self.active(state).name
        return replace(state.selection, run="" if run == data.name else run)

    def fits(self, data: RunData, condition: Condition) -> bool:
        """Whether a condition can be asked while `data` is active: its run is here, and has such a column."""
        home = self._home(condition, data)
        return home is not None and _fits(home, condition)

    def filtered(self, state: State) -> Mask:
        """[n] of the active run: the samples that meet the filter and hold the query."""
        data = self.active(state)
        own = tuple(one for one in state.filter if self._home(one, data) is data)
        mask = data.meets(own) & self.holding(data, state.query)
        for one in state.filter:
            home = self._home(one, data)
            if home is not None and home is not data:
                mask = mask & same_samples(home.meets((one,)), home, data)
        return mask

    def highlighted(self, state: State) -> Mask:
        """[n] of the active run: the filtered samples, of the selected area if there is one.

        The area is looked up on the map of the run in which it was drawn; one of a run that is not here selects all.
        """
        data, selection = self.active(state), state.selection
        home = self.data.get(selection.run) if selection and selection.run else data
        if home is None:
            return self.filtered(state)
        return self.filtered(state) & same_samples(home.within(selection), home, data)

    def holding(self, data: RunData, query: str) -> Mask:
        """[n], samples that a query of `leap_explorer.dashboard.search` finds; all where it cannot be understood."""
        if not query.strip() or self.problem_of(query):
            return np.ones(data.n, dtype=bool)
        return data.frame["id"].astype(str).isin(self.corpus.search(query)).to_numpy(dtype=bool)

    def problem_of(self, query: str) -> str | None:
        """Why a query cannot be understood; None for one that can."""
        try:
            self.corpus.sought(query)
        except QueryError as error:
            return str(error)
        return None

    def sought(self, state: State) -> Query:
        """What texts are searched for, to mark it in them; nothing where the query cannot be understood."""
        return Query() if self.problem_of(state.query) else self.corpus.sought(state.query)

    def text(self, sample_id: str) -> str | None:
        """The sample's text, if someone can read it."""
        return self.reader.text(sample_id) if self.reader else None

    def _home(self, condition: Condition, data: RunData) -> RunData | None:
        """The run whose columns a condition asks, while `data` is active; None if it is not here."""
        return self.data.get(condition.run) if isinstance(condition, RunCondition) and condition.run else data


def make_context(runs: Sequence[Run], reader: TextReader | None, state_folder: Path) -> Context:
    """The context of some runs; two of the same name are told apart by their folder's parent.

    Raises:
        ExplorerError: there is no run.
    """
    if not runs:
        raise ExplorerError("There is no run to explore. Make one with the command `evaluate`.")
    names = [run.name for run in runs]
    unique: list[str] = []
    for run, name in zip(runs, names, strict=True):
        longer = name if names.count(name) == 1 else f"{run.path.resolve().parent.name}/{name}"
        unique.append(longer if longer not in unique else f"{longer} ({len(unique) + 1})")
    data = {name: RunData(run, name) for run, name in zip(runs, unique, strict=True)}
    ids = (sample_id for one in data.values() for sample_id in one.frame["id"].astype(str))
    return Context(data, reader, state_folder, Corpus(ids, lambda one: reader.text(one) if reader else None))


def same_samples(mask: Mask, of: RunData, other: RunData) -> Mask:
    """Of another run, the samples of `of` that the mask marks."""
    if of is other or of.keys == other.keys:
        return mask
    found = np.zeros(other.n, dtype=bool)
    rows = [other.rows[of.keys[row]] for row in np.flatnonzero(mask) if of.keys[row] in other.rows]
    found[rows] = True
    return found


def inside(polygon: Polygon, x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> Mask:
    """[n], which points lie in a polygon, by the even-odd rule; a point at NaN lies nowhere."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    result = np.zeros(len(x), dtype=bool)
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            result ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return result & np.isfinite(x) & np.isfinite(y)


@lru_cache(maxsize=256)
def _numbers(data: RunData, column: str) -> npt.NDArray[np.float64]:
    values = numbers(data.frame[column])
    return _frozen(np.where(np.isfinite(values), values, np.nan))


@lru_cache(maxsize=256)
def _decimals(data: RunData, column: str) -> int:
    return decimals_of(_numbers(data, column).tolist())


def _agree(first: RunData, second: RunData, column: str) -> bool:
    """Whether a column says the same of the samples that both runs have."""
    if not all(data.role(column) in _SHARED_ROLES for data in (first, second)):
        return False
    values = (
        data.frame[column].iloc[rows].reset_index(drop=True)
        for data, rows in zip((first, second), _common_rows(first, second), strict=True)
    )
    return first is second or next(values).equals(next(values))


@lru_cache(maxsize=16)
def _common_rows(first: RunData, second: RunData) -> tuple[list[int], list[int]]:
    """In each of two runs the rows of the samples that both have."""
    common = [key for key in first.keys if key in second.rows]
    return [first.rows[key] for key in common], [second.rows[key] for key in common]


@lru_cache(maxsize=64)
def _categories(data: RunData, column: str) -> Categories:
    series = data.frame[column]
    present = series.dropna()
    values = [value.item() if isinstance(value, np.generic) else value for value in _ordered(data, column, present)]
    kept = values[:MOST_CATEGORIES] if data.role(column) != "cluster" else values
    place = {value: index for index, value in enumerate(kept)}
    others = len(kept)
    codes = np.array([place.get(value, others) for value in series.astype(object)])
    codes[series.isna()] = -1
    names = [_category_name(data, column, value) for value in kept]
    if len(values) > len(kept):
        return Categories(_frozen(codes.astype(np.int16)), [*names, OTHER], [*kept, None])
    return Categories(_frozen(codes.astype(np.int16)), names, kept)


def _ordered(data: RunData, column: str, present: pd.Series) -> Iterable[Any]:
    by_frequency = present.value_counts().index.tolist()
    wanted: list[Any] = {
        "ground_truth": data.labels,
        "prediction": data.labels,
        CORRECTNESS: [CORRECT, WRONG],
        "subset": data.subsets,
    }.get(data.role(column), [])
    if not wanted and type_of(present) != "string":
        wanted = sorted(by_frequency)
    known = set(by_frequency)
    return [value for value in wanted if value in known] + [value for value in by_frequency if value not in wanted]


def _category_name(data: RunData, column: str, value: Any) -> str:
    if data.role(column) == "cluster":
        return data.cluster_name(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=256)
def _meets(data: RunData, conditions: Filter) -> Mask:
    return _frozen(select(data.frame, conditions))


def _fits(data: RunData, condition: Condition) -> bool:
    try:
        _meets(data, (condition,))
    except ExplorerError:
        return False
    return True


def _frozen(array: Any) -> Any:
    """The array, which several share, so that none may change it."""
    array.flags.writeable = False
    return array

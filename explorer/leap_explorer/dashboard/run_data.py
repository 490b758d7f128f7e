"""A run as plain arrays, made once, from which the views draw."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.dashboard.state import Polygon, Selection
from leap_explorer.dashboard.theme import decimals_of
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition, Filter, select
from leap_explorer.insights.judges import Judge
from leap_explorer.insights.rows import Mask, evaluated, held_out, numbers, type_of, wrong
from leap_explorer.insights.wording import capitalised, column_title
from leap_explorer.runs.run import Run

Kind = Literal["number", "category"]

CORRECTNESS = "correctness"
CORRECT, WRONG = "correct", "wrong"
CONFIDENCE = "confidence"

#: Of a text column only so many values have a colour and a legend entry of their own; the rest are `OTHER`.
MOST_CATEGORIES = 12
OTHER = "other values"

#: What a column must be to say the same of a sample in every run; that its values agree is checked as well.
_SHARED_ROLES = ("id", "subset", "ground_truth", "metadata", "hash")
_NUMBER_ROLES = (
    "loss",
    "probability",
    "label_probability",
    CONFIDENCE,
    "number_truth",
    "number_prediction",
    "metric",
    "metadata",
    "outlier_score",
)
_CATEGORY_ROLES = ("ground_truth", "prediction", CORRECTNESS, "subset", "change", "cluster", "metadata")


#: What `run.json` would say of the columns that are made here.
_MADE_HERE = {
    CORRECTNESS: {
        "role": CORRECTNESS,
        "type": "string",
        "direction": None,
        "computes_insights": False,
        "description": "Whether the prediction is the ground truth; unknown where there is no ground truth.",
    },
    CONFIDENCE: {
        "role": CONFIDENCE,
        "type": "float",
        "direction": None,
        "computes_insights": False,
        "title": "probability of the prediction",
        "description": "The highest of the labels' probabilities, 0 to 1: how sure the model is.",
    },
}


@dataclass(frozen=True)
class Categories:
    """A column's values as small numbers."""

    codes: npt.NDArray[np.int16]  #: [n], index into `names`; -1 where the value is not known
    names: list[str]  #: as people read them
    values: list[Any]  #: as a filter's condition names them; None for `OTHER`


@dataclass(frozen=True, eq=False)
class RunData:
    """A run, ready to draw.

    Rows are those of `run.samples`; of a classifier the columns `correctness` and `confidence` come on top.
    """

    run: Run
    name: str  #: unique among the dashboard's runs
    beside: tuple[tuple[str, Run], ...] = ()  #: the dashboard's other runs, by their names there

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The samples, with `correctness`, and with `confidence` where each label has a probability."""
        samples = self.run.samples
        is_wrong = wrong(samples)
        if is_wrong is None:
            return samples
        words = pd.Series(is_wrong, index=samples.index).map({0.0: CORRECT, 1.0: WRONG})
        more: dict[str, Any] = {CORRECTNESS: words.astype("string")}
        probabilities = [name for name, facts in self.run.columns.items() if facts.get("role") == "probability"]
        if len(probabilities) > 1:
            highest = np.max([numbers(samples[name]) for name in probabilities], axis=0)
            more[CONFIDENCE] = pd.array(highest, dtype="Float64")
        return samples.assign(**more)

    @property
    def judge(self) -> Judge:
        """What the run's model says of labels."""
        return Judge(self.name, self.run.samples, self.run.out_of_sample)

    @property
    def other_judges(self) -> tuple[Judge, ...]:
        """What the models of the other runs say of labels."""
        return tuple(Judge(name, run.samples, run.out_of_sample) for name, run in self.beside)

    @cached_property
    def columns(self) -> dict[str, dict[str, Any]]:
        """By column its role, type, direction, description, and its title where it has one."""
        named = {name: facts for name, facts in self.run.columns.items() if name in self.frame}
        return named | {name: facts for name, facts in _MADE_HERE.items() if name in self.frame}

    @property
    def labels(self) -> list[str]:
        """A classifier's labels, in the model's order; none of a regression."""
        return list(self.run.info.get("labels") or [])

    @property
    def alike(self) -> str:
        """What lies near each other in the latent space, as people read it."""
        return str(self.run.info.get("latent", {}).get("alike", "what the model sees alike"))

    def map_title(self, projection: str = "map") -> str:
        """A map's title: what near each other means there."""
        if projection in self.spaces:
            return f"Similarity map: nearby samples are alike in the latent space {self.spaces[projection]}"
        is_models_own = "alike" not in self.run.info.get("latent", {})
        return "Similarity map: " + ("nearby samples look alike to the model" if is_models_own else self.alike)

    @property
    def spaces(self) -> dict[str, str]:
        """The names of further latent spaces, by the projection that maps them."""
        named = self.run.info.get("latent_spaces") or {}
        return {key: str(facts.get("name", key)) for key, facts in named.items()}

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

    def key(self, row: int) -> str:
        """The key of a row, without those of all."""
        return f"{self.frame['subset'].iloc[row]}/{self.frame['id'].iloc[row]}"

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each key."""
        return {key: row for row, key in reversed(list(enumerate(self.keys)))}

    @cached_property
    def is_evaluated(self) -> Mask:
        """Rows that did not fail."""
        return evaluated(self.frame)

    @cached_property
    def is_held_out(self) -> Mask:
        """Labelled rows that the model was not trained on."""
        return held_out(self.frame)

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
        """Two times [n], the samples' places on a map, or on the first if the run has no such; NaN if they failed."""
        projection = projection if f"{projection}_x" in self.frame else "map"
        return tuple(self.numbers(f"{projection}_{axis}").astype(np.float32) for axis in "xy")  # type: ignore[return-value]

    def cluster_name(self, cluster: int) -> str:
        """`3: plot, boring, bad`, or the number alone."""
        names = {int(profile["cluster"]): str(profile.get("name") or "") for profile in self.run.clusters}
        return f"{cluster}: {names[cluster]}" if names.get(cluster) else str(cluster)

    def split_filter(self, conditions: Filter) -> tuple[Filter, Filter]:
        """The conditions that this run's columns allow, and the others."""
        fits = tuple(one for one in conditions if self.allows(one))
        return fits, tuple(one for one in conditions if one not in fits)

    def meets(self, conditions: Filter) -> Mask:
        """[n], which samples meet all conditions; those that do not go with this run's columns are left out."""
        return _meets(self, self.split_filter(conditions)[0])

    def allows(self, condition: Condition) -> bool:
        """Whether a condition can be asked of these samples."""
        try:
            _meets(self, (condition,))
        except ExplorerError:
            return False
        return True

    def within(self, selection: Selection | None) -> Mask:
        """[n], which samples lie in an area of a map; all without one."""
        if selection is None:
            return np.ones(self.n, dtype=bool)
        return _within(self, selection)


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
    result = np.zeros(len(x), dtype=bool)
    (left, bottom), (right, top) = (limit(axis=0) for limit in (np.array(polygon).min, np.array(polygon).max))
    near = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    result[near] = _inside(polygon, x[near].astype(np.float64), y[near].astype(np.float64))
    return result


def _inside(polygon: Polygon, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Mask:
    result = np.zeros(len(x), dtype=bool)
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            result ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return result


@lru_cache(maxsize=8)
def _within(data: RunData, selection: Selection) -> Mask:
    return _frozen(inside(selection.polygon, *data.points(selection.projection)))


@lru_cache(maxsize=256)
def _numbers(data: RunData, column: str) -> npt.NDArray[np.float64]:
    values = numbers(data.frame[column])
    return _frozen(np.where(np.isfinite(values), values, np.nan))


@lru_cache(maxsize=256)
def _decimals(data: RunData, column: str) -> int:
    return decimals_of(_numbers(data, column))


def agree(first: RunData, second: RunData, column: str) -> bool:
    """Whether a column says the same of the samples that both runs have."""
    if not all(data.role(column) in _SHARED_ROLES for data in (first, second)):
        return False
    if first is second:
        return True
    mine, theirs = (
        data.frame[column].iloc[rows].reset_index(drop=True)
        for data, rows in zip((first, second), _common_rows(first, second), strict=True)
    )
    return bool(mine.equals(theirs))


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
    found, distinct = pd.factorize(series)  # -1 where the value is not known
    codes = np.array([*(place.get(value, others) for value in distinct), -1])[found]
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
    return _frozen(select(data.frame, conditions, data.run.words))


def _frozen(array: Any) -> Any:
    """The array, which several share, so that none may change it."""
    array.flags.writeable = False
    return array

"""What every kind of insight asks of a run's samples: which rows count, and a column as plain numbers."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.held_out import ADDITIONAL, NOT_HELD_OUT, TRAINING, Mask, column, evaluated, held_out, known

__all__ = [
    "ADDITIONAL",
    "NOT_HELD_OUT",
    "TRAINING",
    "Columns",
    "Mask",
    "NotApplicable",
    "column",
    "evaluated",
    "finite_loss",
    "held_out",
    "in_subset",
    "is_the_label",
    "known",
    "metadata_columns",
    "numbers",
    "subsets",
    "type_of",
    "wrong",
]

Columns = Mapping[str, Mapping[str, Any]]

_FIRST = 10_000


class NotApplicable(ExplorerError):
    """A kind of insight that the data does not allow; the message says why."""


def type_of(values: pd.Series) -> Literal["number", "bool", "string"]:
    """The type of a column; object columns count as what their known values are."""
    inferred = pd.api.types.infer_dtype(values, skipna=True) if values.dtype == object else ""
    if pd.api.types.is_bool_dtype(values.dtype) or inferred == "boolean":
        return "bool"
    if pd.api.types.is_numeric_dtype(values.dtype) or inferred in ("integer", "floating", "mixed-integer-float"):
        return "number"
    return "string"


def numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    """A column of numbers or booleans as float64, NaN where unknown."""
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def in_subset(samples: pd.DataFrame, subset: str) -> Mask:
    """Samples of one subset whose evaluation did not fail."""
    return (column(samples, "subset") == subset).to_numpy(dtype=bool, na_value=False) & evaluated(samples)


def finite_loss(samples: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Each sample's loss, NaN where it has none.

    Raises:
        NotApplicable: a loss is infinite, so that no mean can be taken.
    """
    loss = numbers(column(samples, "loss"))
    if infinite := int(np.isinf(loss).sum()):
        raise NotApplicable(f"the loss of {infinite:,} samples is infinite, so that no mean can be taken")
    return loss


def subsets(samples: pd.DataFrame) -> list[str]:
    """The run's subsets in order of appearance, without those of which every sample failed."""
    return [str(name) for name in column(samples, "subset")[evaluated(samples)].dropna().unique()]


def wrong(samples: pd.DataFrame) -> npt.NDArray[np.float64] | None:
    """1 where a classifier's prediction is not the ground truth, 0 where it is, NaN where there is none.

    None for what is no classifier, whose predictions are neither right nor wrong.
    """
    if not {"ground_truth", "prediction"} <= set(samples.columns) or type_of(samples["ground_truth"]) != "string":
        return None
    differs = (samples["prediction"] != samples["ground_truth"]).to_numpy(dtype=bool, na_value=True)
    return np.where(known(samples, "ground_truth") & known(samples, "prediction"), differs, np.nan)


def metadata_columns(samples: pd.DataFrame, columns: Columns) -> list[str]:
    """The run's metadata that have at least one value, in the run's order."""
    named = [name for name, facts in columns.items() if facts.get("role") == "metadata" and name in samples.columns]
    return [name for name in named if samples[name].notna().any()]


def is_the_label(samples: pd.DataFrame, name: str) -> bool:
    """Whether a metadata column tells the label and nothing else: each value goes with one label, each label with one.

    A classifier's label counts, whatever it is called or numbered there; of a regression only an equal number.
    """
    if "ground_truth" not in samples.columns:
        return False
    pairs = samples.loc[:, [name, "ground_truth"]]
    first = pairs.iloc[:_FIRST].dropna()  # of most columns they show that already
    if not _pairs_up(first):
        return False
    pairs = pairs.dropna()
    is_number = type_of(samples["ground_truth"]) == "number"
    return _pairs_up(pairs) and len(pairs) > 0 and (is_number or pairs["ground_truth"].nunique() > 1)


def _pairs_up(pairs: pd.DataFrame) -> bool:
    """Whether each value goes with one label and each label with one value, the same of numbers."""
    values, labels = pairs.iloc[:, 0], pairs.iloc[:, 1]
    if type_of(labels) == "number":
        return type_of(values) != "string" and bool((numbers(values) == numbers(labels)).all())
    return bool(values.nunique() == labels.nunique() == len(pairs.drop_duplicates()))

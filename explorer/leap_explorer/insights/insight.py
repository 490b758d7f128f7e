"""What an insight is: one finding about a run, with what it rests on and how to see and test it again."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import Check
from leap_explorer.insights.filters import Condition, Filter, Words, select
from leap_explorer.insights.severity import label_of
from leap_explorer.intervals import Estimate
from leap_explorer.runs.strict_json import plain as plain

_LONGEST_ID = 120


@dataclass(frozen=True)
class Insight:
    """One finding.

    `severity` is 0-1, higher is worse, in the one unit of all kinds that `severity` defines; `severity_interval` is its
    95 % interval, None of a finding that an older version of the explorer wrote.

    `filter` selects exactly the `n_samples` samples in the run, of the `n_total` that were looked at.
    """

    id: str
    kind: str
    title: str
    severity: float
    n_samples: int
    n_total: int
    evidence: dict[str, Any]
    filter: Filter
    subkind: str | None = None
    distinguishing: list[dict[str, Any]] = field(default_factory=list)
    test: Check | None = None
    severity_interval: tuple[float, float] | None = None

    @property
    def severity_label(self) -> str:
        """`low`, `medium` or `high`."""
        return label_of(self.severity)

    def to_dict(self) -> dict[str, Any]:
        """The insight as JSON, with `severity_label`."""
        data = {**asdict(self), "severity_label": self.severity_label}
        data["filter"] = [condition.to_dict() for condition in self.filter]
        data["test"] = self.test.to_dict() if self.test else None
        return data

    @classmethod
    def from_dict(cls, data: Any) -> "Insight":
        """The insight that `to_dict` wrote.

        Raises:
            ExplorerError: it is no insight.
        """
        try:
            values = {name: value for name, value in data.items() if name != "severity_label"}
            values["filter"] = tuple(map(Condition.from_dict, values["filter"]))
            values["test"] = Check.from_dict(values["test"]) if values.get("test") else None
            values["severity_interval"] = tuple(values.get("severity_interval") or ()) or None
            found = cls(**values)
        except (AttributeError, KeyError, TypeError) as error:
            raise ExplorerError(f"This is no insight ({error!r}); make the insights anew.") from error
        if not (isinstance(found.id, str) and re.fullmatch(r"[\w-]+", found.id)):  # it becomes the name of a file
            raise ExplorerError(f"This is no id of an insight: {found.id!r}. Make the insights anew.")
        return found


def new_insight(
    samples: pd.DataFrame,
    kind: str,
    id_parts: Sequence[Any],
    *,
    title: str,
    severity: Estimate | float,
    n_total: int,
    conditions: Filter,
    evidence: dict[str, Any],
    subkind: str | None = None,
    distinguishing: Sequence[dict[str, Any]] = (),
    test: Check | None = None,
    words: Words | None = None,
) -> Insight:
    """An insight of `samples`, whose values are plain (JSON-able) and whose `n_samples` the filter gives.

    A severity that is a number alone has no interval. `words` answer conditions on words.
    """
    value = severity.value if isinstance(severity, Estimate) else severity
    return Insight(
        id=slug(kind, *id_parts),
        kind=kind,
        subkind=subkind,
        title=title,
        severity=float(np.clip(value, 0.0, 1.0)),
        n_samples=int(select(samples, conditions, words).sum()),
        n_total=int(n_total),
        evidence=plain(evidence),
        filter=conditions,
        distinguishing=plain(list(distinguishing)),
        test=test,
        severity_interval=_interval_of(severity) if isinstance(severity, Estimate) else None,
    )


def slug(*parts: Any) -> str:
    """The parts as a name for a file or an address: lower case, words of letters, digits and `_`, joined by `-`."""
    words = [re.sub(r"[^\w]+", "-", str(part).lower()).strip("-") for part in parts]
    return "-".join(filter(None, words))[:_LONGEST_ID]


def _interval_of(severity: Estimate) -> tuple[float, float] | None:
    ends = severity.low, severity.high
    return ends if np.isfinite(ends).all() else None

"""What an insight is: one finding about a run, with what it rests on and how to see and test it again."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import Check
from leap_explorer.insights.filters import Condition, Filter, select

KINDS = (
    "low_performance",
    "out_of_distribution",
    "duplication",
    "data_leakage",
    "domain_gap",
    "mislabeled",
)

#: Severities from which an insight is called medium and high.
MEDIUM, HIGH = 0.02, 0.1

_LONGEST_ID = 120


@dataclass(frozen=True)
class Insight:
    """One finding.

    `severity` is 0-1, higher is worse. It is a share, so that kinds can be ranked together:
    - low performance: of the held-out loss that would vanish were these samples as good as the average (over-fitting:
      were the held-out samples as good as the training ones);
    - out of distribution: the larger of that share and the share of samples beyond what chance puts there, each only
      where it is significant;
    - duplication: of the subset that only repeats other samples of it; data leakage: of the subset that has a twin in
      training;
    - domain gap: of the domain's loss that would vanish were its metadata spread as outside of it, or, where larger,
      of the held-out loss that would vanish were the domain as good as the average;
    - mislabeled: of the examined labels that the model confidently contradicts.

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

    @property
    def severity_label(self) -> str:
        """`low` below 0.02, `medium` below 0.1, else `high`."""
        return "low" if self.severity < MEDIUM else "medium" if self.severity < HIGH else "high"

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
            return cls(**values)
        except (AttributeError, KeyError, TypeError) as error:
            raise ExplorerError(f"This is no insight ({error!r}); make the insights anew.") from error


def new_insight(
    samples: pd.DataFrame,
    kind: str,
    id_parts: Sequence[Any],
    *,
    title: str,
    severity: float,
    n_total: int,
    conditions: Filter,
    evidence: dict[str, Any],
    subkind: str | None = None,
    distinguishing: Sequence[dict[str, Any]] = (),
    test: Check | None = None,
) -> Insight:
    """An insight of `samples`, whose values are plain (JSON-able) and whose `n_samples` the filter gives."""
    return Insight(
        id=slug(kind, *id_parts),
        kind=kind,
        subkind=subkind,
        title=title,
        severity=float(np.clip(severity, 0.0, 1.0)),
        n_samples=int(select(samples, conditions).sum()),
        n_total=int(n_total),
        evidence=plain(evidence),
        filter=conditions,
        distinguishing=plain(list(distinguishing)),
        test=test,
    )


def slug(*parts: Any) -> str:
    """The parts as a name for a file or an address: lower case, words of letters, digits and `_`, joined by `-`."""
    words = [re.sub(r"[^\w]+", "-", str(part).lower()).strip("-") for part in parts]
    return "-".join(filter(None, words))[:_LONGEST_ID]


def plain(value: Any) -> Any:
    """A value with Python's own types only; NaN, infinity and missing values become None."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value

"""Runs in memory, for what compares or tests runs."""

from pathlib import Path

from insight_runs import LABELS, columns_of
from leap_explorer.insights.checks import Check
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.insight import new_insight
from leap_explorer.runs.run import Run


def run_of(samples, insights=()):
    """A run in memory."""
    probabilities = {f"probability_{label}": {"role": "probability"} for label in LABELS}
    columns = {name: probabilities.get(name, facts) for name, facts in columns_of(samples).items()}
    run = Run(Path("run"), {"columns": columns, "labels": list(LABELS)})
    run.__dict__.update(samples=samples, words=None, insights=[one.to_dict() for one in insights])
    return run


def a_slice(samples, column="metadata_hard"):
    conditions = (Condition(column, "==", True),)
    test = Check("hard", conditions, "loss", "mean", "<=", 1.0)
    return new_insight(
        samples, "low_performance", ["hard"], title="It is hard.", severity=0.1, n_total=len(samples),
        conditions=conditions, evidence={"phrase": "hard: yes"}, test=test,
    )  # fmt: skip

"""The texts that runs of tables keep, read for the dashboard. No model is at hand, so nothing is explained."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import Run
from leap_explorer.spreadsheet import to_csv


def texts_of(runs: Sequence[Run]) -> "RunTexts | None":
    """Reads the runs' texts; None where none of them has any.

    Raises:
        ExplorerError: two runs have different texts under one id.
    """
    return RunTexts(runs) if any(run.has_texts for run in runs) else None


class RunTexts:
    """`leap_explorer.explain.reader.TextReader` for the texts that some runs keep."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = [run for run in runs if run.has_texts]
        self._texts: dict[str, str] = {}
        for run in self._runs:
            self._add(run)

    def text(self, sample_id: str) -> str | None:
        return self._texts.get(sample_id)

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        """`id`, `text`, `label` and `subset` of all samples: flips corrected, ambiguous samples left out."""
        return label_csv(self._runs, self._texts.get, decisions)

    def _add(self, run: Run) -> None:
        for sample_id, text in run.texts.items():
            if self._texts.setdefault(sample_id, text) != text:
                raise ExplorerError(
                    f"{run.path} has another text under the id {sample_id} than the run before it. Explore them one at "
                    "a time, or give both tables ids of their own."
                )


def label_csv(
    runs: Sequence[Run], text: Callable[[str], str | None] | None, decisions: Sequence[Mapping[str, Any]]
) -> str:
    """`id`, `text`, `label` and `subset` of all samples: flips corrected, ambiguous samples left out.

    Args:
        text: of a sample by its id; None where samples have none, so that there is no such column.
        decisions: each with `id` and the right `label`, None of an ambiguous sample.
    """
    samples = pd.concat([run.samples[["id", "ground_truth", "subset"]] for run in runs])
    table = samples.drop_duplicates("id").rename(columns={"ground_truth": "label"})
    if text is not None:
        table.insert(1, "text", table["id"].map(text))
    decided = {str(decision["id"]): decision["label"] for decision in decisions}
    is_left_out = table["id"].isin([sample_id for sample_id, label in decided.items() if label is None])
    labels = [decided.get(sample_id, label) for sample_id, label in zip(table["id"], table["label"], strict=True)]
    return to_csv(table.assign(label=pd.Series(labels, table.index, dtype=object))[~is_left_out])

"""What the dashboard asks about runs' samples, answered by their integrations and by what runs of tables keep."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from leap_explorer.contract.door import TIME_LIMIT
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation, TextReader
from leap_explorer.explain.texts import RunTexts, label_csv, texts_of
from leap_explorer.runs.names import unique_names
from leap_explorer.runs.run import Run
from leap_explorer.runs.sources import Sources
from leap_explorer.samples.drawer import SampleDrawer
from leap_explorer.samples.drawings import Drawing, HeatDrawings, Picture
from leap_explorer.samples.reader import RunSamples

_MOST_FAILURES = 3  # in a row, after which no more texts of a run are asked for
_FIRST_TEXT, _LOSS = "A first text.", "loss"
_BATCH = 64  # texts that are read at once; a drawing that is asked for meanwhile waits so long


def reader_of(
    runs: Sequence[Run],
    given: Sequence[Sources | None] = (),
    time_limit: float = TIME_LIMIT,
    trusts_model: bool = False,
    environments: Sequence[Mapping[str, str] | None] = (),
) -> TextReader | SampleDrawer | None:
    """Reads the samples of some runs; None where nothing is known of where they are.

    Args:
        given: for each run where its integration and model are now; None, or nothing, for where the run says they were.
        time_limit: seconds that an integration's code may take for one step.
        trusts_model: whether code that a model file holds, as in Lambda layers, may be run.
        environments: for each run the variables of its integration's process; None, or nothing, for this one's.

    Raises:
        ExplorerError: two runs of tables have different texts under one id, or the pyproject.toml of an integration
            names something impossible.
    """
    places = list(given) or [None] * len(runs)
    samples = {
        run.path: RunSamples(run, place, time_limit, trusts_model, variables)
        for run, place, variables in zip(runs, places, list(environments) or [None] * len(runs), strict=True)
        if place or run.sources
    }
    tables = texts_of(runs)
    if not samples:
        return tables
    if all(run.path in samples and samples[run.path].own_texts for run in runs):
        return IntegrationExplainer(runs, samples, tables)
    shows_text = any(one.shows_text for one in samples.values())
    return IntegrationTextReader(runs, samples, tables) if shows_text or tables else IntegrationReader(samples)


class IntegrationReader:
    """`leap_explorer.samples.drawer.SampleDrawer` by runs' integrations."""

    def __init__(self, samples: Mapping[Path, RunSamples]) -> None:
        """`samples` by the run's folder."""
        self._samples = samples

    def draws(self, run: Run) -> bool:
        return run.path in self._samples

    def shows_pictures(self, run: Run) -> bool:
        return self.draws(run) and self._of(run).shows_pictures

    def drawings(self, run: Run, subset: str, sample_id: str) -> tuple[Drawing, ...]:
        return self._of(run).drawings(subset, sample_id)

    def heats(self, run: Run, subset: str, sample_id: str, target: int | Literal["loss"]) -> HeatDrawings:
        return self._of(run).heats(subset, sample_id, target)

    def thumbnail(self, run: Run, subset: str, sample_id: str) -> Picture | None:
        return self._of(run).thumbnail(subset, sample_id)

    def notes(self, run: Run) -> Sequence[str]:
        return self._of(run).notes

    def preparation(self) -> list[Callable[[], object]]:
        """Opening each integration and its model."""
        return [one.prepare for one in self._samples.values()]

    def close(self) -> None:
        """End the integrations' processes."""
        for one in self._samples.values():
            one.close()

    def _of(self, run: Run) -> RunSamples:
        if run.path not in self._samples:
            raise ExplorerError(f"The run {run.name} was made of a table, which shows no samples.")
        return self._samples[run.path]


class IntegrationTextReader(IntegrationReader):
    """`leap_explorer.explain.reader.TextReader` too: the words that integrations show, and texts that runs keep.

    A text is read with those beside it, and kept.
    """

    def __init__(self, runs: Sequence[Run], samples: Mapping[Path, RunSamples], tables: RunTexts | None) -> None:
        super().__init__(samples)
        self._runs, self._tables = runs, tables
        self._texts: dict[str, str | None] = {}
        self._failures: Counter[Path] = Counter()

    def text(self, sample_id: str) -> str | None:
        """None where the integration is out of reach, too: the sample's page says why."""
        kept = self._tables.text(sample_id) if self._tables else None
        if kept is not None:
            return kept
        if sample_id not in self._texts and sample_id in self._places:
            self._texts |= self._read_around(sample_id)
        return self._texts.get(sample_id)

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        return label_csv(self._runs, self.text, decisions)

    @cached_property
    def _places(self) -> dict[str, tuple[Run, int]]:
        """By id the first run that shows its text, and its row there."""
        found: dict[str, tuple[Run, int]] = {}
        for run in self._runs:
            if run.path in self._samples and self._samples[run.path].shows_text:
                for row, sample_id in enumerate(run.samples["id"].astype(str)):
                    found.setdefault(sample_id, (run, row))
        return found

    def _read_around(self, sample_id: str) -> dict[str, str | None]:
        run, row = self._places[sample_id]
        start = row - row % _BATCH
        batch = run.samples.iloc[start : start + _BATCH]
        batch = batch[batch["subset"] == run.samples["subset"].iloc[row]]
        ids = batch["id"].astype(str).tolist()
        if self._failures[run.path] >= _MOST_FAILURES:
            return dict.fromkeys(ids)
        try:
            texts = self._of(run).texts(str(batch["subset"].iloc[0]), ids)
        except ExplorerError:
            self._failures[run.path] += 1
            return dict.fromkeys(ids)
        self._failures[run.path] = 0
        return dict(zip(ids, texts, strict=True))


class IntegrationExplainer(IntegrationTextReader):
    """`leap_explorer.explain.reader.Reader` too, where every run's integration has `OwnTexts`."""

    def explain(self, run: str, text: str, target: str) -> Explanation:
        return self._named[run].explain(text, target)

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        return next(iter(self._samples.values())).label_csv(decisions)

    def preparation(self) -> list[Callable[[], object]]:
        """Reading the texts, and a first explanation by each model."""
        first = next(iter(self._named.values()))
        targets = {name: (one.task.labels or (_LOSS,))[0] for name, one in zip(self._named, self._runs, strict=True)}
        asked = [partial(self.explain, name, _FIRST_TEXT, target) for name, target in targets.items()]
        return [partial(first.texts, "", ()), *asked]

    @cached_property
    def _named(self) -> dict[str, RunSamples]:
        """By the name that the dashboard gives to the run."""
        return dict(zip(unique_names(self._runs), (self._samples[run.path] for run in self._runs), strict=True))

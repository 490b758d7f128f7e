"""What the views draw from: the runs, and which samples a state speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from leap_explorer.dashboard import collected
from leap_explorer.dashboard.run_data import RunData, agree, same_samples
from leap_explorer.dashboard.search import Corpus, Query, QueryError
from leap_explorer.dashboard.state import COLLECTION, RunCondition, Selection, State, of_run, run_of
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Reader, TextReader
from leap_explorer.insights.claims import Claim
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import Mask
from leap_explorer.runs.names import unique_names
from leap_explorer.runs.run import Run
from leap_explorer.samples.drawer import SampleDrawer


@dataclass(frozen=True)
class Context:
    """What every view is given."""

    data: Mapping[str, RunData]  #: by name, in the order in which they were given
    asked: TextReader | SampleDrawer | None  #: what knows the samples, and perhaps the models
    state_folder: Path  #: where what the user decides is kept
    corpus: Corpus  #: all runs' samples, to be searched
    claims: tuple[Claim, ...] = ()  #: what somebody says of the models

    @property
    def reader(self) -> TextReader | None:
        """Reads the samples' texts, if somebody can."""
        return self.asked if isinstance(self.asked, TextReader) else None

    @property
    def drawer(self) -> SampleDrawer | None:
        """Shows samples as their integration does, if somebody can."""
        return self.asked if isinstance(self.asked, SampleDrawer) else None

    @property
    def explainer(self) -> Reader | None:
        """The reader, if it can ask the models too."""
        return self.asked if isinstance(self.asked, Reader) else None

    def active(self, state: State) -> RunData:
        """The run that the state speaks of: the first one if it names none that is here."""
        return self.data.get(state.run) or next(iter(self.data.values()))

    @cached_property
    def model_columns(self) -> frozenset[str]:
        """Columns that do not say the same of a sample in every run; a condition on one of them needs a run."""
        runs = list(self.data.values())
        names = {name for data in runs for name in data.columns}
        return frozenset(name for name in names if not all(agree(runs[0], data, name) for data in runs))

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
        if condition.column == COLLECTION:
            return collected.allows(self.state_folder, condition)
        home = self._home(condition, data)
        return home is not None and home.allows(condition)

    def filtered(self, state: State) -> Mask:
        """[n] of the active run: the samples that meet the filter and hold the query."""
        data = self.active(state)
        asked = tuple(one for one in state.filter if one.column != COLLECTION)
        own = tuple(one for one in asked if self._home(one, data) is data)
        mask = data.meets(own) & self.holding(data, state.query)
        for one in state.filter:
            if one.column == COLLECTION:
                mask = mask & collected.meets(self.state_folder, data, one)
        for one in asked:
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
        return _rows_of_ids(data, self.corpus.search(query))

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


@lru_cache(maxsize=8)
def _rows_of_ids(data: RunData, ids: frozenset[str]) -> Mask:
    """[n], which samples have one of the ids."""
    return data.frame["id"].isin(ids).to_numpy(dtype=bool, na_value=False)


def make_context(
    runs: Sequence[Run], asked: TextReader | SampleDrawer | None, state_folder: Path, claims: Sequence[Claim] = ()
) -> Context:
    """The context of some runs; two of the same name are told apart by their folder's parent.

    Raises:
        ExplorerError: there is no run.
    """
    if not runs:
        raise ExplorerError("There is no run to explore. Make one with the command `evaluate`.")
    named = list(zip(unique_names(runs), runs, strict=True))
    data = {name: RunData(run, name, tuple(one for one in named if one[1] is not run)) for name, run in named}
    reader = asked if isinstance(asked, TextReader) else None
    ids = (sample_id for one in data.values() for sample_id in one.frame["id"].astype(str))
    return Context(
        data, asked, state_folder, Corpus(ids, lambda one: reader.text(one) if reader else None), tuple(claims)
    )

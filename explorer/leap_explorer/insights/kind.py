"""What a kind of insight is made of; each kind's module makes one, and `kinds.KINDS` lists them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.insight import Insight
from leap_explorer.insights.rows import Columns
from leap_explorer.runs.words import ShownWords

#: Its name, and what it says: a line of an insight's evidence.
Sentence = tuple[str, str]


@dataclass(frozen=True)
class Subject:
    """What is looked into.

    `columns` says what each column of `samples` is (as in run.json), `signatures` [samples, 128] are those of near-
    identical inputs, `out_of_sample` has probabilities of training samples (see `label_issues`), `domain` is the column
    whose parts are compared, `cluster_names` are for titles, and `words` are those that the samples show.
    """

    samples: pd.DataFrame
    columns: Columns
    signatures: npt.NDArray[np.uint32] | None = None
    out_of_sample: pd.DataFrame | None = None
    domain: str = "subset"
    cluster_names: Mapping[int, str] = field(default_factory=dict)
    words: ShownWords | None = None


def plain_sides(_insight: Insight) -> tuple[str, str]:
    """What the insight's samples, and those that they are compared with, are called."""
    return "these samples", "the others"


def whole_title(insight: Insight) -> str:
    """The title, where it is short enough."""
    return insight.title.removesuffix(".")


@dataclass(frozen=True)
class Kind:
    """One kind of insight."""

    name: str  #: that of its insights' `subkind`, or else `kind`
    #: Raises `NotApplicable` where the data do not allow it.
    find: Callable[[Subject], list[Insight]]
    #: The evidence of such an insight, for readers who have not seen a p-value before.
    in_words: Callable[[Insight], Iterator[Sentence]]
    #: What to do about it, as an imperative without a full stop.
    action: Callable[[Insight], str]
    sides: Callable[[Insight], tuple[str, str]] = plain_sides
    #: The finding in a few words, without a full stop.
    headline: Callable[[Insight], str] = whole_title

    @property
    def title(self) -> str:
        """The kind as people read it, such as `over fitting`."""
        return self.name.replace("_", " ")

"""What the dashboard asks of the side that knows the data and the models; a run itself holds neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from leap_explorer.explain.alignment import Span


@dataclass(frozen=True)
class Explanation:
    """A text as one model reads it."""

    probabilities: dict[str, float]  #: by label, 0 to 1
    target: str  #: what the scores explain: a label, or `loss`
    spans: tuple[Span, ...]  #: the text's pieces in order, each with its signed score or None
    method: str
    settings: dict[str, Any]
    faithfulness: dict[str, Any] | None  #: as `leap_explorer.explain.faithfulness` measures it; None where it was not
    warning: str | None  #: why the scores must not be shown as a map


@runtime_checkable
class TextReader(Protocol):
    """Reads samples. Ids are the integration's own; where two subsets share one, the first counts."""

    def text(self, sample_id: str) -> str | None:
        """The sample's text as it was written; None if there is none. Markup in it is data."""

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        """A CSV of texts and labels to train on, with the decisions (`id`, `verdict`, `label`) carried out."""


@runtime_checkable
class Reader(TextReader, Protocol):
    """Reads samples and asks models."""

    def explain(self, run: str, text: str, target: str) -> Explanation:
        """What drives a run's model on a text; `target` is a label or `loss`. May take seconds.

        Raises:
            ExplorerError: the model cannot be asked, as where its file is missing.
        """

"""What kind of task a model does, as `run.json` says it under `task`; it decides which figures mean anything."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["single-label", "binary", "multi-label", "regression", "vector-regression", "positions", "other"]
Activation = Literal["probabilities", "shares", "logits"]

#: Each kind in words, as the page and the commands say it.
IN_WORDS: dict[Kind, str] = {
    "single-label": "one label of several",
    "binary": "one label of two, from one output",
    "multi-label": "any number of labels",
    "regression": "a number",
    "vector-regression": "several numbers",
    "positions": "a class for each position (token or pixel)",
    "other": "something else, which only the integration's own metrics judge",
}
#: What decided the kind, as the page and the commands say it.
_DECIDED_BY = {
    "outputs": "found from its values",
    "hand": "set by hand",
    "table": "as the table's columns say",
    "version": "taken to be so, as the run is of an earlier version",
}
KINDS: tuple[Kind, ...] = get_args(Kind)

#: So many numbers of a vector are kept in the run, each with its figures; of more only the mean error is.
MOST_NUMBERS = 64


@dataclass(frozen=True)
class Task:
    """What the analysed output is, and what it is compared with."""

    kind: Kind
    #: Of classes, in the order of the outputs; of a vector the numbers' names.
    labels: tuple[str, ...] = ()
    #: `probabilities` (they sum to 1), `shares` (each 0 to 1 by itself), or `logits`, of any size.
    activation: Activation = "logits"
    output: str | None = None  #: the name of the analysed output, where the integration gives it one
    output_index: int = 0
    ground_truth: str | None = None  #: the encoder that it is compared with
    class_axis: int | None = (
        None  #: of positions, the axis of one sample's output that holds the classes; None: none does
    )
    decided_by: Literal["outputs", "hand", "table", "version"] = "outputs"

    @property
    def is_classifier(self) -> bool:
        """Whether each sample has one label, with a probability for each."""
        return self.kind in ("single-label", "binary")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the numbers that the run keeps of a vector regression."""
        return self.labels if self.kind == "vector-regression" and len(self.labels) <= MOST_NUMBERS else ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def sentence(self) -> str:
        """Such as `The output kind says one label of several (3 labels), found from its values and those of truth.`"""
        what = f" ({len(self.labels):,} {self._unit})" if len(self.labels) > 1 and self.kind != "binary" else ""
        of = f" {self.output}" if self.output else ""
        by = _DECIDED_BY[self.decided_by]
        if self.decided_by == "outputs" and self.ground_truth:
            by += f" and those of the ground truth {self.ground_truth}"
        return f"The output{of} says {IN_WORDS[self.kind]}{what}, {by}."

    @property
    def _unit(self) -> str:
        return {"vector-regression": "numbers", "positions": "classes"}.get(self.kind, "labels")


def task_of(info: Mapping[str, Any]) -> Task:
    """The task that `run.json` names; a run of an earlier version names none, and is a classifier or a regression."""
    said = info.get("task")
    if isinstance(said, Mapping) and said.get("kind") in KINDS:
        known = {name: said[name] for name in Task.__dataclass_fields__ if name in said}
        return Task(**{**known, "labels": tuple(map(str, said.get("labels") or ()))})
    labels = info.get("labels")
    if labels:
        return Task("single-label", tuple(labels), "probabilities", decided_by="version")
    return Task("regression", decided_by="version")

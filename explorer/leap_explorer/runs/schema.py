"""What the columns of a run's samples are: their roles, types, directions and descriptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from leap_explorer.contract.docstrings import Description
from leap_explorer.runs.task import Task

#: Of one sample: how many of its positions or elements are such. `matrix` is `POSITIONS`, where `truth` and
#: `prediction` are classes; or a metric, where `truth` is an element's label and `prediction` one of four outcomes.
CONFUSIONS_TYPE = pa.list_(
    pa.struct({"matrix": pa.string(), "truth": pa.string(), "prediction": pa.string(), "count": pa.int32()})
)
POSITIONS = "positions"

#: How the error of a sample begins of which the model or the loss gives no finite number.
NOT_FINITE = "Not finite: "

#: By the type that `run.json` names.
ARROW_TYPES = {"int": pa.int64(), "float": pa.float32(), "bool": pa.bool_(), "string": pa.string()}


@dataclass(frozen=True)
class RunSchema:
    """The columns of a run."""

    task: Task
    losses: tuple[str, ...]
    metrics: dict[str, tuple[str | None, bool]]  #: direction and whether insights are computed, by name
    confusion_counts: tuple[str, ...]  #: the metrics that count a sample's true and false positives and negatives
    metadata: dict[str, str]  #: type by name
    latent: str  #: "model", or a registered latent space
    latent_source: str
    dimensions: int  #: of the latent space
    spaces: dict[str, int]  #: the dimensions of each further latent space, by name
    has_text: bool
    has_confusions: bool  #: whether each sample has counts of its own: of positions, or of a metric's elements by label
    input_shapes: dict[str, tuple[int, ...]]  #: of one sample, by encoder in the order of the model's inputs
    descriptions: dict[str, Description] = field(default_factory=dict)  #: of metrics and metadata, by name
    elements: dict[str, dict[str, Any]] = field(default_factory=dict)  #: the columns of `elements.parquet`; else empty

    def columns(self) -> dict[str, dict[str, Any]]:
        """What `run.json` says of each column of `samples.parquet`, in the file's order; `title` where there is one."""
        value = "string" if self.labels or self.task.kind == "multi-label" else "float"
        columns = {
            "id": _column("id", "string", "The sample's id."),
            "subset": _column("subset", "string", "training, validation, test, unlabeled or additional."),
            "ground_truth": _column("ground_truth", value, "What the data says is right; empty if it does not say."),
            "prediction": _column("prediction", value, "What the model says."),
        }
        columns |= self._of_task()
        for loss in self.losses:
            name = self.loss_column(loss)
            columns[name] = _column("loss", "float", f"The loss {loss}; lower is better.", "down", True)
        for metric, (direction, computes_insights) in self.metrics.items():
            is_count = metric in self.confusion_counts
            columns[f"metric_{metric}"] = self._titled(metric) | _column(
                "confusion" if is_count else "metric",
                "float",
                self._meaning(metric),
                None if is_count else direction,  # the matrix's direction is not that of each of its cells
                computes_insights,
            )
        for name, kind in self.metadata.items():
            columns[f"metadata_{name}"] = self._titled(name) | _column("metadata", kind, self._meaning(name))
        for key, name in self.spaces_by_key.items():
            for axis, which in (("x", "First"), ("y", "Second")):
                of = f"{which} coordinate of the map of the latent space {name}."
                columns[f"{key}_{axis}"] = _column("map", "float", of)
        return columns | {
            "input_hash": _column("hash", "int", "Equal for samples of identical inputs and words."),
            "error": _column("error", "string", "Why the sample could not be evaluated; empty if it could."),
            "map_x": _column("map", "float", "First coordinate of the map of the latent space."),
            "map_y": _column("map", "float", "Second coordinate of the map of the latent space."),
            "pca_x": _column("map", "float", "First principal component of the latent space."),
            "pca_y": _column("map", "float", "Second principal component of the latent space."),
            "cluster": _column("cluster", "int", "The k-means cluster in the latent space."),
            **(TOPIC_COLUMNS if self.has_text else {}),
            "outlier_score": _column(
                "outlier_score",
                "float",
                "Mean distance to the nearest training samples in the latent space, in units of the training samples' "
                "median; 1 is typical, higher is stranger.",
            ),
        }

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Of what gives each sample one label; None of all else."""
        return self.task.labels if self.task.is_classifier else None

    def _of_task(self) -> dict[str, dict[str, Any]]:
        """The columns that hold what the model says, and what is right, in more than one value."""
        task = self.task
        found: dict[str, dict[str, Any]] = {}
        for label in self.labels or ():
            found[f"probability_{label}"] = _column(
                "probability", "float", f"The model's probability of {label}, 0 to 1."
            )
        for label in task.labels if task.kind == "multi-label" else ():
            facts = _column("label_probability", "float", f"The model's probability of {label}, 0 to 1, by itself.")
            found[f"label_probability_{label}"] = {"title": f"probability of {label}"} | facts
            found[f"label_truth_{label}"] = _column(
                "label_truth", "float", f"1 where {label} is right, 0 where it is not."
            )
        for name in task.numbers:
            found[f"true_{name}"] = _column("number_truth", "float", f"What is right for {name}.")
            found[f"predicted_{name}"] = _column("number_prediction", "float", f"What the model says of {name}.")
        if task.kind == "vector-regression":
            meaning = "Mean over the numbers of their distance from what is right, 0 upwards; lower is better."
            found["absolute_error"] = {"title": "absolute error"} | _column("metric", "float", meaning, "down")
        if task.kind == "positions":
            meaning = "Share of the sample's positions that the model gets right, 0 to 1; higher is better."
            found["position_accuracy"] = {"title": "accuracy by position"} | _column(
                "metric", "float", meaning, "up", True
            )
            found["positions"] = _column("positions", "int", "Positions (tokens or pixels) that have a class.")
        return found

    def _titled(self, name: str) -> dict[str, Any]:
        """The title of a metric or metadata, if the integration gives it one."""
        title = self.descriptions[name].title if name in self.descriptions else ""
        return {"title": title} if title else {}

    def _meaning(self, name: str) -> str:
        return self.descriptions[name].meaning if name in self.descriptions else ""

    def _element_fields(self) -> list[pa.Field]:
        return [pa.field(name, ARROW_TYPES[facts["type"]]) for name, facts in self.elements.items()]

    @property
    def spaces_by_key(self) -> dict[str, str]:
        """The names of the further latent spaces by what their files and columns are called."""
        return {space_key(place): name for place, name in enumerate(self.spaces, start=1)}

    @property
    def scored(self) -> list[str]:
        """The columns that scoring gives; those of the map, the clusters and the outliers come later."""
        later = ("map", "cluster", "topic", "outlier_score")
        return [name for name, facts in self.columns().items() if facts["role"] not in later]

    def loss_column(self, loss: str) -> str:
        """The first loss is `loss`; any further ones carry their names."""
        return "loss" if loss == self.losses[0] else f"loss_{loss}"

    def arrow(self) -> pa.Schema:
        """Of one part: the scored columns, the latent vector and, with text, the signature."""
        columns = self.columns()
        fields = [pa.field(name, ARROW_TYPES[columns[name]["type"]]) for name in self.scored]
        fields[self.scored.index("input_hash")] = pa.field("input_hash", pa.uint64())
        fields.append(pa.field("latent", pa.list_(pa.float32(), self.dimensions)))
        for key, dimensions in zip(self.spaces_by_key, self.spaces.values(), strict=True):
            fields.append(pa.field(key, pa.list_(pa.float32(), dimensions)))
        if self.has_confusions:
            fields.append(pa.field("confusions", CONFUSIONS_TYPE))
        if self.elements:
            fields.append(pa.field("elements", pa.list_(pa.struct(self._element_fields()))))
        if self.has_text:
            fields.append(pa.field("signature", pa.list_(pa.uint32(), 128)))
        return pa.schema(fields)


def element_columns(
    metrics: Mapping[str, str | None], metadata: Mapping[str, str], descriptions: Mapping[str, Description]
) -> dict[str, dict[str, Any]]:
    """What `run.json` says of each column of `elements.parquet`, but for `row`.

    Args:
        metrics: the direction by name.
        metadata: the type by name.
    """
    columns = {
        "id": _column("id", "string", "The element's id: that of its sample, and its number there."),
        "name": _column("name", "string", "As the integration calls it."),
        "share": _column("share", "float", "Mean of its mask: the share of the sample that it covers, 0 to 1."),
        "is_false_positive": _column("false_positive", "bool", "Whether the model found it where there is none."),
    }
    for name, direction in metrics.items():
        meaning = descriptions[name].meaning if name in descriptions else ""
        columns[f"metric_{name}"] = _column("metric", "float", meaning, direction)
    return columns | {f"metadata_{name}": _column("metadata", kind, "") for name, kind in metadata.items()}


def space_key(place: int) -> str:
    """What the files and columns of the further latent space of this number, 1 upwards, are called."""
    return f"space{place}"


def _column(
    role: str, kind: str, description: str, direction: str | None = None, computes_insights: bool = False
) -> dict[str, Any]:
    return {
        "role": role,
        "type": kind,
        "direction": direction,
        "computes_insights": computes_insights,
        "description": description,
    }


TOPIC_COLUMNS = {
    name: _column(
        "topic", "int", f"Of the {kind} groups of samples with similar words; neighbouring numbers are alike."
    )
    for name, kind in {"topic": "broad", "subtopic": "narrow"}.items()
}

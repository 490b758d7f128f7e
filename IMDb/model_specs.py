"""The two models: what each is called, where it lies, and what it gives."""

from dataclasses import dataclass
from pathlib import Path

from IMDb.config import MODELS_DIR, ModelName


@dataclass(frozen=True)
class ModelSpec:
    """What the binder, the commands and `leap push` need to know of a model."""

    name: ModelName
    path: Path
    push_type: str  #: of `leap push --type`
    input_names: tuple[str, ...]  #: in the order of the model file's inputs
    from_logits: bool  #: whether the output is logits; else it is probabilities

    @property
    def history_path(self) -> Path:
        """The training history: JSON, one entry an epoch."""
        return self.path.with_suffix(".history.json")

    @property
    def seen_path(self) -> Path:
        """Hashes of the texts that it was trained on."""
        return self.path.with_suffix(".seen.npy")


MODELS: dict[ModelName, ModelSpec] = {
    "dense": ModelSpec("dense", MODELS_DIR / "dense.h5", "H5_TF2", ("tokens",), from_logits=True),
    "bert": ModelSpec(
        "bert",
        MODELS_DIR / "bert.onnx",
        "ONNX",
        ("input_ids", "attention_mask", "token_type_ids"),
        from_logits=True,
    ),
}

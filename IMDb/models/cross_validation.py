"""What `imdb cross-validate` does: predict every training review with a dense model that has not learned from it.

A label can be suspected only by such a model: one that has learned the label by heart agrees with it.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from IMDb.config import LABELS, MODELS_DIR, Config
from IMDb.errors import UserError
from IMDb.metrics import softmax
from IMDb.models import dense
from IMDb.models.dense_pipeline import fit_tokenizer
from IMDb.reviews.dataset import text_hash
from IMDb.reviews.tables import TableWriter
from leap_explorer.silent_imports import import_keras

OUT_OF_SAMPLE_PATH = MODELS_DIR / "dense.out_of_sample.parquet"

Report = Callable[[int, int, float | None], None]  # batches done, batches of all folds, a finished fold's accuracy


def fold_numbers(texts: pd.Series, folds: int, seed: int) -> npt.NDArray[np.int_]:
    """[n], 0 to `folds` - 1, by a seeded hash of the text: identical texts are in one fold, whatever their order."""
    # By its last digits: by its first ones the validation split was chosen
    return np.array([int(text_hash(text, seed)[-8:], 16) % folds for text in texts])


def cross_validate(
    config: Config,
    reviews: pd.DataFrame,
    folds: int = 5,
    epochs: int = dense.EPOCHS,
    report: Report = lambda batch, batches, accuracy: None,
) -> pd.DataFrame:
    """Train a dense model for each fold on the others, tokenizer included, and let it predict the fold.

    Each trains for all epochs with the recipe of `imdb train dense`; nothing is chosen on the fold.

    Returns:
        One row a training review: `id`, `fold` and `probability_<label>` of each label (float32, 0-1).

    Raises:
        UserError: a fold would be empty.
    """
    keras = import_keras()
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    training = reviews[reviews["split"] == "training"]
    numbers = fold_numbers(training["text"], folds, config.seed)
    sizes = np.bincount(numbers, minlength=folds)
    if (sizes == 0).any():
        raise UserError(f"{len(training)} training reviews do not fill {folds} folds; ask for fewer.")
    batches = [epochs * -(-(len(training) - int(size)) // dense.BATCH_SIZE) for size in sizes]
    probabilities = np.empty((len(training), len(LABELS)), dtype=np.float32)
    for fold in range(folds):
        keras.utils.set_random_seed(config.seed + fold)
        is_out = numbers == fold
        seen, unseen = training[~is_out], training[is_out]
        tokenizer = fit_tokenizer(seen, config.dense)
        model = dense.build(len(tokenizer.vocab), tokenizer.max_length)
        arrays = [
            (dense.input_matrix(rows["text"].tolist(), tokenizer), rows["label"].to_numpy(dtype=np.int64))
            for rows in (seen, unseen)
        ]
        per_epoch, before = batches[fold] // epochs, sum(batches[:fold])

        def on_batch(epoch: int, batch: int, per_epoch: int = per_epoch, before: int = before) -> None:
            report(before + (epoch - 1) * per_epoch + batch, sum(batches), None)

        dense.fit(model, arrays[0], epochs, on_batch)
        logits = model.predict(arrays[1][0], batch_size=dense.EVALUATION_BATCH, verbose=0)
        probabilities[is_out] = softmax(logits)
        report(before + batches[fold], sum(batches), float((logits.argmax(axis=1) == arrays[1][1]).mean()))
    table = pd.DataFrame({"id": training["id"].to_numpy(), "fold": numbers.astype(np.int8)})
    for column, label in enumerate(LABELS):
        table[f"probability_{label}"] = probabilities[:, column]
    return table


def write_out_of_sample(table: pd.DataFrame, path: Path = OUT_OF_SAMPLE_PATH) -> None:
    """Write the table as Parquet, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TableWriter(path) as writer:
        writer.write(table)

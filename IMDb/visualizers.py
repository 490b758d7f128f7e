"""What a person sees of one sample: unbatched numpy in, a code-loader class out."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt
from code_loader.contract.visualizer_classes import LeapHorizontalBar, LeapText, LeapTextMask

from IMDb.config import LABELS
from IMDb.metrics import probabilities
from IMDb.text.tokenizers import Tokenizer, WholeReview

Array = npt.NDArray[np.floating]

#: Meaning of the mask's values, 0 to 3.
MASK_LABELS = ("read", "out of vocabulary", "cut off", "changed")


def unbatched(values: Array, ndim: int = 1) -> Array:
    """`values` without a leading axis of 1: the integration test passes batches of one, the platform single samples."""
    return values[0] if values.ndim == ndim + 1 and values.shape[0] == 1 else values


def words_text(ids: Array, tokenizer: Tokenizer) -> LeapText:
    """The words that the model reads, in its order: padding and special tokens dropped, sub-words merged."""
    words, _ = tokenizer.words(unbatched(ids))
    return LeapText(words)


def words_heatmap(heatmap: Array, ids: Array, tokenizer: Tokenizer) -> npt.NDArray[np.float32]:
    """A heat-map over input positions as one over the words of `words_text`: the sum over each word's sub-words.

    Summing keeps the total of an attribution, less what fell on padding and special tokens.

    Args:
        heatmap: [n_positions], any further axes (an embedding's, say) are summed first; a leading axis of 1 is allowed.
        ids: [n_positions], the input that the heat-map belongs to.

    Returns:
        [n_words]
    """
    ids = unbatched(ids)
    per_position = heatmap.reshape(len(ids), -1).sum(axis=1)
    words, word_of = tokenizer.words(ids)
    kept = word_of >= 0
    return np.bincount(word_of[kept], weights=per_position[kept], minlength=len(words)).astype(np.float32)


def unread_mask(review: WholeReview, original: Sequence[str] | None = None) -> LeapTextMask:
    """The whole review, marked where the model cannot read: words outside the vocabulary and words cut off.

    Args:
        original: of a simulated review the words before the change; those that are new are marked as changed.
    """
    mask = np.where(review.is_cut, 2, review.is_oov).astype(np.uint8)
    if original is not None:
        mask[changed_words(original, review.words)] = 3
    return LeapTextMask(mask, review.words, list(MASK_LABELS))


def read_mask(words: LeapText) -> LeapTextMask:
    """The words that the model reads, of which none is marked."""
    return LeapTextMask(np.zeros(len(words.data), dtype=np.uint8), words.data, list(MASK_LABELS))


def changed_words(before: Sequence[str], after: Sequence[str]) -> npt.NDArray[np.bool_]:
    """[len(after)], which words are not in a longest common sequence of both."""
    is_changed = np.ones(len(after), dtype=bool)
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        is_changed[block.b : block.b + block.size] = False
    return is_changed


def prediction_bar(prediction: Array, ground_truth: Array, from_logits: bool) -> LeapHorizontalBar:
    """The probability of each class beside the truth; without a label (an empty ground truth) alone."""
    body = probabilities(unbatched(prediction), from_logits).astype(np.float32)
    truth = unbatched(ground_truth).astype(np.float32)
    return LeapHorizontalBar(body, list(LABELS), gt=truth if truth.size else None)


def ground_truth_bar(ground_truth: Array) -> LeapHorizontalBar:
    """The label as a bar, in the classes' order."""
    truth = unbatched(ground_truth).astype(np.float32)
    return LeapHorizontalBar(truth if truth.size else np.zeros(len(LABELS), np.float32), list(LABELS))

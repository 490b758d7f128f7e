"""A latent space of the data alone: reviews that use the same words lie close together, whatever a model thinks."""

from functools import cache

import numpy as np
import numpy.typing as npt

from IMDb.text.tokenizers import Ids

WIDTH = 256
STOP_WORDS = 50  # the most frequent words, which every review uses, weigh nothing


def bag_of_words(word_ids: Ids, first_word_id: int, vocab_size: int) -> npt.NDArray[np.float32]:
    """Hashed bag of words, [256], length 1 (all zeros for a review without a word that weighs something).

    Each occurrence of a word adds the word's weight, with the word's random sign, to the word's random one of the 256
    features (feature hashing, Weinberger et al. 2009), which keeps dot products in expectation. The weight is
    log(rank / 50), or 0 for the 50 most frequent words: the vocabulary is sorted by frequency, so by Zipf's law the
    logarithm of a word's rank stands for its inverse document frequency.

    Args:
        word_ids: [n_words]; ids below `first_word_id` (padding, OOV) weigh nothing.
        first_word_id: the id of the most frequent word, whose rank is 1.
        vocab_size: ids are below it.
    """
    features, weights = _hash_table(first_word_id, vocab_size)
    vector = np.bincount(features[word_ids], weights=weights[word_ids], minlength=WIDTH)
    length = np.sqrt(vector @ vector)
    return (vector / length if length else vector).astype(np.float32)


@cache
def _hash_table(first_word_id: int, vocab_size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """For each id its feature and its signed weight, the same in every process."""
    generator = np.random.default_rng(0)
    features = generator.integers(WIDTH, size=vocab_size)
    signs = generator.choice([-1.0, 1.0], size=vocab_size)
    ranks = np.maximum(1, np.arange(vocab_size) - first_word_id + 1)
    return features, signs * np.maximum(0.0, np.log(ranks / STOP_WORDS))

"""What a run keeps of its samples' texts: which words they show, and what they are about."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from leap_explorer.runs.words import WORDS, write_words


def write_texts(folder: Path, texts: Iterable[Sequence[str] | None], seed: int) -> dict[str, pa.Array]:
    """Write which words each sample shows into the run that grows in a folder; returns the columns of its topics.

    Args:
        texts: of each sample its words in their order; None where nothing shows text.
        seed: of the topics.
    """
    from leap_explorer.insights.slices.topics import TOPICS, topic_numbers
    from leap_explorer.insights.slices.word_index import index_words

    index = index_words(texts)
    write_words(folder / WORDS, index.shown_words())
    topics = topic_numbers(index, seed)
    unknown = np.full(len(index), np.nan)
    numbers = {name: pa.array(topics.get(name, unknown), from_pandas=True) for name in TOPICS}
    return {name: values.cast(pa.int64()) for name, values in numbers.items()}

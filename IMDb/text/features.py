"""From a review's text to what the encoders and the metadata need, each step once.

`Features` is the only place with state: the tokenizers, loaded at first use, the token ids of every review read, and
the cache of the slow metadata on disk.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from IMDb import metadata
from IMDb.config import MODELS_DIR, Config
from IMDb.errors import UserError
from IMDb.text import markup
from IMDb.text import standardise as text
from IMDb.text.cache import TextCache
from IMDb.text.standardise import standardise
from IMDb.text.tokenizers import Encoding, Ids, Tokenizer, WordPieceTokenizer, WordTokenizer

WORD_TOKENIZER_PATH = MODELS_DIR / "tokenizer.json"
BERT_TOKENIZER_DIR = MODELS_DIR / "bert"

READINGS_KEPT = 32_768  # all bundled reviews, 80 MB; a larger source does not fill the memory


@dataclass(frozen=True)
class Reading:
    """One review, standardised and tokenised: arrays of a few kilobytes."""

    word_ids: Ids  #: [n_words] in the dense model's vocabulary, whichever model is active
    encoding: Encoding  #: by the active model's tokenizer


class Features:
    """Reads reviews for the model that the settings name."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.read = lru_cache(maxsize=READINGS_KEPT)(self._read)  # each review is tokenised once a process
        # Ids and metadata of one sample are asked for one after the other: the words, larger by far, need not stay
        self.words = lru_cache(maxsize=16)(self._words)
        self.text_metadata = lru_cache(maxsize=1024)(self._text_metadata)

    @cached_property
    def word_tokenizer(self) -> WordTokenizer:
        """The dense model's tokenizer; its vocabulary also defines what counts as an OOV word."""
        tokenizer = WordTokenizer.load(WORD_TOKENIZER_PATH)
        wanted = self.config.dense
        if (tokenizer.max_length, tokenizer.head_share) != (wanted.max_length, wanted.head_share):
            raise UserError(
                f"{WORD_TOKENIZER_PATH.name} was made with max_length {tokenizer.max_length} and head_share "
                f"{tokenizer.head_share}; the settings under `dense:` differ. Put them back or run `imdb train dense`."
            )
        return tokenizer

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The active model's tokenizer."""
        if self.config.model == "dense":
            return self.word_tokenizer
        return WordPieceTokenizer.load(BERT_TOKENIZER_DIR, self.config.bert)

    def padded_ids(self, review: str) -> npt.NDArray[np.float32]:
        """[max_length] float32, the active model's input ids."""
        return self.read(review).encoding.padded(self.tokenizer.max_length, self.tokenizer.pad_id)

    def attention_mask(self, review: str) -> npt.NDArray[np.float32]:
        """[max_length] float32, 1 where `padded_ids` holds a token, 0 where it holds padding."""
        row = np.zeros(self.tokenizer.max_length, dtype=np.float32)
        row[: len(self.read(review).encoding.ids)] = 1.0
        return row

    def _words(self, review: str) -> list[str]:
        return standardise(review)

    def _read(self, review: str) -> Reading:
        word_ids = self.word_tokenizer.look_up(self.words(review))
        is_dense = self.config.model == "dense"
        encoding = self.word_tokenizer.cut(word_ids) if is_dense else self.tokenizer.encode(review)
        return Reading(word_ids, encoding)

    def _text_metadata(self, review: str) -> metadata.TextMetadata:
        return self._cache.get_or_compute(
            review,
            lambda: metadata.TextMetadata(
                text=metadata.text_metadata(review, self.words(review)),
                sentiment=metadata.sentiment_metadata(review),
                readability=metadata.readability_metadata(review),
            ),
        )

    @cached_property
    def _cache(self) -> TextCache:
        code = b"".join(Path(str(module.__file__)).read_bytes() for module in (markup, metadata, text))
        libraries = f"textblob {version('textblob')} textstat {version('textstat')}"
        return TextCache("metadata", f"{hashlib.sha256(code).hexdigest()} {libraries}")

"""Review -> input ids, for both models, behind one interface.

`WordTokenizer` serves the dense model, `WordPieceTokenizer` BERT. Both keep the head and the tail of a review that is
longer than the model's input, and both can name what stands at each input position.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from IMDb.config import TokenizerSettings, write_atomically
from IMDb.errors import UserError
from IMDb.text import plain_text, standardise

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Ids = npt.NDArray[np.int32]
T = TypeVar("T")


@dataclass(frozen=True)
class Encoding:
    """One review as a model reads it."""

    ids: Ids  #: [n_kept], the kept tokens' ids, special tokens included, without padding
    n_tokens: int  #: tokens in the whole review, special tokens not counted
    n_truncated: int  #: of those, how many were cut

    def padded(self, length: int, pad_id: int) -> npt.NDArray[np.float32]:
        """[length] float32, as Tensorleap's input encoders return it (exact: ids are far below 2**24)."""
        row = np.full(length, pad_id, dtype=np.float32)
        row[: len(self.ids)] = self.ids
        return row


class Tokenizer(Protocol):
    """What the binder, the models and the visualizers need of a tokenizer."""

    max_length: int
    pad_id: int
    oov_id: int

    def encode(self, text: str) -> Encoding:
        """Tokenise one review and cut it to `max_length` positions."""

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` of each text, as fast as the tokenizer can."""

    def tokens(self, ids: npt.NDArray) -> list[str]:
        """The token at each of the given positions; `ids` of any numeric dtype."""

    def words(self, ids: npt.NDArray) -> tuple[list[str], npt.NDArray[np.intp]]:
        """The words that the ids spell, and for each position the index of its word (-1: padding or special)."""


def kept_positions(count: int, length: int, head_share: float) -> tuple[int, int]:
    """How many of `count` tokens to keep from the head and from the tail so that at most `length` remain."""
    if count <= length:
        return count, 0
    head = round(length * head_share)
    return head, length - head


def truncate(tokens: Sequence[T], length: int, head_share: float) -> Sequence[T]:
    """The head and the tail of a sequence that is longer than `length`."""
    head, tail = kept_positions(len(tokens), length, head_share)
    if head + tail == len(tokens):
        return tokens
    return [*tokens[:head], *tokens[len(tokens) - tail :]]


class WordTokenizer:
    """Lower-case words, most frequent first; position 0 is padding, position 1 any word outside the vocabulary."""

    PAD, OOV = "[PAD]", "[OOV]"
    pad_id, oov_id = 0, 1

    def __init__(self, vocab: Sequence[str], max_length: int, head_share: float) -> None:
        if list(vocab[:2]) != [self.PAD, self.OOV]:
            raise ValueError(f"a vocabulary starts with {self.PAD} and {self.OOV}")
        self.vocab = list(vocab)
        self.max_length = max_length
        self.head_share = head_share
        self._ids = {token: index for index, token in enumerate(self.vocab)}
        if len(self._ids) != len(self.vocab):
            raise ValueError("a vocabulary holds each token once")

    @classmethod
    def fit(cls, texts: Iterable[str], vocab_size: int, max_length: int, head_share: float) -> "WordTokenizer":
        """The `vocab_size` most frequent words of `texts` (PAD and OOV included), ties in alphabetical order."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(standardise(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls([cls.PAD, cls.OOV, *ranked[: vocab_size - 2]], max_length, head_share)

    def encode_words(self, words: Sequence[str]) -> Encoding:
        """`encode` of words that are standardised already."""
        kept = truncate(words, self.max_length, self.head_share)
        oov = self.oov_id
        find = self._ids.get
        ids = np.array([find(word, oov) for word in kept], dtype=np.int32)
        return Encoding(ids, n_tokens=len(words), n_truncated=len(words) - len(kept))

    def encode(self, text: str) -> Encoding:
        return self.encode_words(standardise(text))

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        return [self.encode(text) for text in texts]

    def count_oov(self, words: Iterable[str]) -> int:
        """How many of the words are outside the vocabulary."""
        return sum(word not in self._ids for word in words)

    def tokens(self, ids: npt.NDArray) -> list[str]:
        return [self.vocab[int(index)] for index in ids]

    def words(self, ids: npt.NDArray) -> tuple[list[str], npt.NDArray[np.intp]]:
        is_word = np.asarray(ids) != self.pad_id
        return self.tokens(ids[is_word]), np.where(is_word, np.cumsum(is_word) - 1, -1)

    def save(self, path: Path) -> None:
        """Write the tokenizer as JSON."""
        content = {"max_length": self.max_length, "head_share": self.head_share, "vocab": self.vocab}
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=0))

    @classmethod
    def load(cls, path: Path) -> "WordTokenizer":
        """Read what `save` wrote.

        Raises:
            UserError: the file is missing or is not a tokenizer.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(content["vocab"], content["max_length"], content["head_share"])
        except FileNotFoundError as error:
            raise UserError(f"No tokenizer at {path}. Make it with `imdb train dense`.") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is not a tokenizer ({error}). Make it anew with `imdb train dense`.") from error


class WordPieceTokenizer:
    """BERT's sub-words, from the fast tokenizer of `transformers`."""

    def __init__(self, tokenizer: "PreTrainedTokenizerFast", max_length: int, head_share: float) -> None:
        self._tokenizer = tokenizer
        self.max_length = max_length
        self.head_share = head_share
        self.pad_id: int = tokenizer.pad_token_id
        self.oov_id: int = tokenizer.unk_token_id
        self._cls, self._sep = tokenizer.cls_token_id, tokenizer.sep_token_id
        self._special = np.array([self.pad_id, self._cls, self._sep])

    @classmethod
    def load(cls, folder: str | Path, settings: TokenizerSettings) -> "WordPieceTokenizer":
        """Read the tokenizer files that `imdb train bert` saves, or those of a base checkpoint.

        Raises:
            UserError: there are none.
        """
        from transformers import AutoTokenizer, logging

        logging.set_verbosity_error()  # it would warn of reviews over 512 sub-words, which are cut below
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), use_fast=True)
        except (OSError, ValueError) as error:
            raise UserError(f"No BERT tokenizer in {folder}. Make it with `imdb train bert`.") from error
        return cls(tokenizer, settings.max_length, settings.head_share)

    def encode(self, text: str) -> Encoding:
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        batch = self._tokenizer(
            [plain_text(text) for text in texts],
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        return [self._cut(ids) for ids in batch["input_ids"]]

    def _cut(self, ids: list[int]) -> Encoding:
        kept = truncate(ids, self.max_length - 2, self.head_share)
        row = np.array([self._cls, *kept, self._sep], dtype=np.int32)
        return Encoding(row, n_tokens=len(ids), n_truncated=len(ids) - len(kept))

    def tokens(self, ids: npt.NDArray) -> list[str]:
        return self._tokenizer.convert_ids_to_tokens([int(index) for index in ids])

    def words(self, ids: npt.NDArray) -> tuple[list[str], npt.NDArray[np.intp]]:
        words: list[str] = []
        word_of = np.full(len(ids), -1, dtype=np.intp)
        positions = np.flatnonzero(~np.isin(ids, self._special))
        for position, token in zip(positions, self.tokens(np.asarray(ids)[positions]), strict=True):
            if token.startswith("##") and words:
                words[-1] += token[2:]
            else:
                words.append(token)
            word_of[position] = len(words) - 1
        return words, word_of

    def save(self, folder: Path) -> None:
        """Write the tokenizer files into `folder`."""
        self._tokenizer.save_pretrained(str(folder))

"""Review -> input ids, for both models, behind one interface.

`WordTokenizer` serves the dense model, `WordPieceTokenizer` BERT. Both keep the head and the tail of a review that is
longer than the model's input, and both can name what stands at each input position.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from IMDb.config import TokenizerSettings, write_atomically
from IMDb.errors import UserError
from IMDb.text.standardise import plain_text, standardise

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Ids = npt.NDArray[np.int32]

#: A phrase in fewer of the training texts says too little for sure.
MIN_PHRASE_TEXTS = 15


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


@dataclass(frozen=True)
class WholeReview:
    """A review's words as the tokenizer sees them before the cut."""

    words: list[str]
    is_oov: npt.NDArray[np.bool_]  #: [n_words], not in the vocabulary
    is_cut: npt.NDArray[np.bool_]  #: [n_words], at least partly beyond the model's input


class Tokenizer(Protocol):
    """What the binder, the models and the visualizers need of a tokenizer."""

    max_length: int
    pad_id: int
    oov_id: int

    def encode(self, text: str) -> Encoding:
        """Tokenise one review and cut it to `max_length` positions."""

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` of each text, as fast as the tokenizer can."""

    def tokens(self, ids: npt.NDArray[Any]) -> list[str]:
        """The token at each of the given positions; `ids` of any numeric dtype."""

    def words(self, ids: npt.NDArray[Any]) -> tuple[list[str], npt.NDArray[np.intp]]:
        """The words that the ids spell, and for each position the index of its word (-1: padding or special)."""

    def read_whole(self, text: str) -> "WholeReview":
        """Every word of a review, and which of them the model cannot read."""


def kept_positions(count: int, length: int, head_share: float) -> tuple[int, int]:
    """How many of `count` tokens to keep from the head and from the tail so that at most `length` remain."""
    if count <= length:
        return count, 0
    head = round(length * head_share)
    return head, length - head


def truncate(ids: Ids, length: int, head_share: float) -> Ids:
    """The head and the tail of a sequence that is longer than `length`."""
    head, tail = kept_positions(len(ids), length, head_share)
    return np.concatenate([ids[:head], ids[len(ids) - tail :]])


def cut_positions(count: int, length: int, head_share: float) -> npt.NDArray[np.bool_]:
    """[count], whether `truncate` drops the token at each position."""
    head, tail = kept_positions(count, length, head_share)
    is_cut = np.zeros(count, dtype=np.bool_)
    is_cut[head : count - tail] = True
    return is_cut


class _IdsWithOov(dict[str, int]):
    """Words to ids; a look-up of any other word gives the OOV id, and leaves the dict as it is."""

    def __missing__(self, word: str) -> int:
        return WordTokenizer.oov_id


class WordTokenizer:
    """Lower-case words, and phrases of two of them.

    Id 0 is padding, id 1 any word outside the vocabulary; then come the words, most frequent first, then the phrases.
    A phrase, such as "not good", stands right after the second of its words, which stay: the sequence
    "not", "good", "not good" lets a model that knows no order hear the negation.
    """

    PAD, OOV = "[PAD]", "[OOV]"
    pad_id, oov_id = 0, 1

    def __init__(self, words: Sequence[str], max_length: int, head_share: float, phrases: Sequence[str] = ()) -> None:
        if list(words[:2]) != [self.PAD, self.OOV]:
            raise ValueError(f"a vocabulary starts with {self.PAD} and {self.OOV}")
        self.vocab = [*words, *phrases]  #: the token of each id
        self.n_words = len(words)  #: ids below are words, PAD and OOV; the others phrases
        self.max_length = max_length
        self.head_share = head_share
        self._ids = _IdsWithOov({word: index for index, word in enumerate(words)})
        if len(set(self.vocab)) != len(self.vocab):
            raise ValueError("a vocabulary holds each token once")
        keys = np.array([self._pair_key(*phrase.split(" ")) for phrase in phrases], dtype=np.int64)
        order = np.argsort(keys)
        # A last key beyond all others spares every look-up a check of the end
        self._phrase_keys = np.append(keys[order], np.iinfo(np.int64).max)
        self._phrase_ids = np.append(self.n_words + order, self.oov_id).astype(np.int32)

    @classmethod
    def fit(cls, texts: Iterable[str], vocab_size: int, max_length: int, head_share: float) -> "WordTokenizer":
        """The `vocab_size` most frequent words of `texts` (PAD and OOV included), ties in alphabetical order."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(standardise(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls([cls.PAD, cls.OOV, *ranked[: vocab_size - 2]], max_length, head_share)

    def with_phrases(self, texts: Iterable[str], labels: Iterable[int], count: int) -> "WordTokenizer":
        """This tokenizer with the `count` phrases that say most of the label.

        Of the pairs of neighbouring vocabulary words in at least `MIN_PHRASE_TEXTS` texts, those whose share of
        positive texts is furthest from the share of all, in standard deviations of the binomial distribution.

        Args:
            texts: the training split's.
            labels: 0 or 1, one a text.
        """
        keys: list[list[npt.NDArray[np.int64]]] = [[], []]
        for text, label in zip(texts, labels, strict=True):
            keys[label].append(np.unique(self._pair_keys(self.look_up(standardise(text)))))
        n_texts = np.array([len(keys[0]), len(keys[1])])
        joined = [np.concatenate([*of_label, np.empty(0, np.int64)]) for of_label in keys]
        pairs, index = np.unique(np.concatenate(joined), return_inverse=True)
        is_positive = np.repeat([0, 1], [len(part) for part in joined])
        positive = np.bincount(index, weights=is_positive, minlength=len(pairs))
        total = np.bincount(index, minlength=len(pairs))
        base = n_texts[1] / n_texts.sum()
        deviation = np.abs(positive - base * total) / np.sqrt(total * base * (1 - base))
        is_known = (pairs // self.n_words > self.oov_id) & (pairs % self.n_words > self.oov_id)
        usable = (total >= MIN_PHRASE_TEXTS) & is_known
        ranked = np.lexsort((pairs, -deviation))
        chosen = pairs[ranked[usable[ranked]][:count]]
        phrases = [" ".join(self.tokens(np.array(divmod(pair, self.n_words)))) for pair in chosen]
        return WordTokenizer(self.vocab[: self.n_words], self.max_length, self.head_share, phrases)

    def _pair_key(self, first: str, second: str) -> int:
        if first not in self._ids or second not in self._ids:
            raise ValueError(f"the phrase {first!r} {second!r} holds a word that is not in the vocabulary")
        return self._ids[first] * self.n_words + self._ids[second]

    def _pair_keys(self, word_ids: Ids) -> npt.NDArray[np.int64]:
        """[n_words - 1], a number for each pair of neighbours."""
        return word_ids[:-1] * np.int64(self.n_words) + word_ids[1:]

    def look_up(self, words: Sequence[str]) -> Ids:
        """[n_words], each word's id, `oov_id` for one outside the vocabulary."""
        return np.array(list(map(self._ids.__getitem__, words)), dtype=np.int32)

    def insert_phrases(self, word_ids: Ids) -> Ids:
        """[n_tokens], the words with each phrase right after its second word."""
        if len(word_ids) < 2:
            return word_ids
        keys = self._pair_keys(word_ids)
        slots = np.searchsorted(self._phrase_keys, keys)
        is_phrase = self._phrase_keys[slots] == keys
        # Each word moves up by the phrases before it; `np.insert` does the same in four times the time
        places = np.arange(len(word_ids))
        places[2:] += np.cumsum(is_phrase)[:-1]
        ids = np.empty(len(word_ids) + np.count_nonzero(is_phrase), dtype=np.int32)
        ids[places] = word_ids
        ids[places[1:][is_phrase] + 1] = self._phrase_ids[slots[is_phrase]]
        return ids

    def cut(self, word_ids: Ids) -> Encoding:
        """The encoding of a review whose words are looked up already.

        A cut never leaves a phrase without its words. A review without a word, such as "!!!", is one OOV: of padding
        alone the dense model would make NaN, an average over no position at all.
        """
        if not len(word_ids):
            return Encoding(np.array([self.oov_id], dtype=np.int32), n_tokens=0, n_truncated=0)
        ids = self.insert_phrases(word_ids)
        kept = truncate(ids, self.max_length, self.head_share)
        head, tail = kept_positions(len(ids), self.max_length, self.head_share)
        if tail:
            is_phrase = kept[head : head + 3] >= self.n_words
            is_torn = is_phrase & (np.cumsum(~is_phrase) < 2)  # fewer than two words of the tail stand before it
            kept = np.delete(kept, head + np.flatnonzero(is_torn))
        return Encoding(kept, n_tokens=len(ids), n_truncated=len(ids) - len(kept))

    def encode(self, text: str) -> Encoding:
        return self.cut(self.look_up(standardise(text)))

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        return [self.encode(text) for text in texts]

    def tokens(self, ids: npt.NDArray[Any]) -> list[str]:
        return [self.vocab[int(index)] for index in ids]

    def words(self, ids: npt.NDArray[Any]) -> tuple[list[str], npt.NDArray[np.intp]]:
        ids = np.asarray(ids)
        is_word = (ids != self.pad_id) & (ids < self.n_words)
        # A phrase belongs to the word before it, which completes it
        return self.tokens(ids[is_word]), np.where(ids != self.pad_id, np.cumsum(is_word) - 1, -1)

    def read_whole(self, text: str) -> WholeReview:
        words = standardise(text)
        word_ids = self.look_up(words)
        ids = self.insert_phrases(word_ids)
        is_cut = cut_positions(len(ids), self.max_length, self.head_share)[ids < self.n_words]
        return WholeReview(words, word_ids == self.oov_id, is_cut)

    def save(self, path: Path) -> None:
        """Write the tokenizer as JSON."""
        content = {
            "max_length": self.max_length,
            "head_share": self.head_share,
            "words": self.vocab[: self.n_words],
            "phrases": self.vocab[self.n_words :],
        }
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=0))

    @classmethod
    def load(cls, path: Path) -> "WordTokenizer":
        """Read what `save` wrote.

        Raises:
            UserError: the file is missing or is not a tokenizer.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            lengths = int(content["max_length"]), float(content["head_share"])
            return cls(content["words"], *lengths, content["phrases"])
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
        """Read the tokenizer files that `imdb train bert` saves, or those of a base checkpoint in a local folder.

        Raises:
            UserError: the folder is missing, or holds no whole tokenizer of this kind.
        """
        if not Path(folder).is_dir():  # or `transformers` would ask the hub for it
            raise UserError(f"No BERT tokenizer in {folder}. Make it with `imdb train bert`.")
        # Without torch, which a tokenizer does not need, the import would advise on stderr to install it
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        from transformers import AutoTokenizer, PreTrainedTokenizerFast, logging

        logging.set_verbosity_error()  # it would warn of reviews over 512 sub-words, which are cut below
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), use_fast=True, local_files_only=True)
        except Exception as error:  # of any type, by what is missing or damaged
            raise UserError(f"No BERT tokenizer in {folder} ({error}). Make it with `imdb train bert`.") from error
        needed = (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id)
        if not isinstance(tokenizer, PreTrainedTokenizerFast) or None in needed:
            raise UserError(f"The tokenizer in {folder} is none of BERT's: it lacks [PAD], [UNK], [CLS] or [SEP].")
        return cls(tokenizer, settings.max_length, settings.head_share)

    def encode(self, text: str) -> Encoding:
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        return [self._cut(ids) for ids in self._token_ids(texts)]

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The sub-word ids of each whole review, without special tokens; "[SEP]" written in a review is text."""
        if not texts:
            return []
        batch = self._tokenizer(
            [plain_text(text) for text in texts],
            add_special_tokens=False,
            split_special_tokens=True,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        return batch["input_ids"]

    def _cut(self, ids: list[int]) -> Encoding:
        kept = truncate(np.array(ids, dtype=np.int32), self.max_length - 2, self.head_share)
        row = np.concatenate([[self._cls], kept, [self._sep]], dtype=np.int32)
        return Encoding(row, n_tokens=len(ids), n_truncated=len(ids) - len(kept))

    def tokens(self, ids: npt.NDArray[Any]) -> list[str]:
        return list(self._tokenizer.convert_ids_to_tokens([int(index) for index in ids]))

    def words(self, ids: npt.NDArray[Any]) -> tuple[list[str], npt.NDArray[np.intp]]:
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

    def read_whole(self, text: str) -> WholeReview:
        ids = np.array(self._token_ids([text])[0], dtype=np.int32)
        words, word_of = self.words(ids)
        is_cut = cut_positions(len(ids), self.max_length - 2, self.head_share)
        oov, cut = np.zeros((2, len(words)), dtype=np.bool_)
        oov[word_of[ids == self.oov_id]] = True
        cut[word_of[is_cut]] = True
        return WholeReview(words, oov, cut)

    def save(self, folder: Path) -> None:
        """Write the tokenizer files into `folder`."""
        self._tokenizer.save_pretrained(str(folder))

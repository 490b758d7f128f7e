"""What is worth knowing of a review besides its label: pure functions, each giving one flat, typed dict.

Their docstrings say of each value its title, as within a sentence, and then its meaning; the dashboard shows both.

Readability measures are those of `textstat` for English, each with the formula's own unit: a school grade (higher is
harder to read), except Flesch reading ease (0-100, higher is easier) and the count of distinct difficult words.
"""

import re
import warnings
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import TypedDict

from IMDb.config import LABELS
from IMDb.text.markup import count_line_breaks
from IMDb.text.standardise import expand_contractions, plain_text
from IMDb.text.tokenizers import Encoding, Ids

Values = dict[str, int | float]
Readability = dict[str, int | float | None]


class TextMetadata(TypedDict):
    """What depends on a review's text alone."""

    text: Values  #: of `text_metadata`
    sentiment: dict[str, float]  #: of `sentiment_metadata`
    readability: Readability  #: of `readability_metadata`


_CAPITALS = re.compile(r"\b[^\W\d_]{2,}\b")
_ENGLISH = re.compile(r"[a-zA-Z]")
# fmt: off
_NEGATIONS = frozenset((
    "no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "nowhere", "cannot", "without", "hardly",
    "scarcely", "barely",
))
_CONTRASTS = frozenset((
    "but", "however", "although", "though", "yet", "despite", "nevertheless", "nonetheless", "whereas",
    "unfortunately", "otherwise",
))
# fmt: on

#: Of `text_metadata`, which explains them.
TEXT_TYPES: dict[str, type] = {
    "words": int,
    "sentences": int,
    "type_token_ratio": float,
    "negations": int,
    "contrasts": int,
    "exclamation_marks": int,
    "question_marks": int,
    "all_caps_share": float,
    "line_breaks": int,
}
READABILITY_TYPES: dict[str, type] = {
    "flesch_reading_ease": float,
    "flesch_kincaid_grade": float,
    "gunning_fog": float,
    "automated_readability_index": float,
    "coleman_liau_index": float,
    "dale_chall_readability_score": float,
    "linsear_write_formula": float,
    "difficult_words": int,
}
TOKEN_TYPES: dict[str, type] = {"count": int, "truncated": bool, "truncated_share": float}
OOV_TYPES: dict[str, type] = {"count": int, "rate": float}


def text_metadata(text: str, words: Sequence[str]) -> Values:
    """Counts over a review's raw text and its standardised words.

    - `words`: length in words. Number of words, standardised.
    - `sentences`: length in sentences. As the readability measures count them: at least 1, without those of one or two
      words ("Awful!").
    - `type_token_ratio`: variety of words (type-token ratio). Distinct words / words, 0-1; higher is more varied. 0
      without words.
    - `negations`: negations (not, never). Number of words such as "not", "never" and those that end in "n't".
    - `contrasts`: contrast words (but, however). Number of words that turn a judgement round.
    - `exclamation_marks`: exclamation marks. Number of "!".
    - `question_marks`: question marks. Number of "?".
    - `all_caps_share`: words in capitals. Share of the words of two letters or more written in capitals, 0-1.
    - `line_breaks`: line breaks. Number of `<br>` tags, which is how the reviews mark a new line.
    """
    plain = plain_text(text)
    long_words = _CAPITALS.findall(plain)
    return {
        "words": len(words),
        "sentences": _textstat().sentence_count(plain),
        "type_token_ratio": len(set(words)) / len(words) if words else 0.0,
        "negations": sum(word in _NEGATIONS or word.endswith("n't") for word in words),
        "contrasts": sum(word in _CONTRASTS for word in words),
        "exclamation_marks": plain.count("!"),
        "question_marks": plain.count("?"),
        "all_caps_share": sum(word.isupper() for word in long_words) / len(long_words) if long_words else 0.0,
        "line_breaks": count_line_breaks(text),
    }


def sentiment_metadata(text: str) -> dict[str, float]:
    """TextBlob's lexicon scores of the plain text.

    TextBlob knows "not" as a negation, but no word that ends in "n't", and no typographic apostrophe: it reads the text
    with contractions expanded, "isn't" as "is not", so that both have the same scores.

    - `polarity`: -1 (negative) to 1 (positive); 0 is neutral, or no word of the lexicon occurs.
    - `subjectivity`: 0 (factual) to 1 (personal opinion).
    """
    from textblob import TextBlob

    sentiment = TextBlob(expand_contractions(plain_text(text))).sentiment
    return {"polarity": float(sentiment.polarity), "subjectivity": float(sentiment.subjectivity)}


def readability_metadata(text: str) -> Readability:
    """The English readability measures of the plain text, by `textstat`; None without an English (a Latin) letter.

    - `flesch_reading_ease`: Flesch reading ease. 0-100, and beyond for extreme texts; higher is easier to read.
    - `flesch_kincaid_grade`: Flesch-Kincaid grade. US school grade needed, from words a sentence and syllables a word;
      higher is harder.
    - `gunning_fog`: Gunning fog index. School years needed, from words a sentence and long words; higher is harder.
    - `automated_readability_index`: automated readability index. US school grade, from letters a word and words a
      sentence; higher is harder.
    - `coleman_liau_index`: Coleman-Liau grade. US school grade, from letters and sentences per 100 words; higher is
      harder.
    - `dale_chall_readability_score`: Dale-Chall score. From the share of words outside 3,000 easy ones; 4.9 and below
      is easy, 10 hard.
    - `linsear_write_formula`: Linsear Write grade. US school grade, from easy and hard words a sentence; higher is
      harder.
    - `difficult_words`: difficult words. Number of distinct words that are long and not among the easy ones.
    """
    plain = plain_text(text)
    if not _ENGLISH.search(plain):
        return dict.fromkeys(READABILITY_TYPES)
    return {name: kind(getattr(_textstat(), name)(plain)) for name, kind in READABILITY_TYPES.items()}


def token_metadata(encoding: Encoding) -> dict[str, int | float | bool]:
    """How the active model's tokenizer reads the review.

    - `count`: length in tokens. Tokens of the whole review, before the cut.
    - `truncated`: cut off before its end. Whether the model's input is too short for its tokens.
    - `truncated_share`: share that is cut off. Share of the tokens that the model never sees, 0-1.
    """
    return {
        "count": encoding.n_tokens,
        "truncated": encoding.n_truncated > 0,
        "truncated_share": encoding.n_truncated / encoding.n_tokens if encoding.n_tokens else 0.0,
    }


def oov_metadata(word_ids: Ids, oov_id: int) -> Values:
    """Words outside the dense model's vocabulary.

    - `count`: unknown words (out of vocabulary). Number of words outside the dense model's vocabulary.
    - `rate`: share of unknown words. Words outside the dense model's vocabulary / all words, 0-1.
    """
    count = int((word_ids == oov_id).sum())
    return {"count": count, "rate": count / len(word_ids) if len(word_ids) else 0.0}


def polarity_disagrees(polarity: float, label: int | None) -> bool | None:
    """Word sentiment contradicts the label. Whether TextBlob's polarity points away from it; a neutral 0 does not.

    None without a label.
    """
    if label is None:
        return None
    return polarity < 0 if LABELS[label] == "positive" else polarity > 0


@cache
def _textstat() -> ModuleType:
    """`textstat`, imported at first use; its import warns of its own use of pkg_resources."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        warnings.simplefilter("ignore", ResourceWarning)
        import textstat

        textstat.textstat.difficult_words("warm up")  # reads its word list, leaving the file to the garbage collector
    return textstat.textstat

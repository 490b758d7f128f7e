"""What is worth knowing of a review besides its label: pure functions, each giving one flat, typed dict.

Readability measures are those of `textstat` for English, each with the formula's own unit: a school grade (higher is
harder to read), except Flesch reading ease (0-100, higher is easier) and the count of distinct difficult words.
"""

import html
import re
import warnings
from collections.abc import Sequence
from functools import cache
from types import ModuleType

from IMDb.config import LABELS
from IMDb.text.standardise import plain_text
from IMDb.text.tokenizers import Encoding, Ids

Values = dict[str, int | float]

_LINE_BREAK = re.compile(r"</?br\b[^<>]*>", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[^\W\d_]{2,}\b")
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

    - `words`: number of words, standardised.
    - `sentences`: as the readability measures count them: at least 1, without those of one or two words ("Awful!").
    - `type_token_ratio`: distinct words / words, 0-1; higher is a more varied vocabulary. 0 without words.
    - `negations`: number of words such as "not", "never" and those that end in "n't".
    - `contrasts`: number of words that turn a judgement round, such as "but" and "however".
    - `exclamation_marks`: number of "!".
    - `question_marks`: number of "?".
    - `all_caps_share`: share of the words of two letters or more written in capitals, 0-1.
    - `line_breaks`: number of `<br>` tags, which is how the reviews mark a new line.
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
        "line_breaks": len(_LINE_BREAK.findall(html.unescape(text))),
    }


def sentiment_metadata(text: str) -> Values:
    """TextBlob's lexicon scores of the plain text.

    - `polarity`: -1 (negative) to 1 (positive); 0 is neutral, or no word of the lexicon occurs.
    - `subjectivity`: 0 (factual) to 1 (personal opinion).
    """
    from textblob import TextBlob

    sentiment = TextBlob(plain_text(text)).sentiment
    return {"polarity": float(sentiment.polarity), "subjectivity": float(sentiment.subjectivity)}


def readability_metadata(text: str) -> Values:
    """The English readability measures of the plain text, by `textstat`.

    - `flesch_reading_ease`: 0-100, and beyond for extreme texts; higher is easier to read.
    - `flesch_kincaid_grade`: US school grade needed, from words a sentence and syllables a word; higher is harder.
    - `gunning_fog`: school years needed, from words a sentence and long words; higher is harder.
    - `automated_readability_index`: US school grade, from letters a word and words a sentence; higher is harder.
    - `coleman_liau_index`: US school grade, from letters and sentences per 100 words; higher is harder.
    - `dale_chall_readability_score`: from the share of words outside 3,000 easy ones; 4.9 and below is easy, 10 hard.
    - `linsear_write_formula`: US school grade, from easy and hard words a sentence; higher is harder.
    - `difficult_words`: number of distinct words that are long and not among the easy ones.
    """
    plain = plain_text(text)
    return {name: kind(getattr(_textstat(), name)(plain)) for name, kind in READABILITY_TYPES.items()}


def token_metadata(encoding: Encoding) -> dict[str, int | float | bool]:
    """How the active model's tokenizer reads the review.

    - `count`: tokens of the whole review, before the cut.
    - `truncated`: whether the model's input is too short for them.
    - `truncated_share`: share of the tokens that the model never sees, 0-1.
    """
    return {
        "count": encoding.n_tokens,
        "truncated": encoding.n_truncated > 0,
        "truncated_share": encoding.n_truncated / encoding.n_tokens if encoding.n_tokens else 0.0,
    }


def oov_metadata(word_ids: Ids, oov_id: int) -> Values:
    """Words outside the dense model's vocabulary.

    - `count`: number of words outside the dense model's vocabulary.
    - `rate`: their share of all words, 0-1.
    """
    count = int((word_ids == oov_id).sum())
    return {"count": count, "rate": count / len(word_ids) if len(word_ids) else 0.0}


def polarity_disagrees(polarity: float, label: int | None) -> bool | None:
    """Whether TextBlob's polarity points away from the label; None without a label. A neutral 0 does not disagree."""
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

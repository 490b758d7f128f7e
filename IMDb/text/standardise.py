"""Review text -> plain text -> words. Pure functions, no state."""

import html
import re
import unicodedata

from IMDb.text.markup import without_markup

_APOSTROPHES = frozenset("\u2018\u2019\u201b\u02bc\u2032\u00b4`")  # quotes, prime, accents
_ZERO_WIDTH_SPACE = "\u200b"  # between words, unlike the other format characters (UAX #29)
#: Marks on a letter that are kept: the limit of the Stream-Safe Text Format (UAX #15), as normalising takes time
#: quadratic in their number.
_MOST_MARKS = 30
_MARKS = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
_MARK = rf"(?=[\u0300-\U0001efff])[{_MARKS}]"  # a range is looked up faster than a set, and is mostly all it takes
_TOO_MANY_MARKS = re.compile(rf"((?:{_MARK}){{{_MOST_MARKS}}})(?:{_MARK})+")
_REFERENCE = re.compile(r"&#(?:x[0-9a-f]+|[0-9]+);?", re.IGNORECASE)
_LETTERS = rf"[^\W_]+(?:{_MARK}[^\W_]*)*"
_WORD = re.compile(rf"{_LETTERS}(?:'{_LETTERS})*")

_LONG_FORMS = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "ain't": "is not"}
_LONG_ENDINGS = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will", "'m": " am", "'d": " would"}
_CONTRACTION = re.compile(rf"\b(?:{'|'.join(_LONG_FORMS)})\b|(?<=\w)(?:{'|'.join(_LONG_ENDINGS)})\b", re.IGNORECASE)


def _meaning(sign: str) -> str | None:
    """What a character stands for; None for one that only says how to draw its neighbours, such as a soft hyphen."""
    if "\x80" <= sign < "\xa0":  # Windows-1252 punctuation read as Latin-1, such as U+0092 for an apostrophe
        sign = bytes([ord(sign)]).decode("cp1252", errors="replace").replace("\ufffd", " ")
    if sign in _APOSTROPHES:
        return "'"
    category = unicodedata.category(sign)
    if category in ("Cc", "Cs") or sign == _ZERO_WIDTH_SPACE:
        return " "
    return None if category == "Cf" or unicodedata.name(sign, "").startswith("VARIATION SELECTOR") else sign


class _Meanings(dict[int, str | None]):
    """`_meaning` by code point, as `str.translate` asks for it; found at the first use."""

    def __missing__(self, code: int) -> str | None:
        meaning = self[code] = _meaning(chr(code))
        return meaning


_MEANINGS = _Meanings()
_HAS_MEANING = re.compile(r"[^ -_a-~]+")  # all but printable ASCII without the accent among it


def _translated(text: str) -> str:
    """The text with each character's meaning: Python translates ASCII alone at once, and the rest sign by sign."""
    if text.isascii():
        return text.translate(_MEANINGS)
    return _HAS_MEANING.sub(lambda found: found.group().translate(_MEANINGS), text)


def plain_text(text: str) -> str:
    """The review as a person reads it: no HTML, one space between words, Unicode in composed form (NFKC).

    Case and punctuation stay; typographic apostrophes become "'". Markup (see `without_markup`) and control characters
    become a space, references such as "&lt;" what they stand for; soft hyphens, zero-width joiners and the like go.
    """
    return " ".join(_unfolded(text).split())


def _unfolded(text: str) -> str:
    """`plain_text` before its white space is folded."""
    return _normalised(_translated(_resolved(without_markup(text))))


def _resolved(text: str) -> str:
    """What references stand for; a space for one to a control character, which HTML has none for."""
    if "&" not in text:
        return text
    return html.unescape(_REFERENCE.sub(lambda found: found.group() if html.unescape(found.group()) else " ", text))


def _normalised(text: str) -> str:
    if text.isascii():  # as nine in ten reviews are
        return text
    # Some letters come apart into an apostrophe and another letter
    return _translated(unicodedata.normalize("NFKC", _TOO_MANY_MARKS.sub(r"\1", text)))


def standardise(text: str) -> list[str]:
    """The words of a review, without differences of case (Unicode case folding: "Straße" and "STRASSE" are one word).

    Punctuation separates words ("well-established" is two), except an apostrophe inside one, which stays:
    "isn't" keeps its negation.
    """
    return _WORD.findall(_normalised(_unfolded(text).casefold()))


def expand_contractions(plain: str) -> str:
    """A plain text with "is not" for "isn't", "they have" for "they've" and so on; the long forms in lower case.

    "'d" becomes " would", its commoner meaning. "'s" stays: it may be "is", "has" or a possessive.
    """
    forms = _LONG_FORMS | _LONG_ENDINGS
    return _CONTRACTION.sub(lambda found: forms[found.group().lower()], plain)

"""Review text -> plain text -> words. Pure functions, no state."""

import html
import re
import unicodedata

_APOSTROPHES = dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`", "'")  # quotes, prime, accents
# Reviews carry Windows-1252 punctuation as C1 control characters (U+0092 for an apostrophe): give it its meaning back.
_C1_CONTROLS = {
    chr(code): bytes([code]).decode("cp1252", errors="replace").replace("\ufffd", " ") for code in range(0x80, 0xA0)
}
_REPLACED = str.maketrans(_APOSTROPHES | {sign: _APOSTROPHES.get(now, now) for sign, now in _C1_CONTROLS.items()})
# A tag starts with a letter, `/` or `!` right after `<`: "I <3 it" and "4 < 5 > 2" are not markup.
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--.*?--|![a-zA-Z][^<>]*)>", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def plain_text(text: str) -> str:
    """The review as a person reads it: no HTML, one space between words, Unicode in composed form (NFKC).

    Case and punctuation stay; typographic apostrophes become "'". Entities are decoded; a tag, or a script with its
    content, becomes a space.
    """
    return " ".join(_without_markup(text).split())


def _without_markup(text: str) -> str:
    """`plain_text` before its white space is folded."""
    text = html.unescape(text)
    # Nine in ten reviews are ASCII, where the backtick is the only sign to replace and nothing is to be normalised
    text = text.replace("`", "'") if text.isascii() else unicodedata.normalize("NFKC", text.translate(_REPLACED))
    return _TAG.sub(" ", _SCRIPT.sub(" ", text)) if "<" in text else text


def standardise(text: str) -> list[str]:
    """The lower-case words of a review.

    Punctuation separates words ("well-established" is two), except an apostrophe inside one, which stays:
    "isn't" keeps its negation.
    """
    return _WORD.findall(_without_markup(text).lower())

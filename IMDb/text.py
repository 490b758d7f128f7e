"""Review text -> plain text -> words. Pure functions, no state."""

import html
import re
import unicodedata

# Reviews carry Windows-1252 punctuation as C1 control characters (U+0092 for an apostrophe): give it its meaning back.
_C1_CONTROLS = {
    code: bytes([code]).decode("cp1252", errors="replace").replace("�", " ") for code in range(0x80, 0xA0)
}
_APOSTROPHES = {ord(sign): "'" for sign in "‘’‛ʼ′`´"}
# A tag starts with a letter, `/` or `!` right after `<`: "I <3 it" and "4 < 5 > 2" are not markup.
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--.*?--|![a-zA-Z][^<>]*)>", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def plain_text(text: str) -> str:
    """The review as a person reads it: no HTML, one space between words, Unicode in composed form (NFKC).

    Case and punctuation stay; typographic apostrophes become "'". Entities are decoded and tags become a space.
    """
    text = html.unescape(text).translate(_C1_CONTROLS).translate(_APOSTROPHES)
    text = _TAG.sub(" ", text)
    return " ".join(unicodedata.normalize("NFKC", text).split())


def standardise(text: str) -> list[str]:
    """The lower-case words of a review.

    Punctuation separates words ("well-established" is two), except an apostrophe inside one, which stays:
    "isn't" keeps its negation.
    """
    return _WORD.findall(plain_text(text).lower())

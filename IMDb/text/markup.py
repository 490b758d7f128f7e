"""HTML in a review, told from what only looks like it.

A review is text with some HTML in it, not a page. Of the well-kept parsers none reads it as it is needed here: all lose
the text after "Part I<Part II", since to them any name makes a tag; selectolax takes quadratic time over nested tags,
lxml drops what is nested too deep and all that follows a lone surrogate, and neither says where in the text a piece
stood. So this is the part of the HTML standard's tokenizer that tells markup from text, in one pass whose time grows
with the text's length alone; the tests hold it against a parser.
"""

import re

# fmt: off
#: Elements of the HTML standard, https://html.spec.whatwg.org/multipage/indices.html, and the obsolete ones it names.
ELEMENTS = frozenset((
    "a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b", "base", "basefont", "bdi",
    "bdo", "bgsound", "big", "blink", "blockquote", "body", "br", "button", "canvas", "caption", "center", "cite",
    "code", "col", "colgroup", "command", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div",
    "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form", "frame", "frameset", "h1",
    "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "img", "input", "ins",
    "isindex", "kbd", "keygen", "label", "legend", "li", "link", "listing", "main", "map", "mark", "marquee", "math",
    "menu", "menuitem", "meta", "meter", "multicol", "nav", "nextid", "nobr", "noembed", "noframes", "noscript",
    "object", "ol", "optgroup", "option", "output", "p", "param", "picture", "plaintext", "pre", "progress", "q", "rb",
    "rp", "rt", "rtc", "ruby", "s", "samp", "script", "search", "section", "select", "slot", "small", "source",
    "spacer", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "template",
    "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track", "tt", "u", "ul", "var", "video", "wbr", "xmp",
))
# fmt: on

# A quote opens a value after "=" alone; anywhere else outside a value it, like "<", shows that this is no tag. So no
# two readings that started at different "<" are both outside a value, or both inside one in the same quotes, at the
# same place: of all readings no more than three pass over any one character. Possessive repeats (`*+`) keep each from
# going back over its own.
_REST_OF_TAG = r"""(?=[\s/>])(?:[^<>"'=]|=\s*+(?:"[^"]*+"|'[^']*+')?)*+>"""


def _alternatives(names: frozenset[str]) -> str:
    """A pattern for any of the names, by their first letters, so that few of them are tried."""
    initials = sorted({name[0] for name in names})
    groups = ((initial, sorted(name[1:] for name in names if name[0] == initial)) for initial in initials)
    return "|".join(f"{initial}(?:{'|'.join(rests)})" for initial, rests in groups)


_TAG = rf"/?(?:{_alternatives(ELEMENTS)}){_REST_OF_TAG}"
# A comment or a script ends before the next of its kind: a search for the end of one that is never closed is short
_COMMENT = r"!--(?:-?>|(?s:(?!<!--).)*?-->)"
_SCRIPT = rf"(script|style){_REST_OF_TAG}(?s:(?!<\1[\s/>]).)*?</\1\s*>"
_FLAGS = re.IGNORECASE | re.ASCII
_MARKUP = re.compile(rf"(?:<(?=[a-z/!])(?:{_COMMENT}|{_SCRIPT}|{_TAG}|!doctype[^<>]*>))+", _FLAGS)
_LINE_BREAK = re.compile(rf"</?br{_REST_OF_TAG}", _FLAGS)


def without_markup(text: str) -> str:
    """The text with a space for its tags, comments, and scripts and styles with their content.

    A tag is one of an HTML element, complete up to its ">". All else stays: "I <3 it", "<grin>", an unfinished "<b".
    References such as "&lt;" stay too, so that what they stand for is never markup.
    """
    return _MARKUP.sub(" ", text) if "<" in text else text


def count_line_breaks(text: str) -> int:
    """The number of `<br>` tags."""
    return len(_LINE_BREAK.findall(text)) if "<" in text else 0

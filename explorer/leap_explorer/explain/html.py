"""Explanations of a text as one HTML file that needs nothing else and runs nothing: to keep, to send, to print.

What the text holds is data. All of it is escaped, the page has no script, and its content security policy allows only
its own style sheet.
"""

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence

from leap_explorer.explain.alignment import Span, WordScore, strongest_words
from leap_explorer.explain.faithfulness import describe
from leap_explorer.explain.reader import Explanation

LEVELS = 8
TOP_WORDS = 10

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

_BLUE, _ORANGE = {"light": "0 114 178", "dark": "86 180 233"}, {"light": "230 120 0", "dark": "240 160 40"}
_STRONGEST = {"light": 0.62, "dark": 0.55}  # opacity that leaves the words a contrast of 4.5 and more

_STYLE = """
:root { color-scheme: light dark; --ground: #f6f7f9; --surface: #fff; --ink: #1b1f24; --faint: #5c6570;
  --line: #d9dde3; --blue: rgb(0 114 178); --orange: rgb(190 90 0); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 0; }
h3 { font-size: 14px; margin: 0 0 6px; color: var(--faint); font-weight: 600; }
p { margin: 0; }
.facts { color: var(--faint); margin-bottom: 20px; }
.panels { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 20px; min-width: 0; }
section > * + * { margin-top: 16px; }
.text { white-space: pre-wrap; unicode-bidi: isolate; overflow-wrap: anywhere; line-height: 1.9; }
.text span { border-radius: 3px; padding: 1px 0; }
.unread { color: var(--faint); text-decoration: line-through 1px; }
.legend { color: var(--faint); font-size: 14px; }
.legend span { border-radius: 3px; padding: 1px 6px; color: var(--ink); }
.legend .unread { color: var(--faint); padding: 0; }
.warning { border-left: 4px solid var(--orange); padding: 8px 12px; background: var(--ground); }
.empty { color: var(--faint); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 400; overflow-wrap: anywhere; padding: 2px 8px 2px 0; width: 42%; }
td { padding: 2px 0; vertical-align: middle; }
td.number { text-align: right; width: 60px; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 12px; }
rect { fill: var(--faint); }
.for rect { fill: var(--blue); }
.against rect { fill: var(--orange); }
.sides { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(220px, 100%), 1fr)); }
.method { font-size: 14px; color: var(--faint); border-top: 1px solid var(--line); padding-top: 12px; }
.method p + p { margin-top: 6px; }
"""
_DARK = """:root { --ground: #14171b; --surface: #1c2026; --ink: #e8eaed; --faint: #a0a8b3; --line: #353b44;
  --blue: rgb(86 180 233); --orange: rgb(240 160 40); }
"""


def explanation_html(text: str, explanations: Mapping[str, Explanation], title: str, facts: Sequence[str] = ()) -> str:
    """A whole HTML document with one panel an explanation, side by side where the window is wide.

    Args:
        explanations: of the same text, by the model's name.
        title: heading of the page.
        facts: what else is known of the text, such as its label.
    """
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    panels = "\n".join(_panel(name, text, explanation) for name, explanation in explanations.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_escape(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{_escape(title)}</h1>
<p class="facts">{_escape(" · ".join(facts))}</p>
<div class="panels">
{panels}
</div>
</main>
</body>
</html>
"""


def coloured_text(text: str, spans: Sequence[Span], levels: Sequence[int]) -> str:
    """The text with an element for each span; `levels` are from `-LEVELS` to `LEVELS`, 0 without colour."""
    pieces, position = [], 0
    for span, level in zip(spans, levels, strict=True):
        pieces.append(_between(text[position : span.start]))
        pieces.append(_word(text[span.start : span.end], span, level))
        position = span.end
    return "".join([*pieces, _between(text[position:])])


def levels_of(spans: Sequence[Span]) -> list[int]:
    """How strongly to colour each span: its share of the largest score, in steps, with its sign."""
    largest = max((abs(span.score) for span in spans if span.score is not None), default=0.0)
    if not largest:
        return [0] * len(spans)
    return [0 if span.score is None else round(LEVELS * span.score / largest) for span in spans]


def sides_of(target: str, labels: Sequence[str]) -> tuple[str, str]:
    """What a score above 0 and one below 0 mean."""
    if target not in labels:
        return f"raises the {target}", f"lowers the {target}"
    others = [label for label in labels if label != target]
    return f"for {target}", f"for {others[0]}" if len(others) == 1 else f"against {target}"


def _style() -> str:
    return f"{_STYLE}{_level_rules('light')}@media (prefers-color-scheme: dark) {{\n{_DARK}{_level_rules('dark')}}}\n"


def _level_rules(theme: str) -> str:
    """The strongest words have an underline, too: solid for, dashed against."""
    rules = []
    for sign, color, line in (("p", _BLUE, "solid"), ("n", _ORANGE, "dashed")):
        for level in range(1, LEVELS + 1):
            opacity = _STRONGEST[theme] * level / LEVELS
            mark = f" border-bottom: 2px {line} rgb({color[theme]});" if level > LEVELS / 2 else ""
            rules.append(f".{sign}{level} {{ background: rgb({color[theme]} / {opacity:.2f});{mark} }}\n")
    return "".join(rules)


def _panel(name: str, text: str, explanation: Explanation) -> str:
    labels = list(explanation.probabilities)
    raises, lowers = sides_of(explanation.target, labels)
    if explanation.warning is not None:
        shown = f'<p class="warning" role="alert">{_escape(explanation.warning)}</p>\n{_text(_between(text))}'
    else:
        legend = (
            f'<p class="legend"><span class="p{LEVELS}">{_escape(raises)}</span> '
            f'<span class="n{LEVELS}">{_escape(lowers)}</span> <span class="unread">not read by the model</span></p>'
        )
        map_of_words = coloured_text(text, explanation.spans, levels_of(explanation.spans))
        tops = strongest_words(text, explanation.spans, TOP_WORDS)
        sides = "".join(
            _side(what, words, kind)
            for what, words, kind in zip((raises, lowers), tops, ("for", "against"), strict=True)
        )
        shown = f'{legend}\n{_text(map_of_words)}\n<div class="sides">{sides}</div>'
    return f"""<section>
<h2>{_escape(name)}</h2>
{_probabilities(explanation.probabilities)}
{shown}
<div class="method">
<p>{_escape(f"Method: {method_line(explanation)}.")}</p>
<p>{_escape(describe(explanation.faithfulness, explanation.method))}</p>
</div>
</section>"""


def _text(content: str) -> str:
    return f'<div class="text">{content}</div>' if content.strip() else '<p class="empty">The text is empty.</p>'


def _probabilities(probabilities: Mapping[str, float]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_escape(label)}</th><td>{_bar(share)}</td><td class="number">{share:.1%}</td></tr>'
        for label, share in probabilities.items()
    )
    return f"<div><h3>Probability</h3><table>{rows}</table></div>"


def _side(what: str, words: Sequence[WordScore], kind: str) -> str:
    largest = max((abs(word.score) for word in words), default=1.0)
    rows = "".join(
        f'<tr><th scope="row">{_escape(word.word)}{f" &times;{word.count}" if word.count > 1 else ""}</th>'
        f'<td>{_bar(abs(word.score) / largest)}</td><td class="number">{word.score:+.3f}</td></tr>'
        for word in words
    )
    table = f"<table>{rows}</table>" if rows else '<p class="empty">no word</p>'
    return f'<div class="{kind}"><h3>{_escape(what)}</h3>{table}</div>'


def _bar(share: float) -> str:
    return (
        '<svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * share:.2f}" height="12"></rect></svg>'
    )


def _word(word: str, span: Span, level: int) -> str:
    if not span.is_read:
        return f'<span class="unread" title="not read by the model">{_escape(word)}</span>'
    kind = f' class="{"p" if level > 0 else "n"}{abs(level)}"' if level else ""
    title = f' title="{span.score:+.4f}"' if span.score is not None else ""
    return f"<span{kind}{title}>{_escape(word)}</span>"


def _between(text: str) -> str:
    """What stands between words."""
    return _escape(with_line_ends(text))


def method_line(explanation: Explanation) -> str:
    """The method and its settings, such as `occlusion (inferences 60)`."""
    settings = ", ".join(f"{key} {value}" for key, value in explanation.settings.items())
    return f"{explanation.method} ({settings})" if settings else explanation.method


def with_line_ends(text: str) -> str:
    """The text with HTML's line breaks, which texts from web pages keep, as line ends."""
    return _BREAK.sub("\n", text)


def _escape(text: str) -> str:
    return html.escape(text.replace("\0", "\N{REPLACEMENT CHARACTER}"), quote=True)

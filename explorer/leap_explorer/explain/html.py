"""Explanations of a text as one HTML file that needs nothing else and runs nothing: to keep, to send, to print.

What the text holds is data. All of it is escaped, the page has no script, and its content security policy allows only
its own style sheet.
"""

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence

from leap_explorer.colors import ABOVE_LINE, BELOW_LINE, FAINT_INK, INK, SURFACE, word_ground
from leap_explorer.explain.alignment import Span, WordScore, strongest_words
from leap_explorer.explain.faithfulness import describe
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import LEVELS, Piece, oriented, pieces, with_line_breaks
from leap_explorer.precision import alike

TOP_WORDS = 10

_GROUND, _LINE = {False: "#F4F6F8", True: "#0F141A"}, {False: "#D5DBE2", True: "#323C48"}

_STYLE = """
:root { color-scheme: light dark; }
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
.warning { border-left: 4px solid var(--above); padding: 8px 12px; background: var(--ground); }
.empty { color: var(--faint); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 400; overflow-wrap: anywhere; padding: 2px 8px 2px 0; width: 42%; }
td { padding: 2px 0; vertical-align: middle; }
td.number { text-align: right; width: 60px; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 12px; }
rect { fill: var(--faint); }
.above rect { fill: var(--above); }
.below rect { fill: var(--below); }
.sides { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(220px, 100%), 1fr)); }
.method { font-size: 14px; color: var(--faint); border-top: 1px solid var(--line); padding-top: 12px; }
.method p + p { margin-top: 6px; }
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


def coloured_text(text: str, spans: Sequence[Span]) -> str:
    """The text with an element for each of its words."""
    return "".join(map(_piece, pieces(text, spans)))


def _style() -> str:
    return f"{_STYLE}{_colors(False)}@media (prefers-color-scheme: dark) {{\n{_colors(True)}}}\n"


def _colors(is_dark: bool) -> str:
    """Variables, and a rule for each level. The strongest words have an underline, too: solid above 0, dashed below."""
    variables = {
        "ground": _GROUND,
        "surface": SURFACE,
        "ink": INK,
        "faint": FAINT_INK,
        "line": _LINE,
        "above": ABOVE_LINE,
        "below": BELOW_LINE,
    }
    rules = [":root {" + "".join(f" --{name}: {color[is_dark]};" for name, color in variables.items()) + " }\n"]
    for sign, name, line in ((1, "above", "solid"), (-1, "below", "dashed")):
        for level in range(1, LEVELS + 1):
            mark = f" border-bottom: 2px {line} var(--{name});" if level > LEVELS / 2 else ""
            ground = word_ground(sign * level / LEVELS, is_dark)
            rules.append(f".{name[0]}{level} {{ background: {ground};{mark} }}\n")
    return "".join(rules)


def _panel(name: str, text: str, explanation: Explanation) -> str:
    if explanation.warning is None:
        shown = _map(text, explanation)
    else:
        warning = f'<p class="warning" role="alert">{_escape(explanation.warning)}</p>'
        shown = f"{warning}\n{_text(_escape(with_line_breaks(text)))}"
    return f"""<section>
<h2>{_escape(name)}</h2>
{_probabilities(explanation.probabilities)}
{shown}
<div class="method">
<p>{_escape(f"Method: {method_line(explanation)}.")}</p>
<p>{_escape(describe(explanation.faithfulness, explanation.method))}</p>
</div>
</section>"""


def _map(text: str, explanation: Explanation) -> str:
    """What the colours mean, the coloured text, and its strongest words."""
    direction, spans = oriented(explanation)
    legend = (
        f'<p class="legend">Orange: <span class="a{LEVELS}">{_escape(direction.above)}</span> '
        f'Blue: <span class="b{LEVELS}">{_escape(direction.below)}</span> '
        '<span class="unread">not read by the model</span></p>'
    )
    above, below = strongest_words(text, spans, TOP_WORDS)
    scores = alike([word.score for word in (*above, *below)], is_signed=True)
    sides = _side(direction.above, above, scores, "above")
    sides += _side(direction.below, below, scores[len(above) :], "below")
    return f'{legend}\n{_text(coloured_text(text, spans))}\n<div class="sides">{sides}</div>'


def _text(content: str) -> str:
    return f'<div class="text">{content}</div>' if content.strip() else '<p class="empty">The text is empty.</p>'


def _probabilities(probabilities: Mapping[str, float]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_escape(label)}</th><td>{_bar(share)}</td><td class="number">{share:.1%}</td></tr>'
        for label, share in probabilities.items()
    )
    return f"<div><h3>Probability</h3><table>{rows}</table></div>"


def _side(what: str, words: Sequence[WordScore], scores: Sequence[str], kind: str) -> str:
    largest = max((abs(word.score) for word in words), default=1.0)
    rows = "".join(
        f'<tr><th scope="row">{_escape(word.word)}{f" &times;{word.count}" if word.count > 1 else ""}</th>'
        f'<td>{_bar(abs(word.score) / largest)}</td><td class="number">{score}</td></tr>'
        for word, score in zip(words, scores, strict=False)
    )
    table = f"<table>{rows}</table>" if rows else '<p class="empty">no word</p>'
    return f'<div class="{kind}"><h3>{_escape(what)}</h3>{table}</div>'


def _bar(share: float) -> str:
    return (
        '<svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * share:.2f}" height="12"></rect></svg>'
    )


def _piece(piece: Piece) -> str:
    """A word with its colour and score; what stands between words as it is."""
    span = piece.span
    if span is None:
        return _escape(piece.text)
    if not span.is_read or span.score is None:
        return f'<span class="unread" title="not read by the model">{_escape(piece.text)}</span>'
    kind = f' class="{"a" if piece.level > 0 else "b"}{abs(piece.level)}"' if piece.level else ""
    return f'<span{kind} title="{span.score:+.4f}">{_escape(piece.text)}</span>'


def method_line(explanation: Explanation) -> str:
    """The method and its settings, such as `occlusion (inferences 60)`."""
    settings = ", ".join(f"{key} {value}" for key, value in explanation.settings.items())
    return f"{explanation.method} ({settings})" if settings else explanation.method


def _escape(text: str) -> str:
    return html.escape(text.replace("\0", "\N{REPLACEMENT CHARACTER}"), quote=True)

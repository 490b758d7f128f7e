"""`imdb explain`: which words drove a prediction."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from IMDb.commands.options import DataOption, console, print_written, settings, working
from IMDb.config import LABELS, ModelName, write_atomically
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.commands.terminal import print_probabilities, printable

if TYPE_CHECKING:
    from IMDb.explain.reader import ReviewTexts
    from leap_explorer.explain.alignment import Span, WordScore
    from leap_explorer.explain.reader import Explanation

TOP_WORDS = 8
MARKED_WORDS = 10  #: a side, that the text in the terminal marks with + and -

_UNREAD = "dim strike"


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(explain)


def explain(
    review_id: Annotated[str | None, typer.Option("--id", help="The id of a review of the data.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Or any text.")] = None,
    model: Annotated[
        Literal["dense", "bert", "both"] | None,
        typer.Option("--model", help="Which model. Default: both, or the one that is there."),
    ] = None,
    target: Annotated[
        Literal["positive", "negative", "loss"],
        typer.Option("--target", help="What the scores explain; the loss is that of the review's own label."),
    ] = "positive",
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to keep or send.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write it all as JSON; `explanation_json` says how.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Show which words of a review push a model towards a label, or towards a high loss.

    Orange and + speak for positive, or raise the loss; blue and - speak for negative, or lower the loss, whichever
    label is explained. The strongest words carry their sign.
    """
    if (review_id is None) == (text is None):
        raise UserError("Give either --id or --text.")
    if text is not None and not text.strip():
        raise UserError("--text is empty.")
    if text is not None and target == "loss":
        raise UserError("A loss is that of a label, which a --text has not. Give an --id, or another --target.")
    from IMDb.explain.reader import ReviewTexts

    config = settings(None, data)
    texts = ReviewTexts(config)
    label = None
    if review_id is not None:
        with working("Loading the reviews"):
            text, label = _review(texts, review_id)
    written = (text or "").encode("utf-8", "replace").decode()  # what no file could hold becomes a question mark
    explanations: dict[str, Explanation] = {}
    for name in _models(model):
        with working(f"Asking {name}"):
            explanations[name] = ReviewTexts(config.model_copy(update={"model": name})).explain(written, target, label)
    _print_explanations(written, explanations)
    facts = {"id": review_id, "label": label}
    if html is not None:
        write_atomically(html, _page(written, explanations, facts))
    if json_file is not None:
        content = explanation_json(written, explanations, facts)
        write_atomically(json_file, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    print_written(html, json_file)


def explanation_json(
    text: str, explanations: "Mapping[str, Explanation]", facts: Mapping[str, str | None]
) -> dict[str, Any]:
    """What `imdb explain --json` writes.

    `text`, `id` and `label` (null where unknown), and `explanations`: by model

        probabilities  by label, 0 to 1
        target         what the scores explain: a label, or `loss`
        method         and its `settings`
        warning        why the scores are withheld; null where they are not
        words          in order: `start` and `end` in the text, in characters, the `word` there, `is_read`, whether the
                       model read it, and `score`, in logits of the target or nats of loss: above 0 the word raises
                       the target. Null for a word that was not read, and for all where there is a warning
        faithfulness   what `imdb faithfulness` measured of the method and of a random ranking; null if nothing
    """
    return {
        "text": text,
        **facts,
        "explanations": {name: _explanation_json(text, one) for name, one in explanations.items()},
    }


def _explanation_json(text: str, explanation: "Explanation") -> dict[str, Any]:
    is_shown = explanation.warning is None
    words = [
        {
            "start": span.start,
            "end": span.end,
            "word": text[span.start : span.end],
            "is_read": span.is_read,
            "score": span.score if is_shown else None,
        }
        for span in explanation.spans
    ]
    methods = (explanation.faithfulness or {}).get("methods", {})
    measured = {name: methods[name] for name in (explanation.method, "random") if name in methods}
    return {
        "probabilities": explanation.probabilities,
        "target": explanation.target,
        "method": explanation.method,
        "settings": explanation.settings,
        "warning": explanation.warning,
        "words": words,
        "faithfulness": measured or None,
    }


def _review(texts: "ReviewTexts", review_id: str) -> tuple[str, str | None]:
    """A review's text and label."""
    review = texts.reviews.by_id.get(review_id)
    if review is None:
        ids = list(texts.reviews.by_id)
        raise UserError(f"There is no review {review_id}; the ids are such as {ids[0]} and {ids[-1]}.")
    return review.text, None if review.label is None else LABELS[review.label]


def _models(choice: Literal["dense", "bert", "both"] | None) -> list[ModelName]:
    if choice in MODELS:
        return [choice]
    found = [name for name, spec in MODELS.items() if spec.path.exists()]
    missing = [name for name in MODELS if name not in found]
    if missing and (choice == "both" or not found):
        raise UserError(f"No model at {MODELS[missing[0]].path}. Make it with `imdb train {missing[0]}`.")
    return found


def _page(text: str, explanations: "Mapping[str, Explanation]", facts: Mapping[str, str | None]) -> str:
    from leap_explorer.explain.html import explanation_html

    title = f"Review {facts['id']}" if facts["id"] else "A review"
    known = [f"labelled {facts['label']}"] if facts["label"] else []
    target = next(iter(explanations.values())).target
    return explanation_html(text, explanations, title, [*known, f"words scored for: {target}"])


# In the terminal


def _print_explanations(text: str, explanations: "Mapping[str, Explanation]") -> None:
    from leap_explorer.explain.faithfulness import describe
    from leap_explorer.explain.html import method_line

    for name, explanation in explanations.items():
        console.rule(f"[bold]{name}", align="left")
        print_probabilities(console, explanation.probabilities)
        if explanation.warning is None:
            _print_map(text, explanation)
        else:
            console.print(f"[bold]No map:[/] {escape(explanation.warning)}", highlight=False)
        console.print(f"Method: {escape(method_line(explanation))}.", highlight=False)
        console.print(describe(explanation.faithfulness, explanation.method), highlight=False, style="dim")


def _print_map(text: str, explanation: "Explanation") -> None:
    from leap_explorer.explain.alignment import strongest_words
    from leap_explorer.explain.word_heat import oriented
    from leap_explorer.precision import alike

    direction, spans = oriented(explanation)
    console.print(terminal_text(text, spans))
    console.print(_legend(direction.above, direction.below))
    above, below = strongest_words(text, spans, TOP_WORDS)
    scores = alike([word.score for word in (*above, *below)], is_signed=True)
    sides = (map(_word_line, above, scores), map(_word_line, below, scores[len(above) :]))
    table = Table(box=None, padding=(0, 3, 0, 0))
    table.add_column(direction.above)
    table.add_column(direction.below)
    table.add_row(*(Text("\n".join(side)) for side in sides))
    console.print(table)


def _word_line(word: "WordScore", score: str) -> str:
    return f"{score} {printable(word.word)}{f' x{word.count}' if word.count > 1 else ''}"


def _legend(above: str, below: str) -> Text:
    """What the colours mean."""
    return Text.assemble(("+ orange", _style(1)), f" {above}, ", ("- blue", _style(-1)), f" {below}")


def terminal_text(text: str, spans: "Sequence[Span]") -> Text:
    """The text as it was written; words coloured, the strongest with a sign, and unread ones struck through.

    A word counts as strong by its place among the scores, so that a terminal without colour shows the same.
    """
    from leap_explorer.explain.word_heat import LEVELS, pieces

    ranked = sorted((span for span in spans if span.score), key=lambda span: span.score or 0.0)
    marks = {span.start: "-" for span in ranked[:MARKED_WORDS] if (span.score or 0.0) < 0}
    marks |= {span.start: "+" for span in ranked[-MARKED_WORDS:] if (span.score or 0.0) > 0}
    shown = Text()
    for piece in pieces(text, spans):
        if piece.span is None:
            shown.append(printable(piece.text))
        else:
            word = marks.get(piece.span.start, "") + printable(piece.text)
            style = "" if abs(piece.level) <= LEVELS / 4 else _style(piece.level)
            shown.append(word, style if piece.span.is_read else _UNREAD)
    return shown


def _style(level: int) -> str:
    """Of a terminal, whatever its ground: the dark ink on the light page's strongest colour of that side."""
    from leap_explorer.colors import INK, word_ground

    return f"{INK[False]} on {word_ground(1 if level > 0 else -1, is_dark=False)}"

"""The subcommands of `imdb` that say why: which words drove a prediction, and how far to trust that."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from IMDb.commands.explorer import run_folder
from IMDb.commands.options import DataOption, ModelOption, console, errors, progress_bar, settings, working
from IMDb.config import LABELS, MODELS_DIR, Config, ModelName, write_atomically
from IMDb.errors import UserError
from IMDb.explain.faithfulness import faithfulness_path, verdict, write_faithfulness
from IMDb.model_specs import MODELS

if TYPE_CHECKING:
    import pandas as pd

    from IMDb.explain.reader import ReviewReader
    from leap_explorer.explain.alignment import Span, WordScore
    from leap_explorer.explain.model_comparison import WordContrast
    from leap_explorer.explain.reader import Explanation
    from leap_explorer.runs.run import Run

TOP_WORDS = 8
CONTRAST_WORDS = 5
MARKED_WORDS = 10  #: a side, that the text in the terminal marks with + and -

_FOR, _AGAINST, _UNREAD = "white on rgb(0,80,130)", "black on rgb(240,170,60)", "dim strike"


def register(app: typer.Typer) -> None:
    """Add the subcommands."""
    for command in (explain, faithfulness, compare):
        app.command()(command)


# explain


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

    A score above 0 (+, blue) raises the target, one below 0 (-, orange) lowers it. The strongest carry their sign.
    """
    if (review_id is None) == (text is None):
        raise UserError("Give either --id or --text.")
    if text is not None and not text.strip():
        raise UserError("--text is empty.")
    if text is not None and target == "loss":
        raise UserError("A loss is that of a label, which a --text has not. Give an --id, or another --target.")
    from IMDb.explain.reader import ReviewReader

    config = settings(None, data)
    reader = ReviewReader(config)
    label = None
    if review_id is not None:
        with working("Loading the reviews"):
            text, label = _review(reader, review_id)
    written = (text or "").encode("utf-8", "replace").decode()  # what no file could hold becomes a question mark
    explanations: dict[str, Explanation] = {}
    for name in _models(model):
        with working(f"Asking {name}"):
            explanations[name] = reader.explain(name, written, target, label)
    _print_explanations(written, explanations)
    facts = {"id": review_id, "label": label}
    if html is not None:
        write_atomically(html, _page(written, explanations, facts))
    if json_file is not None:
        content = explanation_json(written, explanations, facts)
        write_atomically(json_file, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    for path in (html, json_file):
        if path is not None:
            console.print(f"Wrote {escape(str(path))}.", highlight=False, soft_wrap=True)


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


def _review(reader: "ReviewReader", review_id: str) -> tuple[str, str | None]:
    """A review's text and label."""
    review = reader.reviews.by_id.get(review_id)
    if review is None:
        ids = list(reader.reviews.by_id)
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
        for label, share in explanation.probabilities.items():
            console.print(f"{label} {share:.3f} {'█' * round(40 * share)}", highlight=False)
        if explanation.warning is None:
            _print_map(text, explanation)
        else:
            console.print(f"[bold]No map:[/] {escape(explanation.warning)}", highlight=False)
        console.print(f"Method: {escape(method_line(explanation))}.", highlight=False)
        console.print(describe(explanation.faithfulness, explanation.method), highlight=False, style="dim")


def _print_map(text: str, explanation: "Explanation") -> None:
    from leap_explorer.explain.alignment import strongest_words
    from leap_explorer.explain.html import sides_of

    console.print(terminal_text(text, explanation.spans))
    table = Table(box=None, padding=(0, 3, 0, 0))
    raising, lowering = strongest_words(text, explanation.spans, TOP_WORDS)
    for side in sides_of(explanation.target, list(explanation.probabilities)):
        table.add_column(side)
    for row in range(max(len(raising), len(lowering))):
        table.add_row(*(_word_cell(words[row]) if row < len(words) else "" for words in (raising, lowering)))
    console.print(table)


def _word_cell(word: "WordScore") -> str:
    times = f" x{word.count}" if word.count > 1 else ""
    return escape(f"{word.score:+.3f} {_printable(word.word)}{times}")


def terminal_text(text: str, spans: "Sequence[Span]") -> Text:
    """The text as it was written; words coloured, the strongest with a sign, and unread ones struck through.

    A word counts as strong by its place among the scores, so that a terminal without colour shows the same.
    """
    from leap_explorer.explain.html import LEVELS, levels_of, with_line_ends

    ranked = sorted((span for span in spans if span.score), key=lambda span: span.score or 0.0)
    marks = {span.start: "-" for span in ranked[:MARKED_WORDS] if (span.score or 0.0) < 0}
    marks |= {span.start: "+" for span in ranked[-MARKED_WORDS:] if (span.score or 0.0) > 0}
    shown, position = Text(), 0
    for span, level in zip(spans, levels_of(spans), strict=True):
        shown.append(_printable(with_line_ends(text[position : span.start])))
        style = "" if abs(level) <= LEVELS / 4 else _FOR if level > 0 else _AGAINST
        word = marks.get(span.start, "") + _printable(text[span.start : span.end])
        shown.append(word, style if span.is_read else _UNREAD)
        position = span.end
    shown.append(_printable(with_line_ends(text[position:])))
    return shown


def _printable(text: str) -> str:
    """The text without what could steer the terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)


# faithfulness


def faithfulness(
    model: ModelOption = None,
    samples: Annotated[int, typer.Option(min=2, help="Validation reviews, drawn at random.")] = 200,
    seed: Annotated[int | None, typer.Option(help="Of the draw. Default: `seed:` of the settings.")] = None,
    data: DataOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write. Default: MODEL.faithfulness.json in models/.")
    ] = None,
) -> None:
    """Measure how far the heat-maps of a model can be trusted, and which method makes the best ones.

    Words are taken out of reviews, those first that a method ranks first, to see what that does to the prediction; a
    random ranking stands beside. The best method is the one that `imdb explain` and the pages use from then on.
    A minute for dense, twenty minutes for BERT, on two cores.
    """
    config = settings(model, data)
    measured = _measure(config, samples, config.seed if seed is None else seed)
    path = MODELS[config.model].path
    target = output or faithfulness_path(path)
    write_faithfulness(target, path, measured)
    if output is None:
        from IMDb.models.model_card import write_card

        write_card(MODELS_DIR)
    console.print(_faithfulness_table(measured))
    console.print(verdict(measured["methods"][measured["default"]]), highlight=False, soft_wrap=True)
    console.print(f"Wrote {escape(str(target))}.", highlight=False, soft_wrap=True)


def _measure(config: Config, count: int, seed: int) -> dict[str, Any]:
    import numpy as np

    from IMDb.explain.explainers import load_word_model
    from IMDb.reviews.dataset import load_dataset
    from leap_explorer.explain.attribution import Attribution, predicted_target, word_groups
    from leap_explorer.explain.faithfulness import Sample, measure_methods

    with working("Loading the model and the reviews"):
        model = load_word_model(config, config.model)
        reviews = load_dataset(config)
    held_out = reviews[reviews["split"] == "validation"]
    if held_out.empty:
        raise UserError("The data has no validation reviews to measure on.")
    drawn = np.random.default_rng(seed).permutation(len(held_out))[:count]
    readings = [model.read(text) for text in held_out["text"].iloc[np.sort(drawn)]]
    samples = [Sample(reading.inputs, word_groups(reading.word_of, len(reading.words))) for reading in readings]
    targets = [predicted_target(model.logits(reading)) for reading in readings]

    def explain(method: str, index: int) -> Attribution:
        return model.attribute(readings[index], targets[index], model.methods[method])

    with progress_bar() as progress:
        tasks = {what: progress.add_task(what, total=len(samples)) for what in ("Explaining", "Measuring")}

        def report(what: str, done: int, total: int) -> None:
            progress.update(tasks[what], completed=done)
            if not errors.is_terminal and done % 10 == 0:
                errors.print(f"{what}: {done} of {total} reviews")

        measured = measure_methods(
            model.predict,
            samples,
            model.methods,
            explain,
            model.fill,
            report=report,
            seed=seed,
            batch_size=model.batch_size,
        )
    facts = {"data": config.data, "split": "validation", "drawn_from": len(held_out), "removal": model.removal}
    return {**facts, "hardware": f"{os.cpu_count()} CPU cores ({platform.machine()})", **measured}


def _faithfulness_table(measured: dict[str, Any]) -> Table:
    table = Table(title=f"{measured['samples']} of {measured['drawn_from']:,} validation reviews", title_justify="left")
    for column in ("ranking", "comprehensiveness", "times random", "sufficiency", "times random", "seconds"):
        table.add_column(column, justify="left" if column == "ranking" else "right")
    for name, of_method in measured["methods"].items():
        cells = [
            f"{of_method[kind][part]:.3f}" if part == "mean" else _ratio(of_method[kind])
            for kind in ("comprehensiveness", "sufficiency")
            for part in ("mean", "times_random")
        ]
        seconds = f"{of_method['seconds']['median']:.2f}" if "seconds" in of_method else ""
        table.add_row(name, *cells, seconds, style="bold" if name == measured["default"] else "")
    return table


def _ratio(of_measure: dict[str, Any]) -> str:
    ratio = of_measure["times_random"]["mean"]
    return "" if ratio is None else f"{ratio:.2f}"


# compare


def compare(
    run_a: Annotated[Path | None, typer.Option("--run-a", metavar="RUN", help="Default: the one of dense.")] = None,
    run_b: Annotated[
        Path | None, typer.Option("--run-b", metavar="RUN", help="Another. Default: that of bert.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Of which reviews.")] = "validation",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many reviews to explain.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write them as JSON.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write them as CSV.")] = None,
    data: DataOption = None,
) -> None:
    """List the reviews on which two models disagree, and the words that pull them apart.

    The largest difference in loss comes first. A word's share is its part of all that a model's words do for
    `positive` (above 0) or against it (below 0); the words shown are those whose shares differ most.
    """
    from IMDb.explain.reader import ReviewReader, long_name
    from leap_explorer.explain.model_comparison import disagreements

    config = settings(None, data)
    runs = _run(run_a, "dense"), _run(run_b, "bert")
    found = disagreements(runs[0].samples, runs[1].samples, split)
    reader = ReviewReader(config, runs=runs)
    words = _words_apart(reader, runs, found["id"].head(limit).tolist())
    names = [reader.model_of(long_name(run)) for run in runs]
    _print_disagreements(found.head(limit), words, names, len(found), split)
    if json_file is not None:
        write_atomically(json_file, _disagreements_json(found, words, names, split))
    if csv is not None:
        write_atomically(csv, _disagreements_csv(found, words))
    for path in (json_file, csv):
        if path is not None:
            console.print(f"Wrote {escape(str(path))}.", highlight=False, soft_wrap=True)


def _run(given: Path | None, name: ModelName) -> "Run":
    from leap_explorer.runs.run import load_run

    folder = given or run_folder(name)
    if not folder.exists():
        raise UserError(f"There is no run at {folder}. Make one with `imdb evaluate --model {name}`.")
    return load_run(folder)


def _words_apart(
    reader: "ReviewReader", runs: "tuple[Run, Run]", ids: Sequence[str]
) -> "dict[str, list[WordContrast]]":
    """By review: the words, with each run's share of its score towards `positive`."""
    from IMDb.explain.reader import long_name
    from leap_explorer.explain.model_comparison import words_apart

    found = {}
    with progress_bar() as progress:
        for review_id in progress.track(ids, description="Explaining"):
            text = reader.text(review_id)
            if text is None:
                raise UserError(f"The data has no review {review_id}; give the data of the runs with --data.")
            a, b = (_shown(reader.explain(long_name(run), text, LABELS[1])) for run in runs)
            found[review_id] = words_apart(text, a, b, CONTRAST_WORDS)
    return found


def _shown(explanation: "Explanation") -> "Sequence[Span]":
    """The spans, unless there is a warning."""
    return explanation.spans if explanation.warning is None else ()


def _print_disagreements(
    found: "pd.DataFrame", words: "Mapping[str, list[WordContrast]]", names: Sequence[str], count: int, split: str
) -> None:
    a, b = names
    console.print(f"{count:,} {split} reviews on which {a} and {b} disagree; {len(found):,} of them:", highlight=False)
    table = Table(title_justify="left", show_lines=True)
    for column in ("id", "label", a, b, f"loss {a}", f"loss {b}", f"words that pull apart: share {a} / {b}"):
        table.add_column(column, justify="right" if column.startswith("loss") else "left")
    for row in found.astype(object).where(found.notna(), None).to_dict("records"):
        contrasts = [f"{one.share_a:+.3f} / {one.share_b:+.3f} {_printable(one.word)}" for one in words[row["id"]]]
        losses = ("" if row[name] is None else f"{row[name]:.3f}" for name in ("loss_a", "loss_b"))
        cells = (row["id"], row["ground_truth"] or "", row["prediction_a"], row["prediction_b"], *losses)
        table.add_row(*map(Text, (*cells, "\n".join(contrasts))))
    console.print(table)


def _disagreements_json(
    found: "pd.DataFrame", words: "Mapping[str, list[WordContrast]]", names: Sequence[str], split: str
) -> str:
    """`models` a and b, `split`, and `reviews` as in `disagreements`, the first ones with `words`."""
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    for row in rows:
        row["words"] = [vars(one) for one in words[row["id"]]] if row["id"] in words else None
    content = {"models": dict(zip("ab", names, strict=True)), "split": split, "reviews": rows}
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _disagreements_csv(found: "pd.DataFrame", words: "Mapping[str, list[WordContrast]]") -> str:
    """The columns of `disagreements`, and `words`: those that pull the models apart, strongest first."""
    listed = [" ".join(one.word for one in words.get(review_id, [])) for review_id in found["id"]]
    return found.assign(words=listed).to_csv(index=False)

"""`imdb error-words`: which words pushed a model's wrong predictions, and what the other model made of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from IMDb.commands.explorer import run_folder
from IMDb.commands.options import DataOption, console, print_written, progress_bar, settings
from IMDb.config import ModelName, write_atomically
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.commands.terminal import Column, print_table

if TYPE_CHECKING:
    from IMDb.explain.reader import ReviewTexts
    from leap_explorer.explain.pushing_words import PushingWord, Scores
    from leap_explorer.runs.run import Run


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("error-words")(error_words)


def error_words(
    model: Annotated[ModelName, typer.Option("--model", help="Whose wrong predictions.")] = "dense",
    insight: Annotated[
        str | None, typer.Option("--insight", metavar="ID", help="Of the samples of this insight of its run alone.")
    ] = None,
    draw: Annotated[int, typer.Option("--draw", min=10, help="So many of them, drawn at random.")] = 60,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write it as JSON.")] = None,
    data: DataOption = None,
) -> None:
    """Show which words raise the loss of a model's wrong predictions on held-out reviews most.

    Beside them is what the other model made of the same words in the same reviews. A score is in nats of loss a review,
    with its 95 % interval over the draw.
    """
    from IMDb.explain.reader import ReviewTexts
    from leap_explorer.explain.pushing_words import push_of, pushing_words
    from leap_explorer.runs.run import load_run

    run = load_run(run_folder(model))
    drawn, total = wrong_reviews(run, insight, draw, seed)
    other = next((name for name in MODELS if name != model and MODELS[name].path.exists()), None)
    asked = [settings(name, data) for name in (model, other) if name is not None]
    scores = {one.model: list(_scores(ReviewTexts(one), drawn)) for one in asked}
    rows: list[dict[str, Any]] = [
        {"word": one.word, "reviews": one.n} | {name: push_of(one.word, of_model) for name, of_model in scores.items()}
        for one in pushing_words(scores[model])
    ]
    _print(rows, list(scores), f"Words behind {len(drawn):,} of {total:,} wrong predictions of {model}, seed {seed}")
    if json_file is not None:
        written = [{key: _plain(value) for key, value in row.items()} for row in rows]
        content = {"model": model, "insight": insight, "drawn": len(drawn), "wrong": total, "words": written}
        write_atomically(json_file, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    print_written(json_file)


def wrong_reviews(run: "Run", insight: str | None, draw: int, seed: int) -> tuple[list[tuple[str, str]], int]:
    """Id and label of wrongly predicted held-out reviews, at most `draw` at random, and how many there are.

    Raises:
        UserError: there are none, or the run has no such insight.
    """
    from leap_explorer.insights import Insight, select
    from leap_explorer.insights.rows import held_out, wrong

    samples, errors = run.samples, wrong(run.samples)
    rows = held_out(samples) & (errors == 1)
    if insight is not None:
        found = {one["id"]: Insight.from_dict(one) for one in run.insights}
        if insight not in found:
            raise UserError(f"{run.path} has no insight {insight}; there are {', '.join(found) or 'none'}.")
        rows &= select(samples, found[insight].filter, run.words)
    if not rows.any():
        raise UserError("None of these reviews is predicted wrong.")
    places = np.flatnonzero(rows)
    drawn = samples.iloc[np.random.default_rng(seed).permutation(places)[:draw]]
    return list(zip(drawn["id"].astype(str), drawn["ground_truth"].astype(str), strict=True)), len(places)


def _scores(texts: "ReviewTexts", drawn: list[tuple[str, str]]) -> Iterator["Scores"]:
    from leap_explorer.explain.pushing_words import word_scores

    with progress_bar() as progress:
        for review_id, label in progress.track(drawn, description=f"Asking {texts.config.model}"):
            text = texts.text(review_id)
            if text is None:
                raise UserError(f"There is no review {review_id} in these data. Name those of the run by --data.")
            found = texts.explain(text, "loss", label)
            yield word_scores(text, found.spans) if found.warning is None else {}


def _print(rows: list[dict[str, Any]], names: list[str], title: str) -> None:
    if not rows:
        console.print("No word raises their loss beyond what the draw may have made.", highlight=False)
        return
    columns = [Column("word", "text"), Column("reviews", "number"), *(Column(f"loss, {name}") for name in names)]
    cells = [[row["word"], str(row["reviews"]), *(row[name].push.text() for name in names)] for row in rows]
    print_table(console, columns, cells, f"{title}; nats a review, 95 % intervals")


def _plain(value: "str | int | PushingWord") -> Any:
    return value if isinstance(value, str | int) else value.push.to_dict()

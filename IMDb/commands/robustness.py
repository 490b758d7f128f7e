"""`imdb robustness`: how a model stands when reviews are written differently."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from IMDb.commands.explorer import RUNS_DIR, model_file
from IMDb.commands.options import DataOption, ModelOption, console, environment, settings
from IMDb.config import MODELS_DIR, ROOT, Config

if TYPE_CHECKING:
    from leap_explorer.runs.run import Run

#: What is tried unless other simulations are named.
SIMULATIONS = (
    "typos:rate=0.05",
    "typos:rate=0.1",
    "typos:rate=0.2",
    "lost:what=casing",
    "lost:what=punctuation",
    "contractions:form=expanded",
    "noise:rate=0.1",
    "look_alikes:rate=0.1,kind=accents",
    "truncated:words=100,end=first",
    "truncated:words=100,end=last",
    "shuffled:share=1",
    "neutral_sentence:position=start",
    "minimal_pairs",
)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(robustness)


def robustness(
    model: ModelOption = None,
    simulate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PARAMETER=VALUE,..", help="Only this simulation; may be repeated. Default: 13."),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many held-out reviews each simulation changes.")] = 500,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The run's folder. Default: runs/MODEL-simulated.")] = None,
    card: Annotated[bool, typer.Option("--card", help="Put the figures into models/MODEL_CARD.md.")] = False,
) -> None:
    """Change held-out reviews (typos, no punctuation, cut short, ...) and compare each with what it was.

    The changed reviews stand in a run of their own, which `imdb explore` shows.
    """
    from leap_explorer.commands.robustness import print_robustness
    from leap_explorer.commands.runs import evaluate_command
    from leap_explorer.contract.recipe import Recipe
    from leap_explorer.evaluation.plan import Options
    from leap_explorer.runs.run import load_run

    config = settings(model, data)
    recipes = tuple(Recipe(text, n, config.seed) for text in simulate or SIMULATIONS)
    options = Options(seed=config.seed, projection="pca", environment=environment(config), simulations=recipes)
    target = out or RUNS_DIR / f"{config.model}-simulated"
    code = evaluate_command(ROOT, model_file(config), target, options)
    run = load_run(target)
    print_robustness(run)
    if card:
        _put_into_card(config, run)
    raise typer.Exit(code)


def _put_into_card(config: Config, run: "Run") -> None:
    from IMDb.models.model_card import write_card
    from IMDb.models.robustness import measured_robustness, write_robustness
    from leap_explorer.comparison.robustness import robustness as found_in

    write_robustness(MODELS_DIR, config.model, run.info["model"]["sha256"], measured_robustness(run, found_in(run)))
    write_card(MODELS_DIR)
    console.print(f"The figures stand in {MODELS_DIR / 'MODEL_CARD.md'}.", highlight=False, soft_wrap=True)

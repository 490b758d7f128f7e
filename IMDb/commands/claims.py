"""What the published example claims of its model, for the explorer to test on held-out reviews."""

import typer

from leap_explorer.insights.claims import Claim, claimed_correlation, verdict

CLAIMS = (
    Claim("The more words are out of vocabulary, the higher the loss", "metadata_oov_rate"),
    Claim("The more neutral the polarity, the higher the loss", "metadata_polarity", near=0.0),
)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(claims)


def claims() -> None:
    """Test what the published example claims, on the held-out reviews of each model's run."""
    from IMDb.commands.explorer import run_folder
    from IMDb.model_specs import MODELS
    from leap_explorer.commands.runs import console
    from leap_explorer.commands.terminal import Column, print_table
    from leap_explorer.runs.run import load_run

    rows = [
        [claim.text, name, found[0].text(), verdict(found[0]), f"{found[1]:,}"]
        for claim in CLAIMS
        for name in MODELS
        if (found := claimed_correlation(load_run(run_folder(name)).samples, claim))
    ]
    columns = [Column("claim", "text"), *map(Column, ("model", "rank correlation", "verdict"))]
    print_table(console, [*columns, Column("reviews", "number")], rows, "Claims, with 95 % intervals")

"""Options that commands of the explorer and of an integration have in common."""

from pathlib import Path
from typing import Annotated

import typer

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Of the host; 0 takes any free one.")]
BrowserOption = Annotated[bool, typer.Option(help="Open the page in the browser.")]
ExportOption = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="Write a report to this HTML file, and open nothing."),
]
IntegrationOption = Annotated[
    Path | None,
    typer.Option("--integration", metavar="DIR", help="Where the runs' integration is now. Default: where it was."),
]
ModelsOption = Annotated[
    list[Path] | None,
    typer.Option("--model", metavar="FILE", help="The model's file, in the order of the runs. Default: where it was."),
]
TimeLimitOption = Annotated[
    float, typer.Option(min=0.1, help="Seconds that the integration's code may take for one sample.")
]
TrustOption = Annotated[
    bool, typer.Option("--trust-model", help="Run code that the model file holds, as in Lambda layers.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Of a Dask cluster whose workers score the samples: tcp://HOST:8786, or local:N for N workers here.",
    ),
]
MismatchOption = Annotated[
    bool,
    typer.Option(
        "--allow-version-mismatch",
        help="Let the cluster's workers have other versions of the explorer, code-loader or the model's runtime.",
    ),
]
HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="Where to listen. Any but 127.0.0.1 lets other machines in, which then need a token."
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="A further name of this host, as a proxy's; may be repeated."),
]
PrefixOption = Annotated[
    str, typer.Option(metavar="PATH", help="What a proxy puts before the page's path, such as /user/x/proxy/8050/.")
]

BesideOption = Annotated[
    list[Path] | None,
    typer.Option("--beside", metavar="RUN", help="A run of another model, which judges labels too; may be repeated."),
]
AloneOption = Annotated[bool, typer.Option("--alone", help="Only the first run's model judges.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="How many to print.")]
LabelCsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the whole ranking as CSV.")]
LabelStudioOption = Annotated[
    Path | None, typer.Option("--label-studio", metavar="FILE", help="Write them as tasks for Label Studio (JSON).")
]
ArgillaOption = Annotated[
    Path | None, typer.Option("--argilla", metavar="FILE", help="Write them as records for Argilla (JSON).")
]
AnswersOption = Annotated[
    Path | None,
    typer.Option("--answers", metavar="FILE", help="Keep as verdicts what was answered in either tool (its JSON)."),
]
CorrectedOption = Annotated[
    Path | None,
    typer.Option(
        "--corrected", metavar="FILE", help="Write the data with all verdicts carried out, to train on (CSV)."
    ),
]

"""What `import leap_explorer` offers, in a notebook or a script."""

import os

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Union

import pandas as pd

from leap_explorer.dashboard.notebook import Exploration, explore
from leap_explorer.extras import require
from leap_explorer.insights.find import Findings
from leap_explorer.insights.find import find_insights as find_insights_in
from leap_explorer.runs import run as runs
from leap_explorer.runs.run import Run
from leap_explorer.runs.task import Kind
from leap_explorer.tables.from_frame import run_from_frame

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Exploration", "evaluate", "explore", "find_insights", "load_run", "run_from_frame"]


def load_run(path: str | Path) -> Run:
    """The run in a folder: `run.samples` is a data frame, one row a sample; `run.insights` what was found.

    Raises:
        ExplorerError: there is none, or it is broken.
    """
    return runs.load_run(Path(path))


def evaluate(
    folder: str | Path,
    model: str | Path | None,
    out: str | Path,
    *,
    samples: int | None = None,
    subsets: Sequence[str] = (),
    seed: int = 42,
    latent: str = "model",
    output: str | None = None,
    task: Kind | None = None,
    projection: Literal["umap", "pca"] = "umap",
    out_of_sample: pd.DataFrame | None = None,
    scheduler: Union[str, "Client", None] = None,
    allow_version_mismatch: bool = False,
) -> Run:
    """Evaluate a model on the samples of a Tensorleap integration, and write a run; needs the extra `evaluate`.

    A process can open one integration only. Interrupted, the same call goes on where it stopped.

    Args:
        folder: the integration's, which holds its leap.yaml.
        model: an .h5, .keras or .onnx file; None takes the one that the integration itself loads.
        out: the run's folder.
        samples: of each subset at most, drawn balanced by label; all by default.
        subsets: all by default.
        seed: decides which samples are drawn, and the map.
        latent: "model", or the name of a latent space that the integration registers.
        output: the name of the model's output that is analysed; by default the first.
        task: what kind of task it is; by default found from outputs and ground truths together.
        projection: how the map is drawn; "pca" is quick.
        out_of_sample: probabilities of training samples by models that did not see them: a column `id` and a column
            `probability_<label>` for each label.
        scheduler: of a Dask cluster whose workers score the samples: `tcp://HOST:8786`, `local:4` for four workers
            here, or a `distributed.Client`; needs the extra `cluster`. By default processes of this machine do.
        allow_version_mismatch: let workers have other versions of the explorer, code-loader or the model's runtime.

    Raises:
        ExplorerError: something does not fit together, or the extra is not installed.
    """
    from leap_explorer.evaluation.cluster.connect import Cluster
    from leap_explorer.evaluation.evaluate import evaluate as evaluate_model
    from leap_explorer.evaluation.plan import Options

    options = Options(samples, tuple(subsets), seed, latent, projection, output=output, task=task)
    cluster = None if scheduler is None else Cluster(scheduler, allow_version_mismatch)
    path = None if model is None else Path(model)
    return evaluate_model(Path(folder), path, Path(out), options, out_of_sample, cluster=cluster)


def find_insights(run: Run, domain: str = "subset") -> Findings:
    """Look for insights in a run anew; needs the extra `analysis`. Those that it was written with are `run.insights`.

    Args:
        domain: the column whose parts are compared with each other, such as `metadata_source`.

    Returns:
        `insights`, the most severe first, and `skipped`: the kinds that the data did not allow, each with the reason.

    Raises:
        ExplorerError: there is no column `domain`, or the extra is not installed.
    """
    require("Looking for insights", "analysis")
    names = {int(cluster["cluster"]): str(cluster["name"]) for cluster in run.clusters}
    return find_insights_in(run.samples, run.columns, run.signatures, run.out_of_sample, domain, names, run.words)

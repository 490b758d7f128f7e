"""What is found in a run's samples, written into the run: the clusters' profiles and the insights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.insights.find import find_insights
from leap_explorer.insights.rows import Columns
from leap_explorer.population.clusters import Term, describe_clusters
from leap_explorer.runs.run import INSIGHTS, POPULATION, SIGNATURES, write_json
from leap_explorer.runs.words import WORDS, read_words


def write_findings(
    folder: Path,
    samples: pd.DataFrame,
    columns: Columns,
    terms: Mapping[int, Sequence[Term]],
    population: Mapping[str, Any],
    out_of_sample: pd.DataFrame | None = None,
) -> None:
    """Describe the clusters and look for insights in the run that grows in a folder, and write both there.

    Args:
        folder: holds, where there are texts, the signatures and the words.
        samples: the run's.
        columns: as `run.json` has them.
        terms: of each cluster.
        population: how the clusters were found; it stands beside their profiles.
        out_of_sample: as `find_insights` takes it.
    """
    clusters = describe_clusters(samples, columns, terms)
    write_json(folder / POPULATION, {**population, "clusters": clusters})
    names = {cluster["cluster"]: cluster["name"] for cluster in clusters}
    has_signatures = (folder / SIGNATURES).exists()
    signatures = np.load(folder / SIGNATURES, mmap_mode="r") if has_signatures else None
    words = read_words(folder / WORDS, len(samples)) if (folder / WORDS).exists() else None
    found = find_insights(samples, columns, signatures, out_of_sample, cluster_names=names, words=words)
    insights = [insight.to_dict() for insight in found.insights]
    write_json(folder / INSIGHTS, {"insights": insights, "skipped": found.skipped})

"""Where the samples of a run lie: the columns of the map, the clusters and the outliers."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from leap_explorer.population.latent import Array, find_clusters, outlier_scores, project_pca, project_umap
from leap_explorer.population.strata import Strata, strata_of
from leap_explorer.runs.held_out import TRAINING

Projection = Literal["umap", "pca"]
Report = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much


def find_places(
    latent: Array,
    subsets: Sequence[str],
    truths: Iterable[Any],
    projection: Projection,
    seed: int,
    report: Report,
) -> tuple[dict[str, pa.Array], dict[str, Any], Strata]:
    """The columns of a run's samples that follow from `latent` [n, d], how they were made, and the samples' strata.

    Args:
        subsets: [n]; outliers are measured against training.
        truths: [n], the ground truths; None where there is none.
    """
    report("Measuring outliers", 0, 1)
    outliers = outlier_scores(latent, np.array([subset == TRAINING for subset in subsets]))
    strata = strata_of(subsets, truths, outliers)
    report("Drawing the map", 0, 2)
    pca = project_pca(latent, seed)
    report("Drawing the map", 1, 2)
    projected = pca if projection == "pca" else project_umap(latent, seed, strata)
    report("Finding clusters", 0, 1)
    clustering = find_clusters(latent, seed=seed)
    places = {
        "map_x": pa.array(projected[:, 0], from_pandas=True),
        "map_y": pa.array(projected[:, 1], from_pandas=True),
        "pca_x": pa.array(pca[:, 0], from_pandas=True),
        "pca_y": pa.array(pca[:, 1], from_pandas=True),
        "cluster": pa.array(clustering.labels, mask=clustering.labels < 0),
        "outlier_score": pa.array(outliers, from_pandas=True),
    }
    made = {"projection": projection, "k": clustering.k, "silhouettes": clustering.silhouettes}
    return places, made, strata

"""Where the samples of a run lie: the columns of the map, the clusters and the outliers."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leap_explorer.population.latent import Array, find_clusters, outlier_scores, project_pca, project_umap

Projection = Literal["umap", "pca"]
Report = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much


def find_places(
    latent: Array, is_training: npt.NDArray[np.bool_], projection: Projection, seed: int, report: Report
) -> tuple[dict[str, pa.Array], dict[str, Any]]:
    """The columns of a run's samples that follow from `latent` [n, d], and how they were made.

    Args:
        is_training: [n], which samples outliers are measured against.
    """
    report("Drawing the map", 0, 4)
    pca = project_pca(latent, seed)
    report("Drawing the map", 1, 4)
    projected = pca if projection == "pca" else project_umap(latent, seed)
    report("Drawing the map", 2, 4)
    clustering = find_clusters(latent, seed=seed)
    report("Drawing the map", 3, 4)
    outliers = outlier_scores(latent, is_training)
    report("Drawing the map", 4, 4)
    places = {
        "map_x": pa.array(projected[:, 0], from_pandas=True),
        "map_y": pa.array(projected[:, 1], from_pandas=True),
        "pca_x": pa.array(pca[:, 0], from_pandas=True),
        "pca_y": pa.array(pca[:, 1], from_pandas=True),
        "cluster": pa.array(clustering.labels, mask=clustering.labels < 0),
        "outlier_score": pa.array(outliers, from_pandas=True),
    }
    return places, {"projection": projection, "k": clustering.k, "silhouettes": clustering.silhouettes}

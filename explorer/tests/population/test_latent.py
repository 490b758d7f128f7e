import warnings

import numpy as np
import pytest

from leap_explorer.population.latent import find_clusters, nearest_neighbours, outlier_scores, project_pca, project_umap


def blobs(centres, each=20, seed=0):
    generator = np.random.default_rng(seed)
    rows = [generator.normal(centre, 0.1, (each, len(centre))) for centre in centres]
    return np.concatenate(rows).astype(np.float32)


class TestProjectPca:
    def test_by_hand(self):
        # Centred: -2, 0, 2 along (1, 1) / sqrt 2, that is -2 sqrt 2, 0, 2 sqrt 2; nothing is left for the second
        latent = np.array([[1, 1], [3, 3], [5, 5]], dtype=np.float32)
        expected = [[-2 * 2**0.5, 0], [0, 0], [2 * 2**0.5, 0]]
        assert project_pca(latent) == pytest.approx(np.array(expected), abs=1e-5)

    def test_sign_does_not_hang_on_the_rows_order(self):
        latent = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
        assert project_pca(latent[::-1])[::-1] == pytest.approx(project_pca(latent), abs=1e-4)

    def test_failed_rows_are_nan_and_change_nothing(self):
        latent = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float16)
        latent[4, 2] = np.nan
        found = project_pca(latent)
        assert np.isnan(found[4]).all()
        assert np.delete(found, 4, axis=0) == pytest.approx(project_pca(np.delete(latent, 4, axis=0)))
        assert found.dtype == np.float32

    @pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 3), (5, 1)])
    def test_no_spread(self, shape):
        assert (project_pca(np.ones(shape, np.float32)) == np.zeros((shape[0], 2))).all()

    def test_from_sums_over_blocks_it_is_the_same_but_for_rounding(self):
        latent = np.random.default_rng(0).normal(size=(9_000, 6)).astype(np.float32) * [5, 4, 1, 1, 1, 1] + 3
        assert project_pca(latent, batched=8_999) == pytest.approx(project_pca(latent), abs=0.01)

    def test_one_column(self):
        assert project_pca(np.array([[1.0], [3.0]])) == pytest.approx(np.array([[-1, 0], [1, 0]]))


class TestProjectUmap:
    def test_same_for_the_same_seed_without_a_warning(self):
        latent = blobs([(0,) * 60, (5,) * 60])
        project_umap(latent[:5])  # the import's own warnings are not the projection's
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = project_umap(latent, seed=3)
        assert (found == project_umap(latent, seed=3)).all()
        assert (found != project_umap(latent, seed=4)).any()
        assert found.dtype == np.float32
        apart = np.linalg.norm(found[:20].mean(axis=0) - found[20:].mean(axis=0))
        assert apart > 2 * max(found[:20].std(axis=0).max(), found[20:].std(axis=0).max())

    @pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 14, 15, 16])
    def test_few_rows(self, n):
        latent = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
        found = project_umap(latent)
        assert found.shape == (n, 2)
        assert np.isfinite(found).all()

    def test_duplicates_share_one_place_among_the_others(self):
        latent = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
        latent[:30] = 0.0
        found = project_umap(latent)
        assert (found[:30] == found[0]).all()
        nearest = np.linalg.norm(found[30:] - found[0], axis=1).min()
        extent = np.ptp(found[30:], axis=0).max()
        assert nearest < extent / 2

    def test_constant_and_failed_rows(self):
        latent = np.ones((20, 4), np.float32)
        latent[3] = np.nan
        found = project_umap(latent)
        assert np.isnan(found[3]).all()
        assert (np.delete(found, 3, axis=0) == 0).all()

    def test_one_column(self):
        assert np.isfinite(project_umap(np.arange(20, dtype=np.float32)[:, None])).all()

    def test_of_many_rows_some_are_fitted_and_the_others_placed_among_them(self):
        latent = blobs([(0,) * 60, (5,) * 60], each=50)
        latent[7, 3] = np.nan
        latent[90] = latent[91]
        found = project_umap(latent, seed=3, strata=np.arange(100) // 50, fitted=40)
        assert np.isnan(found[7]).all()
        assert found[90] == pytest.approx(found[91], abs=1e-3)
        sides = np.delete(found, 7, axis=0)
        middles = sides[:49].mean(axis=0), sides[49:].mean(axis=0)
        nearest = np.linalg.norm(sides[:, None] - np.array(middles), axis=2).argmin(axis=1)
        assert (nearest == (np.arange(99) >= 49)).all()
        assert (project_umap(latent, seed=3, strata=np.arange(100) // 50, fitted=40)[8:] == found[8:]).all()


class TestFindClusters:
    @pytest.mark.parametrize("batched", [60, 59])
    def test_three_blobs(self, batched):
        latent = np.concatenate([blobs([(0, 0)], 10), blobs([(9, 0)], 30), blobs([(0, 9)], 20)])
        found = find_clusters(latent, candidates=(2, 3, 4, 6), batched=batched)
        assert found.k == 3
        assert found.labels.tolist() == [2] * 10 + [0] * 30 + [1] * 20
        assert list(found.silhouettes) == [2, 3, 4, 6]
        assert found.silhouettes[3] == max(found.silhouettes.values()) > 0.9

    def test_silhouette_by_hand(self):
        # 0 1 | 10 11: within 1, between 10.5 and 9.5 from the outer and the inner ones
        found = find_clusters(np.array([[0.0], [1.0], [10.0], [11.0]]), candidates=(2,))
        assert found.silhouettes[2] == pytest.approx((9.5 / 10.5 + 8.5 / 9.5) / 2)

    def test_failed_rows_are_in_none(self):
        latent = blobs([(0, 0), (9, 9)], 10)
        latent[[0, 15]] = np.nan
        found = find_clusters(latent, candidates=(2,))
        assert np.flatnonzero(found.labels == -1).tolist() == [0, 15]
        assert found.labels[1] != found.labels[16]

    def test_same_for_the_same_seed(self):
        latent = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
        first, second = find_clusters(latent, seed=1), find_clusters(latent, seed=1)
        assert (first.labels == second.labels).all()
        assert first.silhouettes == second.silhouettes

    def test_silhouette_on_a_sample(self, monkeypatch):
        monkeypatch.setattr("leap_explorer.population.latent._SILHOUETTE_ROWS", 30)
        found = find_clusters(blobs([(0, 0), (9, 0), (0, 9)], 40), candidates=(2, 3, 5))
        assert found.k == 3
        assert len(found.labels) == 120

    def test_candidates_not_below_the_distinct_rows_are_left_out(self):
        latent = np.repeat(blobs([(0, 0), (9, 9)], 3), 10, axis=0)  # six distinct rows
        assert list(find_clusters(latent, candidates=(1, 2, 5, 6, 7)).silhouettes) == [2, 5]

    def test_zeros_of_either_sign_are_one_row(self):
        latent = np.array([[0.0, 1.0], [-0.0, 1.0], [5.0, 1.0]] * 5, dtype=np.float32)
        assert find_clusters(latent, candidates=(2,)).k == 1

    @pytest.mark.parametrize("n", [1, 2, 4])
    def test_too_few_rows_are_one_cluster(self, n):
        found = find_clusters(np.random.default_rng(0).normal(size=(n, 3)))
        assert (found.k, found.labels.tolist(), found.silhouettes) == (1, [0] * n, {})

    def test_no_rows(self):
        assert find_clusters(np.empty((0, 3))).k == 0
        assert find_clusters(np.full((2, 3), np.nan)).labels.tolist() == [-1, -1]


class TestNearestNeighbours:
    LATENT = np.array([[1, 0], [2, 0], [1, 1], [0, 3], [-1, 0], [np.nan, 0], [0, 0]], dtype=np.float32)

    def test_cosine_by_hand(self):
        found = nearest_neighbours(self.LATENT, 0)
        assert [row for row, _ in found] == [1, 2, 3, 6, 4]
        assert [distance for _, distance in found] == pytest.approx([0, 1 - 0.5**0.5, 1, 1, 2])

    def test_euclidean_by_hand(self):
        found = nearest_neighbours(self.LATENT, 0, count=4, metric="euclidean")
        assert [row for row, _ in found] == [1, 2, 6, 4]
        assert [distance for _, distance in found] == pytest.approx([1, 1, 1, 2])

    def test_blocks_make_no_difference(self, monkeypatch):
        latent = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float16)
        expected = nearest_neighbours(latent, 7)
        monkeypatch.setattr("leap_explorer.population.latent._BLOCK", 8)
        found = nearest_neighbours(latent, 7)
        assert [row for row, _ in found] == [row for row, _ in expected]
        assert [distance for _, distance in found] == pytest.approx([distance for _, distance in expected])

    def test_failed_row_has_none(self):
        assert nearest_neighbours(self.LATENT, 5) == []

    def test_alone(self):
        assert nearest_neighbours(self.LATENT[:1], 0) == []

    def test_unknown_metric(self):
        with pytest.raises(ValueError, match="metric is 'cosin'; it must be 'cosine' or 'euclidean'"):
            nearest_neighbours(self.LATENT, 0, metric="cosin")


class TestOutlierScores:
    def test_by_hand(self):
        # Two nearest training samples: 0 -> 1, 3; 1 -> 0, 3; 3 -> 1, 0: means 2, 1.5, 2.5, median 2; 10 -> 3, 1: mean 8
        latent = np.array([[0], [10], [1], [3], [np.nan]], dtype=np.float32)
        is_training = np.array([True, False, True, True, True])
        found = outlier_scores(latent, is_training, count=2)
        assert found == pytest.approx([1, 4, 0.75, 1.25, np.nan], nan_ok=True)
        assert found.dtype == np.float32

    def test_more_duplicates_than_neighbours_exclude_themselves(self):
        latent = np.array([0] * 6 + [1, 2, 3, 4, 5, 6, 7, 8, 9], dtype=np.float32)[:, None]
        found = outlier_scores(latent, np.ones(15, bool), count=2)
        assert (found[:6] == 0).all()
        # 1 -> 0, 0; 2 -> 1, 3; ...; 9 -> 8, 7: the median of six 0, eight 1 and one 1.5 is 1
        assert found[6:] == pytest.approx([1] * 8 + [1.5])

    def test_reference_is_a_sample_of_the_training_samples(self, monkeypatch):
        monkeypatch.setattr("leap_explorer.population.latent._REFERENCE_ROWS", 40)
        latent = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
        latent[-1] = 50.0
        found = outlier_scores(latent, np.arange(120) < 100, count=3)
        assert (found == outlier_scores(latent, np.arange(120) < 100, count=3)).all()
        in_blocks = outlier_scores(latent, np.arange(120) < 100, count=3, queried=7)
        assert in_blocks == pytest.approx(found, rel=1e-5)
        assert np.median(found[:100]) == pytest.approx(1.0)
        assert found.argmax() == 119
        assert found[:100].min() > 0

    def test_fewer_training_samples_than_neighbours(self):
        found = outlier_scores(np.array([[0.0], [2.0], [5.0]]), np.array([True, True, False]))
        assert found == pytest.approx([1, 1, 1.5])

    @pytest.mark.parametrize("is_training", [[False, False, False], [True, False, False]])
    def test_no_reference(self, is_training):
        assert np.isnan(outlier_scores(np.arange(3.0)[:, None], np.array(is_training))).all()

    def test_no_unit(self):
        assert np.isnan(outlier_scores(np.array([[1.0], [1.0], [4.0]]), np.array([True, True, False]))).all()

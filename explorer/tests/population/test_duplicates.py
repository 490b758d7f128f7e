import os
import subprocess
import sys

import numpy as np
import pytest

from leap_explorer.population import duplicates
from leap_explorer.population.duplicates import EMPTY, SIGNATURE_SIZE, identical_groups, minhash, near_duplicate_groups


def random_words(seed, count=60):
    return [f"word{number}" for number in np.random.default_rng(seed).integers(0, 5_000, count)]


def shingles(words):
    return {tuple(words[start : start + 3]) for start in range(len(words) - 2)}


class TestMinhash:
    @pytest.mark.parametrize("shared", [0, 20, 60, 110, 120])
    def test_estimates_the_jaccard_similarity(self, shared):
        words = random_words(1, 120)
        other = words[:shared] + random_words(2, 120 - shared)
        truth = len(shingles(words) & shingles(other)) / len(shingles(words) | shingles(other))
        estimate = (minhash(words) == minhash(other)).mean()
        assert abs(estimate - truth) <= 3 * (truth * (1 - truth) / SIGNATURE_SIZE) ** 0.5

    def test_shape_and_type(self):
        signature = minhash(["a", "b", "c", "d"])
        assert signature.shape == (SIGNATURE_SIZE,)
        assert signature.dtype == np.uint32

    def test_case_does_not_count_but_order_does(self):
        assert (minhash(["A", "good", "Film"]) == minhash(["a", "GOOD", "film"])).all()
        assert (minhash(["a", "good", "film"]) != minhash(["film", "good", "a"])).all()

    def test_repetition_does_not_count(self):
        assert (minhash(["a", "b", "c"] * 3) == minhash(["a", "b", "c"] * 9)).all()

    def test_short_texts_are_one_shingle(self):
        assert (minhash(["good", "film"]) == minhash(["Good", "film"])).all()
        assert (minhash(["good", "film"]) != minhash(["good"])).all()
        assert (minhash(["good", "film"]) != minhash(["good film"])).all()

    def test_without_words(self):
        assert (minhash([]) == EMPTY).all()

    def test_same_in_a_fresh_process(self):
        code = "from leap_explorer.population.duplicates import minhash; print(minhash(list('abcdef')).tobytes().hex())"
        environment = os.environ | {"PYTHONHASHSEED": "12345"}
        fresh = subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
        ).stdout
        assert fresh.strip() == minhash(list("abcdef")).tobytes().hex()

    def test_signatures_on_disk_stay_comparable(self):
        # ((a | 1) x + b) mod 2^64 >> 32 in Python's integers, x the hash of "one\x1fgood\x1ffilm"
        assert minhash(["one", "good", "film"])[:3].tolist() == [279512016, 2546651443, 3541787448]


class TestNearDuplicateGroups:
    def test_two_changed_words_of_sixty(self):
        # Neighbouring words are in 4 of the 58 shingles: J = 54 / 62 = 0.87
        words = random_words(1)
        changed = [*words[:30], "another", "two", *words[32:]]
        texts = [random_words(2), words, random_words(3), changed]
        assert near_duplicate_groups(signatures(texts)).tolist() == [-1, 0, -1, 0]

    def test_threshold(self):
        # Two words apart are in 6 of the 58 shingles each side: 40 of 60 words shared, J = 38 / 78 = 0.49
        words = random_words(1)
        pair = signatures([words, words[:40] + random_words(2, 20)])
        assert near_duplicate_groups(pair).tolist() == [-1, -1]
        assert near_duplicate_groups(pair, threshold=0.3).tolist() == [0, 0]

    def test_unrelated_texts(self):
        texts = [random_words(seed) for seed in range(400)]
        assert (near_duplicate_groups(signatures(texts)) == -1).all()

    def test_groups_are_numbered_by_appearance(self):
        a, b, c = random_words(1), random_words(2), random_words(3)
        assert near_duplicate_groups(signatures([c, a, b, c, b, b])).tolist() == [0, -1, 1, 0, 1, 1]

    def test_joined_through_another(self):
        base = random_words(1, 100)
        chain = [base, [*base[:90], *random_words(2, 10)], [*random_words(3, 10), *base[10:90], *random_words(2, 10)]]
        rows = signatures(chain)
        similarity = [(rows[first] == rows[second]).mean() for first, second in [(0, 1), (1, 2), (0, 2)]]
        assert min(similarity[:2]) >= 0.75 > similarity[2]
        assert near_duplicate_groups(rows, threshold=0.75).tolist() == [0, 0, 0]

    def test_empty_texts_match_nobody(self):
        texts = [[], random_words(1), [], random_words(1), []]
        assert near_duplicate_groups(signatures(texts)).tolist() == [-1, 0, -1, 0, -1]

    def test_no_rows_and_one_row(self):
        assert near_duplicate_groups(np.empty((0, SIGNATURE_SIZE), np.uint32)).tolist() == []
        assert near_duplicate_groups(signatures([["a"]])).tolist() == [-1]
        assert near_duplicate_groups(signatures([[]])).tolist() == [-1]

    def test_some_rows_of_a_file(self, tmp_path):
        a, b = random_words(1), random_words(2)
        np.save(tmp_path / "signatures.npy", signatures([a, b, [], a, b, a, []]))
        on_disk = np.load(tmp_path / "signatures.npy", mmap_mode="r")
        assert near_duplicate_groups(on_disk).tolist() == [0, 1, -1, 0, 1, 0, -1]
        assert near_duplicate_groups(on_disk, rows=np.array([1, 2, 3, 4, 6])).tolist() == [0, -1, -1, 0, -1]
        assert near_duplicate_groups(on_disk, rows=np.array([], dtype=np.int64)).tolist() == []

    def test_blocks_make_no_difference(self, monkeypatch):
        rows = signatures([random_words(seed % 7) for seed in range(30)])
        expected = near_duplicate_groups(rows).tolist()
        monkeypatch.setattr(duplicates, "_BLOCK", 4)
        assert near_duplicate_groups(rows).tolist() == expected == [i % 7 for i in range(30)]

    def test_agrees_with_all_pairs(self):
        generator = np.random.default_rng(5)
        rows = generator.integers(0, 2**32, (60, SIGNATURE_SIZE)).astype(np.uint32)
        for row in range(30, 60):  # copies of the first thirty with 0 to 50 positions changed
            changed = generator.permutation(SIGNATURE_SIZE)[: generator.integers(0, 51)]
            rows[row] = rows[row - 30]
            rows[row, changed] = generator.integers(0, 2**32, len(changed))
        is_near = np.array([(rows[row] == rows[row + 30]).mean() >= 0.8 for row in range(30)])
        assert 5 < is_near.sum() < 25
        groups = near_duplicate_groups(rows)
        assert ((groups[:30] == groups[30:]) & (groups[:30] >= 0)).tolist() == is_near.tolist()

    @pytest.mark.parametrize("kind", ["identical", "alike"])
    def test_comparisons_are_linear_in_a_huge_bucket(self, kind, monkeypatch):
        n = 3_000
        rows = np.tile(minhash(random_words(1)), (n, 1))
        if kind == "alike":
            rows[:, -16:] = np.random.default_rng(0).integers(0, 2**32, (n, 16))
        compared = []
        similarities = duplicates._similarities

        def counted(signatures, pairs):
            compared.append(len(pairs))
            return similarities(signatures, pairs)

        monkeypatch.setattr(duplicates, "_similarities", counted)
        assert (near_duplicate_groups(rows) == 0).all()
        assert sum(compared) <= 32 * n


class TestIdenticalGroups:
    def test_by_hand(self):
        hashes = np.array([2**64 - 1, 7, 3, 7, 2**64 - 1, 7], dtype=np.uint64)
        assert identical_groups(hashes).tolist() == [0, 1, -1, 1, 0, 1]

    def test_empty(self):
        assert identical_groups(np.empty(0, np.uint64)).tolist() == []


def signatures(texts):
    return np.stack([minhash(words) for words in texts])

"""Samples that are the same, or nearly: groups of equal hashes, and of texts that share most of their shingles.

A text's MinHash signature (Broder 1997) is for each of 128 hash functions the smallest value over the text's shingles.
The share of positions in which two signatures agree estimates the Jaccard similarity J of the two sets of shingles
(shingles in both / in either), with a standard error of sqrt(J (1 - J) / 128): 0.035 at J = 0.8.
"""

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Groups = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint32]

SIGNATURE_SIZE = 128
#: Of a text without words; no hash of a shingle comes out at it, but for one in 2^32.
EMPTY = np.iinfo(np.uint32).max
_MISS_PROBABILITY = 1e-3
_NEIGHBOURS = 32
_BLOCK = 16_384  # rows or pairs read at a time


def minhash(words: Sequence[str], shingle: int = 3) -> Signatures:
    """MinHash signature [128] of a text's words, case folded away, the same in every process and on every machine.

    A shingle is `shingle` consecutive words; a shorter text is one shingle. Without words every value is `EMPTY`.
    """
    lowered = [word.lower() for word in words]
    if not lowered:
        return np.full(SIGNATURE_SIZE, EMPTY, dtype=np.uint32)
    last = max(1, len(lowered) - shingle + 1)
    shingles = {"\x1f".join(lowered[start : start + shingle]) for start in range(last)}
    multipliers, offsets = _hash_functions()
    # Multiply-shift hashing (Dietzfelbinger 1996): the upper half of a x + b modulo 2^64, [shingles, 128]
    hashes = (_hashes(sorted(shingles))[:, None] * multipliers + offsets) >> np.uint64(32)
    return hashes.min(axis=0).astype(np.uint32)


def near_duplicate_groups(signatures: Signatures, threshold: float = 0.8, rows: Rows | None = None) -> Groups:
    """Group number of each sample, from 0 in order of appearance, or -1 for one that is near no other.

    Samples are joined where their signatures [n, 128] agree in at least `threshold` of the positions, directly or
    through others. Empty texts join nobody. Time and memory are linear in n. Given `rows`, only those samples are
    looked at, and a number is given for each of them; the signatures may be memory-mapped, and are never copied whole.

    Only pairs that agree in a whole band of r positions are compared. With b = 128 / r bands a pair of similarity s is
    missed with probability (1 - s^r)^b; r is the longest of 8, 4, 2, 1 that keeps this under 0.001 at `threshold`: at
    0.8 it is 4 and the probability 5e-8. Of more than 33 different signatures that share a band each is compared with
    the 32 next to it, in order of the next band; a pair further apart is found in another band or through others.
    """
    rows = np.arange(len(signatures)) if rows is None else rows
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    whole = slice(0, SIGNATURE_SIZE)
    keys = _keys(signatures, rows, whole)  # 64 bits that stand for the whole signature
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    groups = _joined(signatures, rows[first], threshold)[inverse]
    is_empty = keys == _keys(minhash([])[None], np.zeros(1, dtype=np.int64), whole)
    groups[is_empty] = groups.max(initial=0) + 1 + np.arange(is_empty.sum())
    return _numbered(groups)


def count_distinct(signatures: Signatures, rows: Rows) -> int:
    """How many different texts some rows have."""
    return len(np.unique(_keys(signatures, rows, slice(0, SIGNATURE_SIZE))))


def identical_groups(hashes: npt.NDArray[np.uint64]) -> Groups:
    """Group number of each sample, from 0 in order of appearance, or -1 for one whose hash is its own."""
    return _numbered(np.asarray(hashes))


def _joined(signatures: Signatures, rows: Rows, threshold: float) -> Groups:
    """Component of each of the rows, whose signatures are distinct."""
    length = _rows_per_band(threshold)
    bands = [slice(start, start + length) for start in range(0, SIGNATURE_SIZE, length)]
    components = np.arange(len(rows))
    following = _keys(signatures, rows, bands[0])
    for band in range(len(bands)):
        keys, following = following, _keys(signatures, rows, bands[(band + 1) % len(bands)])
        order = np.lexsort((following, keys))
        pairs = _pairs_in_buckets(keys[order], order)
        pairs = pairs[components[pairs[:, 0]] != components[pairs[:, 1]]]
        pairs = pairs[_similarities(signatures, rows[pairs]) >= threshold]
        components = _merged(components, pairs)
    return components


def _merged(components: Groups, pairs: Groups) -> Groups:
    """The components after each pair has been joined."""
    if not len(pairs):
        return components
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, second = components[pairs.T]
    size = len(components)
    _, labels = connected_components(coo_array((np.ones(len(pairs), bool), (first, second)), (size, size)), False)
    return labels[components].astype(np.int64)


def _pairs_in_buckets(sorted_keys: npt.NDArray[np.uint64], order: Groups) -> Groups:
    """Pairs [m, 2] of rows that have the same key and are at most 32 apart in the order of keys."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for apart in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
        first = np.flatnonzero(sorted_keys[:-apart] == sorted_keys[apart:])
        if not len(first):
            break
        found.append(np.stack([order[first], order[first + apart]], axis=1))
    return np.concatenate(found)


def _similarities(signatures: Signatures, pairs: Groups) -> npt.NDArray[np.float64]:
    """Share of equal positions of each pair, in blocks of bounded memory."""
    blocks = [pairs[start : start + _BLOCK].T for start in range(0, len(pairs), _BLOCK)]
    shares = [(signatures[first] == signatures[second]).mean(axis=1) for first, second in blocks]
    return np.concatenate([np.empty(0), *shares])


def _keys(signatures: Signatures, rows: Rows, band: slice) -> npt.NDArray[np.uint64]:
    """A hash of each row's values in the band: their sum, each times an odd number of its own, modulo 2^64."""
    multipliers = _hash_functions()[0][: band.stop - band.start]
    keys = np.empty(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), _BLOCK):
        values = signatures[rows[start : start + _BLOCK], band]
        keys[start : start + _BLOCK] = (values * multipliers).sum(axis=1, dtype=np.uint64)
    return keys


def _rows_per_band(threshold: float) -> int:
    """The longest band that misses a pair at the threshold with a probability of at most 0.001."""
    lengths = (8, 4, 2)
    return next((r for r in lengths if (1 - threshold**r) ** (SIGNATURE_SIZE // r) <= _MISS_PROBABILITY), 1)


def _numbered(labels: npt.NDArray[np.integer]) -> Groups:
    """Labels as 0, 1, ... in order of appearance, and -1 for those that occur once."""
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    numbers = np.full(len(counts), -1, dtype=np.int64)
    repeated = np.flatnonzero(counts > 1)
    numbers[repeated[np.argsort(first[repeated])]] = np.arange(len(repeated))
    return numbers[inverse]


@cache
def _hash_functions() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Odd multipliers and offsets, [128] each, of the hash functions; from BLAKE2b, the same with any numpy."""
    numbers = _hashes([f"minhash {index}" for index in range(2 * SIGNATURE_SIZE)])
    return numbers[:SIGNATURE_SIZE] | np.uint64(1), numbers[SIGNATURE_SIZE:]


def _hashes(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A 64-bit BLAKE2b hash of each text."""
    digests = b"".join(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)

"""The methods that bench_slices.py compares, each from a table to the slices it lists, the worst first."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pandas as pd
from planting import Mask, Table

from leap_explorer.insights.comparisons import SIGNIFICANCE, holm, welch
from leap_explorer.insights.filters import select
from leap_explorer.insights.one_column import parts
from leap_explorer.insights.rows import finite_loss, held_out, is_the_label, metadata_columns
from leap_explorer.insights.slices import find_slices

_LEAST, _LISTED = 30, 10


def slices(table: Table, seed: int) -> list[Mask]:
    """The search of this package."""
    return [one.rows for one in find_slices(table.samples, table.columns, table.words, seed=seed)]


def one_column(table: Table, seed: int) -> list[Mask]:
    """Clusters, classes, values, and fifths of one column whose mean loss is higher than elsewhere (Welch and Holm)."""
    loss, within = finite_loss(table.samples), held_out(table.samples)
    masks = list(_one_column_masks(table, within))
    differences = [welch(loss[mask], loss[within & ~mask]) for mask in masks]
    corrected = holm([difference.p for difference in differences])
    found = [
        ((loss[mask].mean() - loss[within].mean()) * mask.sum(), mask)
        for mask, difference, p in zip(masks, differences, corrected, strict=True)
        if difference.value > 0 and p < SIGNIFICANCE
    ]
    return [mask for _, mask in sorted(found, key=lambda pair: -pair[0])]


def _one_column_masks(table: Table, within: Mask) -> Iterator[Mask]:
    metadata = [
        name for name in metadata_columns(table.samples, table.columns) if not is_the_label(table.samples, name)
    ]
    for name in ["cluster", "ground_truth", *metadata]:
        if name in table.samples.columns:
            for _, conditions in parts(table.samples.loc[within, name], name):
                mask = within & select(table.samples, conditions)
                if _LEAST <= mask.sum() <= within.sum() - _LEAST:
                    yield mask


def tree(table: Table, seed: int) -> list[Mask]:
    """The leaves of a decision tree of depth 3 on all metadata and words whose error rate is above the average."""
    from scipy import sparse
    from sklearn.tree import DecisionTreeClassifier

    wrong = _wrong(table)
    inputs = sparse.csr_matrix(_numbers(table))
    if table.words is not None:
        inputs = sparse.hstack([inputs, sparse.csr_matrix(table.words.shown.astype(np.float32))], format="csr")
    fitted = DecisionTreeClassifier(max_depth=3, min_samples_leaf=_LEAST, random_state=seed).fit(inputs, wrong)
    leaf = fitted.apply(inputs)
    return _worst([leaf == one for one in np.unique(leaf)], wrong)


def sliceline(table: Table, seed: int) -> list[Mask]:
    """SliceLine (Sagadeeva and Boehm 2021) on fifths of the metadata, conjunctions of up to two."""
    from sliceline.slicefinder import Slicefinder

    codes = _fifths(table).apply(lambda values: pd.factorize(values)[0] + 1).to_numpy()
    finder = Slicefinder(alpha=0.95, k=_LISTED, max_l=2, min_sup=_LEAST, verbose=False)
    finder.fit(codes, _wrong(table).astype(float))
    masks = []
    for conditions in finder.top_slices_:
        given = [(column, value) for column, value in enumerate(conditions) if value is not None]
        masks.append(np.logical_and.reduce([codes[:, column] == value for column, value in given]))
    return masks


def divexplorer(table: Table, seed: int) -> list[Mask]:
    """DivExplorer (Pastor et al. 2021) on fifths of the metadata, item sets with a support of 3 %."""
    from divexplorer import DivergenceExplorer

    fifths = _fifths(table)
    frame = fifths.assign(wrong=_wrong(table))
    explorer = DivergenceExplorer(frame)
    found = explorer.get_pattern_divergence(
        min_support=0.03, attributes=list(fifths.columns), boolean_outcomes=["wrong"]
    )
    found = found.sort_values("wrong_t", ascending=False)
    masks = []
    for items in found["itemset"][found["wrong_div"] > 0][:_LISTED]:
        named = [item.split("=", 1) for item in items]
        masks.append(np.logical_and.reduce([(fifths[name] == value).to_numpy() for name, value in named]))
    return masks


def _wrong(table: Table) -> npt.NDArray[np.bool_]:
    return (table.samples["prediction"] != table.samples["ground_truth"]).to_numpy(dtype=bool)


def _metadata(table: Table) -> list[str]:
    names = [name for name, facts in table.columns.items() if facts["role"] in ("metadata", "cluster")]
    return [name for name in names if name in table.samples and table.samples[name].nunique() > 1]


def _numbers(table: Table) -> npt.NDArray[np.float32]:
    names = [name for name in _metadata(table) if table.samples[name].nunique() <= 50 or _is_number(table, name)]
    columns = [
        table.samples[name].to_numpy(dtype=float, na_value=-1)
        if _is_number(table, name)
        else pd.factorize(table.samples[name])[0]
        for name in names
    ]
    return np.nan_to_num(np.stack(columns, axis=1), nan=-1).astype(np.float32)


def _is_number(table: Table, name: str) -> bool:
    return pd.api.types.is_numeric_dtype(table.samples[name])


def _fifths(table: Table) -> pd.DataFrame:
    """The metadata as text: a number's fifth, or the value of anything else."""
    parts = {}
    for name in _metadata(table):
        values = table.samples[name]
        if _is_number(table, name) and not pd.api.types.is_bool_dtype(values):
            values = pd.qcut(values.astype(float), 5, labels=False, duplicates="drop")
        if values.nunique() <= 50:
            parts[name] = [str(value) for value in values]
    return pd.DataFrame(parts)


def _worst(masks: list[Mask], wrong: npt.NDArray[np.bool_]) -> list[Mask]:
    excess = [(wrong[mask].mean() - wrong.mean()) * mask.sum() for mask in masks]
    order = np.argsort(excess)[::-1]
    return [masks[at] for at in order if excess[at] > 0]


#: Those that must be installed to be compared: `pip install sliceline divexplorer`.
_OPTIONAL = {"sliceline": sliceline, "divexplorer": divexplorer}
METHODS: dict[str, Callable[[Table, int], list[Mask]]] = {"slices": slices, "one column": one_column, "tree": tree}
METHODS |= {name: method for name, method in _OPTIONAL.items() if find_spec(name)}
NAMES = (*METHODS, *(name for name in _OPTIONAL if name not in METHODS))

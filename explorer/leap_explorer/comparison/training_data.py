"""How the training data of two runs differ."""

from dataclasses import dataclass

from leap_explorer.comparison.matching import match
from leap_explorer.insights.rows import TRAINING
from leap_explorer.runs.run import Run


@dataclass(frozen=True)
class TrainingData:
    """Samples of the subset `training`, by id or else by what the model reads."""

    added: int  #: only in the second run
    removed: int  #: only in the first
    relabelled: tuple[str, ...]  #: ids in the second run of those with another label
    shared: int

    def sentence(self) -> str:
        """Such as `Of the training samples 90 were added, 0 removed and 12 relabelled; 9,988 are as they were.`"""
        if not (self.added or self.removed or self.relabelled):
            return f"Both have the same {self.shared:,} training samples, with the same labels."
        same = self.shared - len(self.relabelled)
        return (
            f"Of the training samples {self.added:,} were added, {self.removed:,} removed and {len(self.relabelled):,} "
            f"relabelled; {same:,} are as they were."
        )


def compare_training_data(base: Run, new: Run) -> TrainingData | None:
    """What differs; None where the data's hashes are equal, or no run has training samples."""
    if base.info.get("data_sha256") == new.info.get("data_sha256"):
        return None
    first, second = (run.samples[run.samples["subset"] == TRAINING].reset_index(drop=True) for run in (base, new))
    if first.empty and second.empty:
        return None
    found = match(first, second)
    truths = (
        samples["ground_truth"].iloc[rows].astype(object).where(lambda one: one.notna(), None).to_numpy()
        for samples, rows in ((first, found.base), (second, found.new))
    )
    is_other = next(truths) != next(truths)
    relabelled = second["id"].iloc[found.new[is_other]].astype(str)
    return TrainingData(found.only_new, found.only_base, tuple(relabelled), len(found.base))

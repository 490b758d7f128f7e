import numpy as np
import pandas as pd

from leap_explorer.insights.slices.features import features
from leap_explorer.insights.slices.giveaway import giveaways


def _found(**columns):
    """The columns that give the label away, of 1,200 samples whose label is half one, half another."""
    label = np.tile(["negative", "positive"], 600)
    samples = pd.DataFrame({"subset": "test", "ground_truth": label, "prediction": label})
    samples = samples.assign(**{f"metadata_{name}": values for name, values in columns.items()})
    facts = {f"metadata_{name}": {"role": "metadata"} for name in columns}
    every = [one for one in features(samples, facts) if one.column.startswith("metadata_")]
    return {every[number].column for number in giveaways(every, pd.factorize(label)[0])}


def test_a_contradiction_of_the_label_gives_it_away_beside_what_contradicts():
    generator = np.random.default_rng(0)
    polarity, length = generator.normal(size=1200), generator.normal(size=1200)
    contradicts = (polarity > 0) != (np.arange(1200) % 2 == 1)
    found = _found(polarity=polarity, contradicts=pd.array(contradicts), length=length)
    assert found == {"metadata_polarity", "metadata_contradicts"}


def test_columns_that_tell_much_alone_or_little_together_do_not():
    generator = np.random.default_rng(1)
    of_the_label = np.arange(1200) % 2 + generator.normal(scale=0.3, size=1200)
    assert _found(strong=of_the_label, noise=generator.normal(size=1200), other=generator.normal(size=1200)) == set()

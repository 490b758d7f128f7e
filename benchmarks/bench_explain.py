"""Times the heat-maps on validation reviews of about 250 words: poetry run python benchmarks/bench_explain.py

Seconds a review for each method of both models, from tokens to the words' scores, the median and the longest of 25
reviews. Aim: occlusion with BERT takes at most 8 seconds on two cores.
"""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from IMDb.config import load_config
from IMDb.explain.reader import ReviewTexts
from IMDb.model_specs import MODELS
from leap_explorer.explain.attribution import predicted_target

WORDS = range(245, 256)
REVIEWS = 25


def main() -> None:
    config = load_config()
    reviews = ReviewTexts(config).reviews.table
    held_out = reviews.loc[reviews["split"] == "validation", "text"]
    texts = [text for text in held_out if len(text.split()) in WORDS][:REVIEWS]
    for name in MODELS:
        model = ReviewTexts(config.model_copy(update={"model": name})).model
        readings = [model.read(text) for text in texts]
        for method in model.methods.values():
            model.attribute(readings[0], predicted_target(model.logits(readings[0])), method)  # sets the method up
            seconds = []
            for reading in readings:
                target = predicted_target(model.logits(reading))
                started = time.perf_counter()
                model.attribute(reading, target, method)
                seconds.append(time.perf_counter() - started)
            median, longest = statistics.median(seconds), max(seconds)
            print(f"{name}, {method.name}: median {median:.3f} s, longest {longest:.3f} s ({len(seconds)} reviews)")


if __name__ == "__main__":
    main()

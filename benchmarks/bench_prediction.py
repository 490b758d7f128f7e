"""Times BERT's scoring of texts against onnxruntime run bare on the same batches.

poetry run python benchmarks/bench_prediction.py [--reviews 256] [--rounds 5]

The two are timed in turn, so that a change in the machine's speed meets both. Prints the median reviews a second of
each and the ratio; the aim is 0.9 or more, since what the predictor does besides (tokenising, sorting, padding) should
cost next to nothing.
"""

import argparse
import statistics
import time

import numpy as np

from IMDb.config import load_config
from IMDb.model_specs import MODELS
from IMDb.models.prediction import BertPredictor
from IMDb.reviews.dataset import load_dataset
from IMDb.text.features import Features


class Recorder:
    """An onnxruntime session that keeps what it is fed."""

    def __init__(self, session) -> None:
        self.session, self.fed = session, []

    def run(self, names, inputs):
        self.fed.append(inputs)
        return self.session.run(names, inputs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    config = load_config().model_copy(update={"model": "bert"})
    texts = load_dataset(config)["text"].sample(options.reviews, random_state=0).tolist()
    predictor = BertPredictor(MODELS["bert"], Features(config))
    session = predictor._session
    recorder = Recorder(session)
    predictor._session = recorder
    predictor.logits(texts)  # warms up, and records the batches
    predictor._session = session

    seconds: dict[str, list[float]] = {"imdb predict": [], "onnxruntime bare": []}
    for _ in range(options.rounds):
        started = time.perf_counter()
        predictor.logits(texts)
        seconds["imdb predict"].append(time.perf_counter() - started)
        started = time.perf_counter()
        for inputs in recorder.fed:
            session.run(None, inputs)
        seconds["onnxruntime bare"].append(time.perf_counter() - started)
    for name, values in seconds.items():
        print(f"{name}: {options.reviews / statistics.median(values):.1f} reviews/s, median of {options.rounds}")
    pairs = zip(seconds["onnxruntime bare"], seconds["imdb predict"], strict=True)
    ratio = float(np.median([bare / ours for bare, ours in pairs]))
    print(f"ratio: {ratio:.3f} (aim: 0.9 or more)")


if __name__ == "__main__":
    main()

"""The integration test: the entry file of `leap push`, and, run by hand, a check of several samples of every subset.

python leap_integration.py        the active model, as `model:` in IMDb/config.yaml or IMDB_MODEL says
"""

import os
from typing import Any

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start

import numpy as np
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse, SamplePreprocessResponse
from code_loader.inner_leap_binder.leapbinder_decorators import tensorleap_integration_test, tensorleap_load_model

import leap_binder as binder
from IMDb.config import LABELS

SAMPLES_PER_SUBSET = 5


@tensorleap_load_model([PredictionTypeHandler("sentiment", list(LABELS), channel_dim=-1)])
def load_model() -> Any:
    if not binder.MODEL.path.exists():
        raise FileNotFoundError(f"No model at {binder.MODEL.path}. Make it with `imdb train {binder.MODEL.name}`.")
    if binder.CONFIG.model == "dense":
        from leap_explorer.silent_imports import import_keras  # noqa: TID251 (the platform loads the model itself)

        return import_keras().models.load_model(binder.MODEL.path, compile=False)
    import onnxruntime

    return onnxruntime.InferenceSession(str(binder.MODEL.path), providers=["CPUExecutionProvider"])


@tensorleap_integration_test()
def integration_test(sample_id: str, response: PreprocessResponse) -> None:
    """One sample through everything that is registered. Code-loader reads the wiring from it, so it only calls."""
    sample = SamplePreprocessResponse(sample_id, response)
    inputs = [encoder(sample_id, response) for encoder in binder.INPUT_ENCODERS]
    truth = binder.sentiment(sample_id, response)
    model = load_model()
    if binder.CONFIG.model == "dense":
        prediction = model(inputs[0])
    else:
        prediction = model.run(None, dict(zip(binder.MODEL.input_names, inputs, strict=True)))[0]

    binder.cross_entropy(truth, prediction)
    binder.accuracy(truth, prediction)
    binder.confidence(truth, prediction)
    binder.brier_score(truth, prediction)
    binder.margin(truth, prediction)
    binder.confusion_matrix(truth, prediction)

    binder.text_metadata(sample_id, response)
    binder.readability_metadata(sample_id, response)
    binder.polarity(sample_id, response)
    binder.subjectivity(sample_id, response)
    binder.polarity_disagrees(sample_id, response)
    binder.oov(sample_id, response)
    binder.token_metadata(sample_id, response)
    binder.label(sample_id, response)
    binder.rating(sample_id, response)
    binder.bag_of_words_space(sample_id, response)

    binder.words(inputs[0])
    binder.unread_words(inputs[0], sample)
    binder.prediction_bar(prediction, truth)
    binder.ground_truth_bar(truth)


if __name__ == "__main__":
    for subset in binder.preprocess():
        for position in np.linspace(0, subset.length - 1, SAMPLES_PER_SUBSET, dtype=int):
            integration_test(subset.sample_ids[position], subset)
    for simulation, parameters in binder.SIMULATIONS.values():
        changed = simulation(N=1, seed=binder.CONFIG.seed, **parameters)
        integration_test(changed.sample_ids[0], changed)

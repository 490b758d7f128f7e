"""Everything Tensorleap needs of the dataset: a table of contents over the package `IMDb`.

`model:` in `IMDb/config.yaml` (or `IMDB_MODEL`) decides which model's encoders are registered. Nothing is read or
computed at import.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from code_loader.contract.datasetclasses import (
    ConfusionMatrixElement,
    PreprocessResponse,
    RawInputsForHeatmap,
    SamplePreprocessResponse,
)
from code_loader.contract.enums import DatasetMetadataType, DataStateType, LeapDataType, MetricDirection
from code_loader.contract.visualizer_classes import LeapHorizontalBar, LeapText, LeapTextMask
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_latent_space,
    tensorleap_custom_loss,
    tensorleap_custom_metric,
    tensorleap_custom_visualizer,
    tensorleap_gt_encoder,
    tensorleap_input_encoder,
    tensorleap_metadata,
    tensorleap_preprocess,
    tensorleap_simulation,
)

from IMDb import metadata, metrics, simulations, visualizers
from IMDb.config import LABELS, load_config
from IMDb.latent_space import bag_of_words
from IMDb.model_specs import MODELS
from IMDb.reviews.dataset import SPLITS, Review, reviews_by_id
from IMDb.reviews.subsets import load_subsets
from IMDb.text.features import Features

CONFIG = load_config()
MODEL = MODELS[CONFIG.model]
FEATURES = Features(CONFIG)

FloatArray = npt.NDArray[np.float32]
Batch = npt.NDArray[np.floating]

Function = TypeVar("Function", bound=Callable[..., object])

_LEAP_TYPES = {
    bool: DatasetMetadataType.boolean,
    int: DatasetMetadataType.int,
    float: DatasetMetadataType.float,
}


def leap_types(types: dict[str, type]) -> dict[str, DatasetMetadataType]:
    """Python types of a metadata dict as Tensorleap's."""
    return {name: _LEAP_TYPES[kind] for name, kind in types.items()}


def documented_by(function: Callable[..., object]) -> Callable[[Function], Function]:
    """Give a function the docstring of the pure one that it calls: tools show it to whoever reads the metadata."""

    def decorate(documented: Function) -> Function:
        documented.__doc__ = function.__doc__
        return documented

    return decorate


# Samples


@cache  # code-loader calls `preprocess` once a check
def subsets() -> list[PreprocessResponse]:
    """The reviews by what the model has learned from (`training`) and what not."""
    reviews = load_subsets(CONFIG, MODEL.seen_path).reviews
    responses = []
    for split in SPLITS:
        by_id = reviews_by_id(reviews[reviews["split"] == split])
        if by_id:
            responses.append(PreprocessResponse(sample_ids=list(by_id), data=by_id, state=DataStateType(split)))
    return responses


@tensorleap_preprocess()
def preprocess() -> list[PreprocessResponse]:
    return subsets()


def review_of(sample_id: str, response: PreprocessResponse) -> Review:
    return response.data[sample_id]


def text_of(sample_id: str, response: PreprocessResponse) -> str:
    return review_of(sample_id, response).text


# Inputs, float32 [max_length]

if CONFIG.model == "dense":

    @tensorleap_input_encoder("tokens", channel_dim=-1)
    def tokens(sample_id: str, response: PreprocessResponse) -> FloatArray:
        return FEATURES.padded_ids(text_of(sample_id, response))

    INPUT_ENCODERS = [tokens]

else:

    @tensorleap_input_encoder("input_ids", channel_dim=-1)
    def input_ids(sample_id: str, response: PreprocessResponse) -> FloatArray:
        return FEATURES.padded_ids(text_of(sample_id, response))

    @tensorleap_input_encoder("attention_mask", channel_dim=-1)
    def attention_mask(sample_id: str, response: PreprocessResponse) -> FloatArray:
        return FEATURES.attention_mask(text_of(sample_id, response))

    @tensorleap_input_encoder("token_type_ids", channel_dim=-1)
    def token_type_ids(sample_id: str, response: PreprocessResponse) -> FloatArray:
        return np.zeros(CONFIG.bert.max_length, dtype=np.float32)

    INPUT_ENCODERS = [input_ids, attention_mask, token_type_ids]


# Ground truth


@tensorleap_gt_encoder("sentiment")
def sentiment(sample_id: str, response: PreprocessResponse) -> FloatArray:
    """One-hot in the order of LABELS; empty for an unlabelled review."""
    label = review_of(sample_id, response).label
    return np.array([], dtype=np.float32) if label is None else np.eye(len(LABELS), dtype=np.float32)[label]


# Metadata: a dict `name` with a key `key` is `name_key`; docstrings say "Title. Meaning.", of a dict one line a key


@tensorleap_metadata("text", metadata_type=leap_types(metadata.TEXT_TYPES))
@documented_by(metadata.text_metadata)
def text_metadata(sample_id: str, response: PreprocessResponse) -> dict[str, int | float]:
    return FEATURES.text_metadata(text_of(sample_id, response))["text"]


@tensorleap_metadata("readability", metadata_type=leap_types(metadata.READABILITY_TYPES))
@documented_by(metadata.readability_metadata)
def readability_metadata(sample_id: str, response: PreprocessResponse) -> metadata.Readability:
    return FEATURES.text_metadata(text_of(sample_id, response))["readability"]


@tensorleap_metadata("polarity", metadata_type=DatasetMetadataType.float)
def polarity(sample_id: str, response: PreprocessResponse) -> float:
    """Word sentiment (polarity). TextBlob's, -1 (negative) to 1 (positive); 0 is neutral, or no word of its lexicon."""
    return FEATURES.text_metadata(text_of(sample_id, response))["sentiment"]["polarity"]


@tensorleap_metadata("subjectivity", metadata_type=DatasetMetadataType.float)
def subjectivity(sample_id: str, response: PreprocessResponse) -> float:
    """Subjectivity of the words. By TextBlob, 0 (factual) to 1 (personal opinion)."""
    return FEATURES.text_metadata(text_of(sample_id, response))["sentiment"]["subjectivity"]


@tensorleap_metadata("polarity_disagrees", metadata_type=DatasetMetadataType.boolean)
@documented_by(metadata.polarity_disagrees)
def polarity_disagrees(sample_id: str, response: PreprocessResponse) -> bool | None:
    review = review_of(sample_id, response)
    return metadata.polarity_disagrees(FEATURES.text_metadata(review.text)["sentiment"]["polarity"], review.label)


@tensorleap_metadata("oov", metadata_type=leap_types(metadata.OOV_TYPES))
@documented_by(metadata.oov_metadata)
def oov(sample_id: str, response: PreprocessResponse) -> dict[str, int | float]:
    return metadata.oov_metadata(FEATURES.read(text_of(sample_id, response)).word_ids, FEATURES.word_tokenizer.oov_id)


@tensorleap_metadata("tokens", metadata_type=leap_types(metadata.TOKEN_TYPES))
@documented_by(metadata.token_metadata)
def token_metadata(sample_id: str, response: PreprocessResponse) -> dict[str, int | float | bool]:
    return metadata.token_metadata(FEATURES.read(text_of(sample_id, response)).encoding)


@tensorleap_metadata("label", metadata_type=DatasetMetadataType.string)
def label(sample_id: str, response: PreprocessResponse) -> str | None:
    """Label. Its name; None where the review is unlabelled."""
    index = review_of(sample_id, response).label
    return None if index is None else LABELS[index]


@tensorleap_metadata("rating", metadata_type=DatasetMetadataType.int)
def rating(sample_id: str, response: PreprocessResponse) -> int | None:
    """Star rating. 1-10; None where the source does not know them."""
    return review_of(sample_id, response).rating


# Latent space of the data alone; the platform takes the model's own from its layers


@tensorleap_custom_latent_space("bag_of_words")
def bag_of_words_space(sample_id: str, response: PreprocessResponse) -> FloatArray:
    tokenizer = FEATURES.word_tokenizer
    word_ids = FEATURES.read(text_of(sample_id, response)).word_ids
    return bag_of_words(word_ids, tokenizer.oov_id + 1, len(tokenizer.vocab))


# Loss and metrics


@tensorleap_custom_loss("cross_entropy")
@documented_by(metrics.cross_entropy)
def cross_entropy(sentiment: Batch, prediction: Batch) -> FloatArray:
    return metrics.cross_entropy(sentiment, prediction, MODEL.from_logits)


@tensorleap_custom_metric("accuracy", direction=MetricDirection.Upward, compute_insights=True)
@documented_by(metrics.accuracy)
def accuracy(sentiment: Batch, prediction: Batch) -> FloatArray:
    return metrics.accuracy(sentiment, prediction)


@tensorleap_custom_metric("confidence", direction=MetricDirection.Upward, compute_insights=True)
@documented_by(metrics.confidence)
def confidence(sentiment: Batch, prediction: Batch) -> FloatArray:
    return metrics.confidence(sentiment, prediction, MODEL.from_logits)


@tensorleap_custom_metric("brier_score", direction=MetricDirection.Downward, compute_insights=True)
@documented_by(metrics.brier_score)
def brier_score(sentiment: Batch, prediction: Batch) -> FloatArray:
    return metrics.brier_score(sentiment, prediction, MODEL.from_logits)


@tensorleap_custom_metric("margin", direction=MetricDirection.Upward, compute_insights=False)
@documented_by(metrics.margin)
def margin(sentiment: Batch, prediction: Batch) -> FloatArray:
    return metrics.margin(sentiment, prediction, MODEL.from_logits)


@tensorleap_custom_metric("confusion_matrix", direction=MetricDirection.Upward, compute_insights=False)
@documented_by(metrics.confusion_matrix)
def confusion_matrix(sentiment: Batch, prediction: Batch) -> list[list[ConfusionMatrixElement]]:
    return metrics.confusion_matrix(sentiment, prediction, MODEL.from_logits)


# Visualizers


def words_heatmap(tokens: Batch, raw_inputs: RawInputsForHeatmap) -> FloatArray:
    """`tokens` is the heat-map here; the ids it belongs to are in `raw_inputs`."""
    ids = raw_inputs.raw_input_by_vizualizer_arg_name["tokens"]
    return visualizers.words_heatmap(tokens, ids, FEATURES.tokenizer)


@tensorleap_custom_visualizer("words", LeapDataType.Text, heatmap_function=words_heatmap)
def words(tokens: Batch) -> LeapText:
    return visualizers.words_text(tokens, FEATURES.tokenizer)


@tensorleap_custom_visualizer("unread_words", LeapDataType.TextMask)
def unread_words(tokens: Batch, sample: SamplePreprocessResponse) -> LeapTextMask:
    review = sample.preprocess_response.data.get(str(np.ravel(sample.sample_ids)[0]))
    if review is None:  # a simulated one on the platform, which hands on no text of it: only what is read can be shown
        return visualizers.read_mask(visualizers.words_text(tokens, FEATURES.tokenizer))
    read_whole = FEATURES.tokenizer.read_whole
    original = None if review.original is None else read_whole(review.original).words
    return visualizers.unread_mask(read_whole(review.text), original)


@tensorleap_custom_visualizer("prediction", LeapDataType.HorizontalBar)
def prediction_bar(prediction: Batch, sentiment: Batch) -> LeapHorizontalBar:
    return visualizers.prediction_bar(prediction, sentiment, MODEL.from_logits)


@tensorleap_custom_visualizer("ground_truth", LeapDataType.HorizontalBar)
def ground_truth_bar(sentiment: Batch) -> LeapHorizontalBar:
    return visualizers.ground_truth_bar(sentiment)


# Simulations: held-out reviews written differently, and sentences with known labels


def simulated(reviews: dict[str, Review]) -> PreprocessResponse:
    """Code-loader's check asks for a sample 0, whatever the ids are."""
    data: dict[str | int, Review] = {0: next(iter(reviews.values()))}
    return PreprocessResponse(sample_ids=list(reviews), data=data | reviews, state=DataStateType.additional)


def rewritten(
    simulation: simulations.Simulation, count: int, seed: int, **parameters: str | float
) -> PreprocessResponse:
    (held_out,) = [response.data for response in subsets() if response.state == DataStateType.validation]
    return simulated(simulations.simulate(simulation, held_out, count, seed, parameters))


@tensorleap_simulation("typos", simulations.TYPOS.parameters)
def typos(N: int, seed: int, rate: float, kind: str) -> PreprocessResponse:
    return rewritten(simulations.TYPOS, N, seed, rate=rate, kind=kind)


@tensorleap_simulation("lost", simulations.LOST.parameters)
def lost(N: int, seed: int, what: str) -> PreprocessResponse:
    return rewritten(simulations.LOST, N, seed, what=what)


@tensorleap_simulation("contractions", simulations.CONTRACTIONS.parameters)
def contractions(N: int, seed: int, form: str) -> PreprocessResponse:
    return rewritten(simulations.CONTRACTIONS, N, seed, form=form)


@tensorleap_simulation("noise", simulations.NOISE.parameters)
def noise(N: int, seed: int, rate: float) -> PreprocessResponse:
    return rewritten(simulations.NOISE, N, seed, rate=rate)


@tensorleap_simulation("look_alikes", simulations.LOOK_ALIKES.parameters)
def look_alikes(N: int, seed: int, rate: float, kind: str) -> PreprocessResponse:
    return rewritten(simulations.LOOK_ALIKES, N, seed, rate=rate, kind=kind)


@tensorleap_simulation("truncated", simulations.TRUNCATED.parameters)
def truncated(N: int, seed: int, words: int, end: str) -> PreprocessResponse:
    return rewritten(simulations.TRUNCATED, N, seed, words=words, end=end)


@tensorleap_simulation("shuffled", simulations.SHUFFLED.parameters)
def shuffled(N: int, seed: int, share: float) -> PreprocessResponse:
    return rewritten(simulations.SHUFFLED, N, seed, share=share)


@tensorleap_simulation("neutral_sentence", simulations.NEUTRAL.parameters)
def neutral_sentence(N: int, seed: int, position: str) -> PreprocessResponse:
    return rewritten(simulations.NEUTRAL, N, seed, position=position)


@tensorleap_simulation("minimal_pairs", {"construct": simulations.CONSTRUCTS})
def minimal_pairs(N: int, seed: int, construct: str) -> PreprocessResponse:
    return simulated(simulations.minimal_pairs(N, seed, construct))


#: By name every simulation, with parameters that `leap_integration.py` and `leap_test.py` try it with.
SIMULATIONS: dict[str, tuple[Callable[..., PreprocessResponse], dict[str, str | float]]] = {
    "typos": (typos, {"rate": 0.1, "kind": "all"}),
    "lost": (lost, {"what": "both"}),
    "contractions": (contractions, {"form": "expanded"}),
    "noise": (noise, {"rate": 0.1}),
    "look_alikes": (look_alikes, {"rate": 0.1, "kind": "accents"}),
    "truncated": (truncated, {"words": 100, "end": "first"}),
    "shuffled": (shuffled, {"share": 1.0}),
    "neutral_sentence": (neutral_sentence, {"position": "start"}),
    "minimal_pairs": (minimal_pairs, {"construct": "all"}),
}

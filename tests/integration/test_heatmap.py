"""A known heat-map through the visualizer and `heatmap_function` of the binder, as the platform calls them. Each model
has a process of its own: code-loader's binder is one a process."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from files import write_csv
from IMDb.config import ROOT, load_config
from IMDb.text.features import Features
from leap_explorer.explain.attribution import merge_positions

REVIEWS = [
    "This is not good; the acting isn't bad at all, though.",
    "<br />An unforgettably melodramatic GEM!!! I loved it, loved it.<br /><br />10/10",
    "Zxqwv & the kwyjibo: a waste of time.",
    "!!!",
    "not good " * 400,  # longer than both models read
]

# python -c HEATMAP root out.pickle: of each review its ids, its words, and the words' values for two shapes of heat-map
HEATMAP = """
import pickle, sys
import numpy as np
from code_loader import LeapLoader
from code_loader.contract.datasetclasses import RawInputsForHeatmap
from code_loader.contract.enums import DataStateEnum

root, target = sys.argv[1:]
loader = LeapLoader(code_path=root, code_entry_name="leap_integration.py")
assert loader.check_dataset().is_valid
state = DataStateEnum.validation
found = {}
for sample_id in loader.get_preprocess_sample_ids()[state]:
    inputs = loader.get_sample(state, sample_id).inputs
    tokens = inputs.get("tokens", inputs.get("input_ids"))
    heat = np.sqrt(np.arange(1, len(tokens) + 1, dtype=np.float32)) * np.where(np.arange(len(tokens)) % 3, 1, -1)
    ids = np.array([sample_id])
    words = loader.run_visualizer("words", ids, state, {"tokens": tokens}).data
    raw = RawInputsForHeatmap({"tokens": tokens})
    wide = np.stack([heat, 2 * heat], axis=1)  # [length, 2], as the gradient of an embedding would be
    values = [
        loader.run_heatmap_visualizer("words", ids, state, {"tokens": shape, "raw_inputs": raw})
        for shape in (heat, heat[None], wide)
    ]
    found[sample_id] = {"ids": tokens, "heat": heat, "words": words, "values": values}
with open(target, "wb") as file:
    pickle.dump(found, file)
"""


@pytest.fixture(scope="module", params=["dense", "bert"])
def shown(request, tmp_path_factory):
    """(model, what the platform shows of each review)"""
    folder = tmp_path_factory.mktemp(request.param)
    # The model has learned from none of them, so that those of the training split are the validation subset
    texts = [*REVIEWS, "Bad.", "Good.", "Dull."]
    labels = ["pos" if number % 2 else "neg" for number in range(len(texts))]
    splits = ["train"] * len(REVIEWS) + ["train", "test", "test"]
    ids = [f"review-{number}" for number in range(len(texts))]
    data = write_csv(folder / "reviews.csv", {"id": ids, "text": texts, "label": labels, "split": splits})
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith(("IMDB_", "IS_TENSORLEAP"))
    }
    surroundings |= {
        "IMDB_MODEL": request.param,
        "IMDB_DATA": str(data),
        "IMDB_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
        "TL_DISABLE_ANALYTICS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, "-c", HEATMAP, str(ROOT), str(folder / "shown.pickle")]
    process = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return request.param, pickle.loads((folder / "shown.pickle").read_bytes())


@pytest.fixture(scope="module")
def tokenizers():
    return {name: Features(load_config().model_copy(update={"model": name})).tokenizer for name in ("dense", "bert")}


def counted(tokens, heat):
    """(word, value) by reading the tokens one by one: phrases and "##" sub-words belong to the word before them."""
    found = []
    for token, value in zip(tokens, heat, strict=True):
        if token in ("[PAD]", "[CLS]", "[SEP]"):
            continue
        is_sub_word = token.startswith("##")
        if found and (is_sub_word or " " in token):
            word, sum_so_far = found[-1]
            found[-1] = (word + token[2:] * is_sub_word, sum_so_far + value)
        else:
            found.append((token, value))
    return found


@pytest.mark.slow
class TestKnownHeatmap:
    def test_every_words_value_is_in_its_place(self, shown, tokenizers):
        model, reviews = shown
        assert len(reviews) == len(REVIEWS) + 1
        for review in reviews.values():
            expected = counted(tokenizers[model].tokens(review["ids"]), review["heat"].astype(np.float64))
            assert review["words"] == [word for word, _ in expected]
            assert review["values"][0] == pytest.approx([value for _, value in expected], rel=1e-5)

    def test_shape_of_the_heatmap_changes_nothing_but_its_sum(self, shown):
        for review in shown[1].values():
            plain, batched, wide = review["values"]
            assert np.array_equal(plain, batched)
            assert wide == pytest.approx(3 * plain, rel=1e-5)

    def test_agrees_with_the_explorer(self, shown, tokenizers):
        model, reviews = shown
        for review in reviews.values():
            words, word_of = tokenizers[model].words(review["ids"])
            of_words = merge_positions(review["heat"], word_of, len(words))
            assert review["values"][0] == pytest.approx(of_words, rel=1e-5)

    def test_reviews_hold_what_they_are_to_test(self, shown, tokenizers):
        model, reviews = shown
        tokens = {name: tokenizers[model].tokens(review["ids"]) for name, review in reviews.items()}
        assert any("not good" in of_review or "##" in "".join(of_review) for of_review in tokens.values())
        assert tokens["review-4"].count("[PAD]") < 4  # a cut takes phrases that it tears with it
        assert tokens["review-0"].count("[PAD]") > 100

import numpy as np
import pytest

from IMDb import metadata
from IMDb.config import load_config
from IMDb.errors import UserError
from IMDb.text import features as features_module
from IMDb.text import tokenizers as tokenization
from IMDb.text.features import Features
from IMDb.text.tokenizers import Encoding, WordTokenizer

LENGTH, HEAD_SHARE = 8, 0.5
VOCAB = ["[PAD]", "[OOV]", "the", "film", "isn't", "good", "not"]
REVIEW = "The film ISN\u2019T good, awful!"
KEYS = {
    "text": metadata.TEXT_TYPES,
    "sentiment": {"polarity": float, "subjectivity": float},
    "readability": metadata.READABILITY_TYPES,
}


def types_of(values):
    return {part: {name: type(value) for name, value in of_part.items()} for part, of_part in values.items()}


class BertTokenizer:
    """Stands in for the sub-word tokenizer: a token a letter, padded with 9."""

    max_length, pad_id, oov_id = 12, 9, 1

    def encode(self, text):
        ids = np.arange(len(text), dtype=np.int32)[: self.max_length]
        return Encoding(ids, n_tokens=len(text), n_truncated=len(text) - len(ids))


def settings(model="dense", **dense):
    config = load_config()
    wanted = {"max_length": LENGTH, "head_share": HEAD_SHARE} | dense
    return config.model_copy(update={"model": model, "dense": config.dense.model_copy(update=wanted)})


@pytest.fixture(autouse=True)
def tokenizer_path(tmp_path, monkeypatch):
    path = tmp_path / "models" / "tokenizer.json"
    WordTokenizer(VOCAB, LENGTH, HEAD_SHARE, phrases=["not good"]).save(path)
    monkeypatch.setattr(features_module, "WORD_TOKENIZER_PATH", path)
    return path


@pytest.fixture
def bert(monkeypatch):
    loaded = []

    def load(folder, wanted):
        loaded.append((folder, wanted))
        return BertTokenizer()

    monkeypatch.setattr(features_module.WordPieceTokenizer, "load", load)
    features = Features(settings("bert"))
    assert features.tokenizer.pad_id == BertTokenizer.pad_id
    assert loaded == [(features_module.BERT_TOKENIZER_DIR, features.config.bert)]
    return features


@pytest.fixture
def count_calls(monkeypatch):
    """Count the calls of a function, wherever the given modules name it."""

    def count(name, *modules):
        calls = []
        for module in modules:
            original = getattr(module, name)

            def counted(*arguments, original=original):
                calls.append(arguments)
                return original(*arguments)

            monkeypatch.setattr(module, name, counted)
        return calls

    return count


class TestReading:
    def test_of_a_review(self):
        features = Features(settings())
        reading = features.read(REVIEW)
        assert features.words(REVIEW) == ["the", "film", "isn't", "good", "awful"]
        assert reading.word_ids.tolist() == [2, 3, 4, 5, 1]
        assert reading.encoding.ids.tolist() == [2, 3, 4, 5, 1]

    def test_phrases_are_for_the_encoding_alone(self):
        reading = Features(settings()).read("not good")
        assert reading.word_ids.tolist() == [6, 5]
        assert reading.encoding.ids.tolist() == [6, 5, 7]

    def test_the_word_ids_are_the_dense_models_with_the_other_model_too(self, bert):
        reading = bert.read("the end")
        assert reading.word_ids.tolist() == [2, 1]
        assert reading.encoding.ids.tolist() == [0, 1, 2, 3, 4, 5, 6]

    def test_each_review_is_standardised_once(self, count_calls):
        features = Features(settings())
        calls = count_calls("standardise", features_module, tokenization)
        for _ in range(2):
            features.padded_ids(REVIEW)
            features.attention_mask(REVIEW)
            features.text_metadata(REVIEW)
            features.read(REVIEW)
        assert calls == [(REVIEW,)]
        features.padded_ids("another")
        assert calls == [(REVIEW,), ("another",)]

    def test_once_however_many_reviews_there_are(self, count_calls):
        features = Features(settings())
        calls = count_calls("standardise", features_module)
        for _ in range(2):
            for number in range(1500):
                features.read(str(number))
        assert len(calls) == 1500

    def test_nothing_is_loaded_before_it_is_needed(self, tokenizer_path):
        tokenizer_path.unlink()
        Features(settings())


class TestInputs:
    @pytest.mark.parametrize(
        ("review", "ids"),
        [
            ("", [1] + [0] * 7),
            (REVIEW, [2, 3, 4, 5, 1, 0, 0, 0]),
            ("the film the film the film the film", [2, 3] * 4),
            ("the film the film film film film good isn't film the", [2, 3, 2, 3, 5, 4, 3, 2]),
            ("not good", [6, 5, 7, 0, 0, 0, 0, 0]),
        ],
    )
    def test_of_the_dense_model(self, review, ids):
        features = Features(settings())
        padded, mask = features.padded_ids(review), features.attention_mask(review)
        assert padded.tolist() == ids
        assert mask.tolist() == [float(index > 0) for index in ids]
        assert padded.dtype == mask.dtype == np.float32

    @pytest.mark.parametrize(("review", "count"), [("ab", 2), ("twelve signs", 12), ("more than twelve signs", 12)])
    def test_of_the_other_model(self, bert, review, count):
        padded, mask = bert.padded_ids(review), bert.attention_mask(review)
        assert padded.tolist() == [*range(count), *[9] * (12 - count)]
        assert mask.tolist() == [1.0] * count + [0.0] * (12 - count)
        assert padded.dtype == mask.dtype == np.float32

    def test_a_caller_may_change_them(self):
        features = Features(settings())
        features.padded_ids(REVIEW)[:] = -1
        features.attention_mask(REVIEW)[:] = -1
        assert features.padded_ids(REVIEW).min() == features.attention_mask(REVIEW).min() == 0


class TestMetadata:
    def test_all_of_a_text(self):
        values = Features(settings()).text_metadata(REVIEW)
        assert types_of(values) == KEYS
        counts = values["text"]
        assert (counts["words"], counts["negations"], counts["exclamation_marks"]) == (5, 1, 1)

    def test_is_kept_on_disk(self, count_calls, tmp_path):
        calls = [count_calls(name, metadata) for name in ("sentiment_metadata", "readability_metadata")]
        first = Features(settings())
        values = first.text_metadata(REVIEW)
        assert first.text_metadata(REVIEW) == values
        assert Features(settings()).text_metadata(REVIEW) == values
        assert types_of(values) == KEYS
        assert list(map(len, calls)) == [1, 1]
        Features(settings()).text_metadata(REVIEW + "!")
        assert list(map(len, calls)) == [2, 2]
        assert len(list((tmp_path / "cache").glob("metadata-*.sqlite"))) == 1

    def test_is_computed_anew_with_another_library(self, count_calls, monkeypatch):
        calls = count_calls("sentiment_metadata", metadata)
        Features(settings()).text_metadata(REVIEW)
        monkeypatch.setattr(features_module, "version", lambda name: f"{name}'s next")
        Features(settings()).text_metadata(REVIEW)
        assert len(calls) == 2

    @pytest.mark.parametrize("module", ["markup", "metadata", "text"])
    def test_is_computed_anew_with_other_code(self, count_calls, monkeypatch, tmp_path, module):
        calls = count_calls("sentiment_metadata", metadata)
        Features(settings()).text_metadata(REVIEW)
        changed = tmp_path / "changed.py"
        changed.write_text("# changed")
        monkeypatch.setattr(getattr(features_module, module), "__file__", str(changed))
        Features(settings()).text_metadata(REVIEW)
        assert len(calls) == 2


class TestTokenizerFile:
    def test_missing(self, tokenizer_path):
        tokenizer_path.unlink()
        with pytest.raises(UserError, match=r"No tokenizer at .*tokenizer\.json.*`imdb train dense`"):
            Features(settings()).padded_ids(REVIEW)

    @pytest.mark.parametrize("changed", [{"max_length": 16}, {"head_share": 0.25}])
    def test_made_with_other_settings(self, changed):
        message = r"tokenizer\.json was made with max_length 8 and head_share 0\.5; the settings under `dense:` differ"
        with pytest.raises(UserError, match=message):
            Features(settings(**changed)).padded_ids(REVIEW)

    def test_missing_for_the_other_model(self, monkeypatch, tmp_path):
        monkeypatch.setattr(features_module, "BERT_TOKENIZER_DIR", tmp_path / "bert")
        with pytest.raises(UserError, match=r"No BERT tokenizer in .*`imdb train bert`"):
            Features(settings("bert")).padded_ids(REVIEW)

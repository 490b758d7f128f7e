import json
import socket

import numpy as np
import pytest

from IMDb.config import TokenizerSettings
from IMDb.errors import UserError
from IMDb.text.tokenizers import (
    MIN_PHRASE_TEXTS,
    Encoding,
    WordPieceTokenizer,
    WordTokenizer,
    cut_positions,
    kept_positions,
    truncate,
)

VOCAB = ["[PAD]", "[OOV]", "the", "film", "isn't", "good"]
WORD_PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "##ed", "great", "not"]
WORD_PIECES += ["is", "'", "t", "bad", ",", "[", "]", "sep"]
PAD, UNK, CLS, SEP = range(4)
PLAY, ING, ED, GREAT, NOT = range(5, 10)


def words_of(count):
    return " ".join(f"w{number}" for number in range(count))


class TestTruncation:
    @pytest.mark.parametrize(
        ("count", "length", "head_share", "kept"),
        [
            (0, 4, 0.5, []),
            (4, 4, 0.5, [0, 1, 2, 3]),
            (5, 4, 0.5, [0, 1, 3, 4]),
            (10, 4, 0.0, [6, 7, 8, 9]),
            (10, 4, 0.25, [0, 7, 8, 9]),
            (10, 4, 0.5, [0, 1, 8, 9]),
            (10, 4, 1.0, [0, 1, 2, 3]),
            (10, 3, 0.5, [0, 1, 9]),
            (10, 9, 0.5, [0, 1, 2, 3, 5, 6, 7, 8, 9]),
        ],
    )
    def test_keeps_exactly_the_head_and_the_tail(self, count, length, head_share, kept):
        ids = np.arange(count, dtype=np.int32)
        truncated = truncate(ids, length, head_share)
        assert truncated.tolist() == kept
        assert truncated.dtype == np.int32
        assert sum(kept_positions(count, length, head_share)) == len(kept)
        is_cut = cut_positions(count, length, head_share)
        assert is_cut.dtype == bool
        assert np.flatnonzero(~is_cut).tolist() == kept


class TestEncoding:
    def test_padded(self):
        row = Encoding(np.array([5, 3], dtype=np.int32), n_tokens=2, n_truncated=0).padded(4, pad_id=7)
        assert row.tolist() == [5.0, 3.0, 7.0, 7.0]
        assert row.dtype == np.float32

    def test_padded_when_full(self):
        assert Encoding(np.array([5, 3], dtype=np.int32), 9, 7).padded(2, pad_id=0).tolist() == [5.0, 3.0]

    def test_padded_never_drops_a_token(self):
        with pytest.raises(ValueError, match="broadcast"):
            Encoding(np.array([5, 3], dtype=np.int32), 2, 0).padded(1, pad_id=0)


class TestWordTokenizer:
    @pytest.fixture
    def tokenizer(self):
        return WordTokenizer(VOCAB, max_length=4, head_share=0.5)

    def test_fit_orders_by_count_and_ties_by_alphabet(self):
        tokenizer = WordTokenizer.fit(["b a, c", "B <br />d", "e e e"], vocab_size=99, max_length=4, head_share=0.5)
        assert tokenizer.vocab == ["[PAD]", "[OOV]", "e", "b", "a", "c", "d"]
        assert (tokenizer.pad_id, tokenizer.oov_id) == (0, 1)
        assert (tokenizer.max_length, tokenizer.head_share) == (4, 0.5)

    def test_fit_does_not_depend_on_the_order_of_the_texts(self):
        texts = ["b a c", "b d", "e e e"]
        assert WordTokenizer.fit(texts, 5, 4, 0.5).vocab == WordTokenizer.fit(texts[::-1], 5, 4, 0.5).vocab

    @pytest.mark.parametrize(("vocab_size", "words"), [(2, []), (3, ["e"]), (4, ["e", "b"]), (100, ["e", "b", "a"])])
    def test_vocab_size_counts_the_two_special_tokens(self, vocab_size, words):
        tokenizer = WordTokenizer.fit(["e e e b b a"], vocab_size, max_length=4, head_share=0.5)
        assert tokenizer.vocab == ["[PAD]", "[OOV]", *words]

    @pytest.mark.parametrize(
        ("vocab", "message"),
        [([], "starts with"), (["[OOV]", "[PAD]"], "starts with"), ([*VOCAB, "film"], "each token once")],
    )
    def test_bad_vocabulary(self, vocab, message):
        with pytest.raises(ValueError, match=message):
            WordTokenizer(vocab, 4, 0.5)

    @pytest.mark.parametrize(
        ("text", "ids", "n_tokens", "n_truncated"),
        [
            ("", [1], 0, 0),
            ("... <br />", [1], 0, 0),
            ("The film ISN\u2019T good!", [2, 3, 4, 5], 4, 0),
            ("the awful film", [2, 1, 3], 3, 0),
            ("[PAD] the", [1, 2], 2, 0),
            ("the film is not so good, the end", [2, 3, 2, 1], 8, 4),
        ],
    )
    def test_encode(self, tokenizer, text, ids, n_tokens, n_truncated):
        encoding = tokenizer.encode(text)
        assert encoding.ids.tolist() == ids
        assert encoding.ids.dtype == np.int32
        assert (encoding.n_tokens, encoding.n_truncated) == (n_tokens, n_truncated)

    @pytest.mark.parametrize(
        ("head_share", "words"), [(0.0, "w6 w7 w8 w9"), (0.5, "w0 w1 w8 w9"), (1.0, "w0 w1 w2 w3")]
    )
    def test_a_long_review_keeps_its_head_and_its_tail(self, head_share, words):
        tokenizer = WordTokenizer.fit([words_of(10)], 99, max_length=4, head_share=head_share)
        encoding = tokenizer.encode(words_of(10))
        assert tokenizer.tokens(encoding.ids) == words.split()
        assert (encoding.n_tokens, encoding.n_truncated) == (10, 6)

    def test_encode_batch_is_encode_of_each(self, tokenizer):
        texts = ["the film", "", "a much longer review of the film"]
        batch = tokenizer.encode_batch(texts)
        assert [encoding.ids.tolist() for encoding in batch] == [tokenizer.encode(t).ids.tolist() for t in texts]
        assert tokenizer.encode_batch([]) == []

    def test_look_up_and_cut_make_encode(self, tokenizer):
        ids = tokenizer.look_up(["the", "x", "film", "good", "good"])
        assert ids.tolist() == [2, 1, 3, 5, 5]
        assert tokenizer.cut(ids).ids.tolist() == tokenizer.encode("the x film good good").ids.tolist()

    @pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32])
    def test_positions_and_tokens_round_trip(self, tokenizer, dtype):
        every_id = np.arange(len(VOCAB), dtype=dtype)
        assert tokenizer.tokens(every_id) == VOCAB
        assert tokenizer.look_up(tokenizer.tokens(every_id[2:])).tolist() == every_id[2:].tolist()

    def test_words_leave_padding_out(self, tokenizer):
        words, word_of = tokenizer.words(tokenizer.encode("film awful").padded(4, tokenizer.pad_id))
        assert words == ["film", "[OOV]"]
        assert word_of.tolist() == [0, 1, -1, -1]
        assert word_of.dtype == np.intp

    def test_words_of_padding_alone(self, tokenizer):
        words, word_of = tokenizer.words(np.zeros(3, dtype=np.float32))
        assert (words, word_of.tolist()) == ([], [-1, -1, -1])

    def test_read_whole(self, tokenizer):
        review = tokenizer.read_whole("The awful film: so good, isn't it")
        assert review.words == ["the", "awful", "film", "so", "good", "isn't", "it"]
        assert review.is_oov.tolist() == [False, True, False, True, False, False, True]
        assert review.is_cut.tolist() == [False, False, True, True, True, False, False]

    def test_read_whole_of_nothing(self, tokenizer):
        review = tokenizer.read_whole("")
        assert (review.words, review.is_oov.tolist(), review.is_cut.tolist()) == ([], [], [])

    def test_save_and_load(self, tmp_path):
        texts = ["Café isn't naïve", '"quoted" \\ 電影']
        tokenizer = WordTokenizer.fit(texts, 99, max_length=123, head_share=1 / 3)
        path = tmp_path / "models" / "tokenizer.json"
        tokenizer.save(path)
        loaded = WordTokenizer.load(path)
        assert (loaded.vocab, loaded.n_words) == (tokenizer.vocab, tokenizer.n_words)
        assert (loaded.max_length, loaded.head_share) == (tokenizer.max_length, tokenizer.head_share)
        saved = path.read_bytes()
        loaded.save(path)
        assert path.read_bytes() == saved
        content = {"max_length": 123, "head_share": 1 / 3, "words": tokenizer.vocab, "phrases": []}
        assert json.loads(saved) == content

    def test_missing_file(self, tmp_path):
        with pytest.raises(UserError, match=r"No tokenizer at .*absent\.json.*`imdb train dense`"):
            WordTokenizer.load(tmp_path / "absent.json")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"\xff",
            b"[]",
            b"{}",
            b'{"max_length": 8, "head_share": 0.5}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a"]}',
            b'{"max_length": 8, "head_share": 0.5, "words": null, "phrases": []}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["the", "film"], "phrases": []}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", ["a"]], "phrases": []}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a", "a"], "phrases": []}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a"], "phrases": null}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a"], "phrases": ["a"]}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a"], "phrases": ["a a a"]}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a"], "phrases": ["a b"]}',
            b'{"max_length": 8, "head_share": 0.5, "words": ["[PAD]", "[OOV]", "a"], "phrases": ["a a", "a a"]}',
            b'{"max_length": null, "head_share": 0.5, "words": ["[PAD]", "[OOV]"], "phrases": []}',
            b'{"max_length": 8, "head_share": "half", "words": ["[PAD]", "[OOV]"], "phrases": []}',
        ],
    )
    def test_broken_file(self, tmp_path, content):
        path = tmp_path / "tokenizer.json"
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"tokenizer\.json is not a tokenizer \(.+\)\. Make it anew"):
            WordTokenizer.load(path)


class TestPhrases:
    """Of the word tokenizer, with hand-made phrases."""

    VOCAB = ("[PAD]", "[OOV]", "a", "very", "not", "good", "film")
    PHRASES = ("not good", "good film", "very very", "film not")

    def make(self, max_length=99, head_share=0.5):
        return WordTokenizer(self.VOCAB, max_length, head_share, self.PHRASES)

    def read(self, text, *settings):
        """The tokens that the model reads, a phrase in brackets."""
        tokenizer = self.make(*settings)
        ids = tokenizer.encode(text).ids
        return [f"({t})" if i >= tokenizer.n_words else t for i, t in zip(ids, tokenizer.tokens(ids), strict=True)]

    def test_ids_follow_those_of_the_words(self):
        tokenizer = self.make()
        assert tokenizer.vocab == [*self.VOCAB, *self.PHRASES]
        assert tokenizer.n_words == len(self.VOCAB)
        assert tokenizer.look_up(["not", "good", "not good"]).tolist() == [4, 5, 1]

    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("", ["[OOV]"]),
            ("not", ["not"]),
            ("Not: good!", ["not", "good", "(not good)"]),
            ("good not", ["good", "not"]),
            ("a not good film a", ["a", "not", "good", "(not good)", "film", "(good film)", "a"]),
            ("very very very", ["very", "very", "(very very)", "very", "(very very)"]),
            ("not so good", ["not", "[OOV]", "good"]),
            ("xyz xyz a a", ["[OOV]", "[OOV]", "a", "a"]),
        ],
    )
    def test_stand_right_after_their_second_word(self, text, tokens):
        assert self.read(text) == tokens

    def test_count_as_tokens(self):
        encoding = self.make(6).encode("a a a a not good")
        assert encoding.ids.dtype == np.int32
        assert (encoding.n_tokens, encoding.n_truncated, len(encoding.ids)) == (7, 1, 6)

    @pytest.mark.parametrize(
        ("max_length", "head_share", "tokens"),
        [  # The whole: a not good (not good) film (good film) a a
            (8, 0.5, ["a", "not", "good", "(not good)", "film", "(good film)", "a", "a"]),
            (7, 0.0, ["not", "good", "(not good)", "film", "(good film)", "a", "a"]),
            (6, 0.0, ["good", "film", "(good film)", "a", "a"]),
            (5, 0.0, ["film", "a", "a"]),
            (4, 0.0, ["film", "a", "a"]),
            (3, 0.0, ["a", "a"]),
            (4, 1.0, ["a", "not", "good", "(not good)"]),
            (3, 1.0, ["a", "not", "good"]),
            (6, 0.5, ["a", "not", "good", "a", "a"]),
            (7, 1 / 7, ["a", "good", "film", "(good film)", "a", "a"]),
        ],
    )
    def test_are_cut_with_their_words(self, max_length, head_share, tokens):
        text = "a not good film a a"
        assert self.read(text, max_length, head_share) == tokens
        encoding = self.make(max_length, head_share).encode(text)
        assert (encoding.n_tokens, encoding.n_truncated) == (8, 8 - len(tokens))

    def test_no_cut_tears_one(self):
        generator = np.random.default_rng(0)
        for _ in range(300):
            text = " ".join(generator.choice(["very", "not", "good", "film", "xyz"], size=24))
            max_length, head_share = int(generator.integers(8, 24)), generator.random()
            n_tokens = self.make().encode(text).n_tokens
            head, _ = kept_positions(n_tokens, max_length, head_share)
            kept = self.read(text, max_length, head_share)
            for part in (kept[:head], kept[head:]):
                words = []
                for token in part:
                    if token.startswith("("):
                        assert token == f"({' '.join(words[-2:])})"
                    else:
                        words.append(token)

    def test_belong_to_the_word_before_them(self):
        tokenizer = self.make()
        words, word_of = tokenizer.words(tokenizer.encode("not good film").padded(7, tokenizer.pad_id))
        assert words == ["not", "good", "film"]
        assert word_of.tolist() == [0, 1, 1, 2, 2, -1, -1]

    def test_without_a_word_before_it_a_phrase_belongs_to_none(self):
        words, word_of = self.make().words(np.array([7, 4, 0]))
        assert (words, word_of.tolist()) == (["not"], [-1, 0, -1])

    def test_read_whole_names_words_alone(self):
        # a not good (not good) film (good film) so a: the four in the middle are cut
        review = self.make(4, 0.5).read_whole("A not good film so a")
        assert review.words == ["a", "not", "good", "film", "so", "a"]
        assert review.is_oov.tolist() == [False, False, False, False, True, False]
        assert review.is_cut.tolist() == [False, False, True, True, False, False]

    @pytest.mark.parametrize("max_length", range(8, 20))
    def test_the_cut_words_are_those_that_the_model_does_not_read(self, max_length):
        tokenizer = self.make(max_length, 0.3)
        text = "not good film very very very a film not good film xyz a"
        review = tokenizer.read_whole(text)
        read, _ = tokenizer.words(tokenizer.encode(text).ids)
        seen = [word if word in self.VOCAB else "[OOV]" for word in np.array(review.words)[~review.is_cut]]
        assert read == seen

    def test_save_and_load(self, tmp_path):
        path = tmp_path / "tokenizer.json"
        self.make(9, 0.25).save(path)
        loaded = WordTokenizer.load(path)
        assert json.loads(path.read_bytes())["phrases"] == list(self.PHRASES)
        assert (loaded.vocab, loaded.n_words) == ([*self.VOCAB, *self.PHRASES], len(self.VOCAB))
        text = "film not good film very very"
        assert loaded.encode(text).ids.tolist() == self.make(9, 0.25).encode(text).ids.tolist()

    @pytest.mark.parametrize(
        ("phrase", "message"), [("not xyz", "not in the vocabulary"), ("xyz not", "not in the vocabulary")]
    )
    def test_of_unknown_words_are_refused(self, phrase, message):
        with pytest.raises(ValueError, match=message):
            WordTokenizer(self.VOCAB, 8, 0.5, [phrase])


class TestWithPhrases:
    """Choosing the phrases by the labels."""

    def fit(self, texts, count, vocab_size=99):
        """`texts` gives for each text how often it stands among the negative and the positive ones."""
        rows = [(text, label) for text, counts in texts.items() for label in (0, 1) for _ in range(counts[label])]
        chosen, labels = zip(*rows, strict=True)
        tokenizer = WordTokenizer.fit(chosen, vocab_size, 8, 0.5)
        fitted = tokenizer.with_phrases(iter(chosen), iter(labels), count)
        assert fitted.vocab[: fitted.n_words] == tokenizer.vocab
        assert (fitted.max_length, fitted.head_share) == (8, 0.5)
        return fitted.vocab[fitted.n_words :]

    def test_those_that_say_most_of_the_label_come_first(self):
        # Shares of positive texts: 0, 1 and as that of all; more texts make a share surer
        texts = {"a b": (20, 0), "c d": (0, 40), "e f": (20, 20), "g h": (20, 0), "i j": (0, 20), "k l": (20, 0)}
        assert self.fit(texts, 1) == ["c d"]
        assert self.fit(texts, 99)[-1] == "e f"
        assert len(self.fit(texts, 99)) == 6

    def test_a_smaller_share_of_many_texts_may_say_more(self):
        # In standard deviations of chance: 64 of 80 are 24 / sqrt(20) = 5.4 away, 20 of 20 are 10 / sqrt(5) = 4.5
        assert self.fit({"c d": (16, 64), "a b": (0, 20), "x": (68, 0)}, 1) == ["c d"]

    def test_the_share_of_all_is_what_counts(self):
        # Three in four of all are positive, as of "a b"; of "c d" only half are
        texts = {"a b": (15, 45), "c d": (20, 20), "e f": (0, 40)}
        assert self.fit(texts, 3) == ["c d", "e f", "a b"]

    def test_ties_go_by_the_words_rank(self):
        # "very" and "not" are equally frequent: alphabetical order decides
        texts = {"very good": (0, 20), "not good": (20, 0)}
        assert self.fit(texts, 1) == ["not good"]
        assert self.fit(texts, 2) == ["not good", "very good"]
        assert self.fit(dict(reversed(texts.items())), 2) == ["not good", "very good"]

    @pytest.mark.parametrize(("n_texts", "phrases"), [(MIN_PHRASE_TEXTS - 1, []), (MIN_PHRASE_TEXTS, ["not good"])])
    def test_minimum_number_of_texts(self, n_texts, phrases):
        assert self.fit({"not good": (n_texts, 0), "fine": (0, 20)}, 99) == phrases

    def test_texts_count_and_not_occurrences(self):
        text = "not good. Not good! Not good"
        assert self.fit({text: (MIN_PHRASE_TEXTS - 1, 0), "fine": (0, 20)}, 99) == []
        assert set(self.fit({text: (MIN_PHRASE_TEXTS, 0), "fine": (0, 20)}, 99)) == {"not good", "good not"}

    def test_never_hold_a_word_outside_the_vocabulary(self):
        texts = {"good not rare good": (20, 0), "good not": (0, 21)}
        assert self.fit(texts, 99, vocab_size=4) == ["good not"]

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_at_most_so_many(self, count):
        assert len(self.fit({"a b c": (20, 0), "d": (0, 20)}, count)) == count

    def test_earlier_ones_are_replaced(self):
        tokenizer = WordTokenizer(["[PAD]", "[OOV]", "not", "good"], 8, 0.5, ["good not"])
        fitted = tokenizer.with_phrases(["not good"] * 20 + ["good"] * 20, [0] * 20 + [1] * 20, 5)
        assert fitted.vocab == ["[PAD]", "[OOV]", "not", "good", "not good"]
        assert tokenizer.vocab[-1] == "good not"

    def test_short_texts_hold_none(self):
        assert self.fit({"good": (20, 0), "": (0, 20)}, 99) == []

    def test_a_label_a_text(self):
        with pytest.raises(ValueError, match="shorter"):
            WordTokenizer(["[PAD]", "[OOV]"], 8, 0.5).with_phrases(["a", "b"], [0], 1)


@pytest.fixture(scope="module")
def fast_tokenizer(tmp_path_factory):
    from transformers import BertTokenizerFast

    path = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    path.write_text("\n".join(WORD_PIECES), encoding="utf-8")
    return BertTokenizerFast(str(path))


@pytest.fixture
def _no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


class TestWordPieceTokenizer:
    @pytest.fixture
    def tokenizer(self, fast_tokenizer):
        return WordPieceTokenizer(fast_tokenizer, max_length=8, head_share=0.5)

    def test_special_ids(self, tokenizer):
        assert (tokenizer.pad_id, tokenizer.oov_id) == (PAD, UNK)

    @pytest.mark.parametrize(
        ("text", "ids", "n_tokens", "n_truncated"),
        [
            ("", [CLS, SEP], 0, 0),
            ("PLAYING<br />great", [CLS, PLAY, ING, GREAT, SEP], 3, 0),
            ("film", [CLS, UNK, SEP], 1, 0),
            ("playing played great play", [CLS, PLAY, ING, PLAY, ED, GREAT, PLAY, SEP], 6, 0),
            ("playing played great not great", [CLS, PLAY, ING, PLAY, GREAT, NOT, GREAT, SEP], 7, 1),
        ],
    )
    def test_encode(self, tokenizer, text, ids, n_tokens, n_truncated):
        encoding = tokenizer.encode(text)
        assert encoding.ids.tolist() == ids
        assert encoding.ids.dtype == np.int32
        assert (encoding.n_tokens, encoding.n_truncated) == (n_tokens, n_truncated)

    @pytest.mark.parametrize(
        ("head_share", "kept"),
        [
            (0.0, "great not is bad great not"),
            (0.5, "play great not bad great not"),
            (1.0, "play great not is bad great"),
        ],
    )
    def test_a_long_review_keeps_its_head_and_its_tail(self, fast_tokenizer, head_share, kept):
        tokenizer = WordPieceTokenizer(fast_tokenizer, max_length=8, head_share=head_share)
        encoding = tokenizer.encode("play great not is bad great not")
        assert tokenizer.tokens(encoding.ids) == ["[CLS]", *kept.split(), "[SEP]"]
        assert (encoding.n_tokens, encoding.n_truncated) == (7, 1)

    def test_special_tokens_written_in_a_review_are_text(self, tokenizer):
        assert tokenizer.tokens(tokenizer.encode("[SEP]").ids) == ["[CLS]", "[", "sep", "]", "[SEP]"]
        assert tokenizer.read_whole("great [PAD]").words == ["great", "[", "[UNK]", "]"]

    def test_encode_batch_is_encode_of_each(self, tokenizer):
        texts = ["great", "", "playing played, not great, isn't bad", "unknown [SEP]"]
        for text, encoding in zip(texts, tokenizer.encode_batch(texts), strict=True):
            alone = tokenizer.encode(text)
            assert encoding.ids.tolist() == alone.ids.tolist()
            assert (encoding.n_tokens, encoding.n_truncated) == (alone.n_tokens, alone.n_truncated)

    def test_encode_batch_of_nothing(self, tokenizer):
        assert tokenizer.encode_batch([]) == []

    @pytest.mark.parametrize("dtype", [np.int32, np.float32])
    def test_one_token_a_position(self, tokenizer, dtype):
        every_id = np.arange(len(WORD_PIECES), dtype=dtype)
        assert tokenizer.tokens(every_id) == WORD_PIECES

    def test_words_merge_sub_words_and_leave_special_tokens_out(self, tokenizer):
        ids = tokenizer.encode("playing film played").padded(9, tokenizer.pad_id)
        words, word_of = tokenizer.words(ids)
        assert words == ["playing", "[UNK]", "played"]
        assert word_of.tolist() == [-1, 0, 0, 1, 2, 2, -1, -1, -1]

    def test_words_that_begin_within_a_word(self, tokenizer):
        words, word_of = tokenizer.words(np.array([CLS, ING, GREAT, SEP]))
        assert (words, word_of.tolist()) == (["##ing", "great"], [-1, 0, 1, -1])

    def test_read_whole(self, tokenizer):
        review = tokenizer.read_whole("great playing film played bad not")
        # great | play ##ing | film | play ##ed | bad | not: of the eight sub-words the fourth and fifth are cut
        assert review.words == ["great", "playing", "[UNK]", "played", "bad", "not"]
        assert review.is_oov.tolist() == [False, False, True, False, False, False]
        assert review.is_cut.tolist() == [False, False, True, True, False, False]

    def test_read_whole_of_nothing(self, tokenizer):
        review = tokenizer.read_whole("")
        assert (review.words, review.is_oov.tolist(), review.is_cut.tolist()) == ([], [], [])

    @pytest.mark.usefixtures("_no_network")
    @pytest.mark.parametrize("as_text", [False, True])
    def test_save_and_load(self, tokenizer, tmp_path, as_text):
        folder = tmp_path / "bert"
        tokenizer.save(folder)
        settings = TokenizerSettings(max_length=9, head_share=0.25)
        loaded = WordPieceTokenizer.load(str(folder) if as_text else folder, settings)
        assert (loaded.max_length, loaded.head_share) == (9, 0.25)
        assert (loaded.pad_id, loaded.oov_id) == (PAD, UNK)
        assert loaded.tokens(np.arange(len(WORD_PIECES))) == WORD_PIECES
        text = "Playing isn't bad, [SEP]"
        assert loaded.read_whole(text).words == tokenizer.read_whole(text).words

    @pytest.mark.usefixtures("_no_network")
    @pytest.mark.parametrize("folder", ["absent", "absent/folder", "sentence-transformers/all-MiniLM-L6-v2"])
    def test_missing_folder(self, tmp_path, monkeypatch, folder):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UserError, match=f"No BERT tokenizer in {folder}.*`imdb train bert`"):
            WordPieceTokenizer.load(folder, TokenizerSettings(max_length=8, head_share=0.5))

    @pytest.mark.usefixtures("_no_network")
    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"model": {}}'])
    def test_broken_files(self, tokenizer, tmp_path, content):
        tokenizer.save(tmp_path)
        (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
        with pytest.raises(UserError, match=f"No BERT tokenizer in {tmp_path}"):
            WordPieceTokenizer.load(tmp_path, TokenizerSettings(max_length=8, head_share=0.5))

    @pytest.mark.usefixtures("_no_network")
    def test_a_tokenizer_without_berts_special_tokens(self, tokenizer, tmp_path):
        tokenizer.save(tmp_path)
        (tmp_path / "tokenizer_config.json").unlink()
        with pytest.raises(UserError, match=f"The tokenizer in {tmp_path} is none of BERT's"):
            WordPieceTokenizer.load(tmp_path, TokenizerSettings(max_length=8, head_share=0.5))

import csv
import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest

from files import write_csv
from IMDb.commands import explain as explain_cli
from IMDb.commands import options
from IMDb.explain import explainers as explainers
from IMDb.explain import reader as reader_module
from IMDb.explain.explainers import Explainer, Method
from IMDb.explain.faithfulness import faithfulness_path
from IMDb.model_specs import MODELS, ModelSpec
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.colors import word_ground
from leap_explorer.explain.alignment import Span
from leap_explorer.explain.attribution import OCCLUSION
from leap_explorer.explain.reader import Explanation
from leap_explorer.runs.run import Run

VOCABULARY = ["[PAD]", "[OOV]", "great", "dull", "film"]
WEIGHTS = {"dense": np.array([0, 0, 3.0, -1.0, 0.5]), "bert": np.array([0, 0, 0.5, -4.0, 0])}
REVIEWS = {
    "id": ["a", "b", "c", "d", "e"],
    "text": ["A great film", "Dull!", "Great, but dull", "<b>so</b> GREAT \x1b[31m [red]", "so dull"],
    "label": ["pos", "neg", "pos", "pos", "neg"],
    "split": ["train", "train", "validation", "validation", "validation"],
}


class LinearModel(Explainer):
    """The logit of positive is the sum of the words' weights, that of negative 0."""

    removal = "another word"
    ids_name = "tokens"
    batch_size = 4
    max_calls = None

    def __init__(self, config, name):
        super().__init__(MODELS[name], WordTokenizer(VOCABULARY, max_length=8, head_share=0.5))
        self.methods = {method.name: method for method in (Method(OCCLUSION), Method(OCCLUSION, "[PAD]"))}
        self.fill = {"tokens": 1}
        self._weights = WEIGHTS[name]

    def inputs(self, text):
        return {"tokens": self.tokenizer.encode(text).ids}

    def predict(self, rows):
        sums = self._weights[rows["tokens"]].sum(axis=1)
        return np.stack([np.zeros_like(sums), sums], axis=1)

    def _differentiable(self, detaches_gates):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _toy_models(tmp_path, monkeypatch):
    """Files that stand for the models, models that read five words, and data of five reviews."""
    for name, spec in MODELS.items():
        path = tmp_path / "models" / spec.path.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
        monkeypatch.setitem(MODELS, name, ModelSpec(name, path, "any", ("tokens",), from_logits=True))
    for module in (reader_module, explainers):
        monkeypatch.setattr(module, "load_explainer", LinearModel)
    monkeypatch.setenv("IMDB_MODEL", "")
    monkeypatch.setenv("IMDB_DATA", str(write_csv(tmp_path / "reviews.csv", REVIEWS)))


@pytest.fixture
def works(imdb):
    def run(*arguments):
        code, out, err = imdb(*arguments)
        assert code == 0, err
        return out

    return run


class TestExplain:
    def test_shows_the_text_as_written_with_signs(self, works):
        out = works("explain", "--text", "A GREAT film, but Dull!", "--model", "dense")
        assert "A +GREAT +film, but -Dull!" in out
        assert "positive 0.924" in out
        assert "+3.00 great" in out
        assert "-1.00 dull" in out
        assert "Method: occlusion (" in out
        assert "was not measured" in out

    def test_both_models_by_default(self, works):
        out = works("explain", "--text", "great dull")
        assert "dense ─" in out
        assert "bert ─" in out
        assert "-4.00 dull" in out

    def test_the_one_that_is_there_by_default(self, works):
        MODELS["bert"].path.unlink()
        assert "bert" not in works("explain", "--text", "great dull")

    @pytest.mark.parametrize("target", ["negative", "positive"])
    def test_colours_and_signs_do_not_depend_on_the_label_that_is_explained(self, works, target):
        out = works("explain", "--id", "c", "--model", "dense", "--target", target)
        assert "+ orange for positive, - blue for negative" in out

    def test_loss_is_of_the_reviews_label(self, works):
        out = works("explain", "--id", "c", "--model", "dense", "--target", "loss")
        raises, lowers = out.index("-Great"), out.index("+dull")  # great lowers the loss of a positive review
        assert raises < lowers
        assert "+ orange raises the loss, - blue lowers the loss" in out

    def test_nothing_in_a_review_steers_the_terminal(self, works):
        out = works("explain", "--id", "d", "--model", "dense")
        assert "\x1b" not in out
        assert "[red]" in out
        assert "<b>so</b> +GREAT" in out

    def test_html(self, works, tmp_path):
        path = tmp_path / "page.html"
        out = works("explain", "--id", "d", "--html", path)
        page = path.read_text(encoding="utf-8")
        assert "&lt;b&gt;" in page
        assert page.count("<section>") == 2
        assert "Review d" in page
        assert "labelled positive" in page
        assert f"Wrote {path}." in out.replace("\n", "")

    def test_json(self, works, tmp_path):
        path = tmp_path / "found.json"
        works("explain", "--id", "c", "--model", "dense", "--json", path)
        content = json.loads(path.read_text(encoding="utf-8"))
        assert (content["id"], content["label"], content["text"]) == ("c", "positive", "Great, but dull")
        found = content["explanations"]["dense"]
        assert found["words"] == [
            {"start": 0, "end": 5, "word": "Great", "is_read": True, "score": 3.0},
            {"start": 7, "end": 10, "word": "but", "is_read": True, "score": 0.0},
            {"start": 11, "end": 15, "word": "dull", "is_read": True, "score": -1.0},
        ]
        assert (found["target"], found["method"], found["warning"]) == ("positive", "occlusion", None)
        assert found["faithfulness"] is None

    @pytest.mark.parametrize("arguments", [(), ("--id", "a", "--text", "great")])
    def test_neither_or_both(self, fails, arguments):
        assert fails("explain", *arguments) == "Give either --id or --text."

    @pytest.mark.parametrize("text", ["", " \n"])
    def test_empty_text(self, fails, text):
        assert fails("explain", "--text", text) == "--text is empty."

    def test_unknown_id(self, fails):
        assert fails("explain", "--id", "zz") == "There is no review zz; the ids are such as a and e."

    def test_loss_of_a_text(self, fails):
        assert "A loss is that of a label" in fails("explain", "--text", "great", "--target", "loss")

    @pytest.mark.parametrize("choice", [(), ("--model", "both")])
    def test_missing_models(self, fails, choice):
        MODELS["dense"].path.unlink()
        MODELS["bert"].path.unlink()
        assert "Make it with `imdb train dense`" in fails("explain", "--text", "great", *choice)

    def test_both_where_one_is_missing(self, fails):
        MODELS["bert"].path.unlink()
        assert "`imdb train bert`" in fails("explain", "--text", "great", "--model", "both")

    def test_text_that_no_file_could_hold(self, works, tmp_path):
        works("explain", "--text", "great \udce4", "--html", tmp_path / "page.html", "--json", tmp_path / "found.json")
        assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["text"] == "great ?"


class TestWarning:
    @pytest.fixture
    def withheld(self):
        return Explanation(
            {"negative": 0.4, "positive": 0.6}, "positive", (Span(0, 5, 1.0, True),), "any", {}, None, "Not complete."
        )

    def test_stands_instead_of_the_map(self, withheld, capsys):
        explain_cli._print_explanations("Great", {"dense": withheld})
        out = capsys.readouterr().out
        assert "No map: Not complete." in out
        assert "Great" not in out

    def test_scores_are_withheld_from_the_json(self, withheld):
        found = explain_cli.explanation_json("Great", {"dense": withheld}, {"id": None})["explanations"]["dense"]
        assert found["warning"] == "Not complete."
        assert [word["score"] for word in found["words"]] == [None]


class TestTerminalText:
    def test_strongest_words_alone_have_a_sign(self):
        words = [f"w{number:02d}" for number in range(40)]
        text = " ".join(words)
        spans = [Span(4 * number, 4 * number + 3, number - 19.5, True) for number in range(40)]
        shown = explain_cli.terminal_text(text, spans).plain
        assert re.findall(r"-(w\d\d)", shown) == words[:10]
        assert re.findall(r"\+(w\d\d)", shown) == words[-10:]

    def test_few_words_are_marked_by_their_sign(self):
        spans = [Span(0, 1, 1.0, True), Span(2, 3, 0.0, True), Span(4, 5, -1.0, True), Span(6, 7, None, False)]
        assert explain_cli.terminal_text("a b c d", spans).plain == "+a b -c d"

    def test_line_breaks_of_html(self):
        assert explain_cli.terminal_text("a<br />b", [Span(0, 1, 1.0, True), Span(7, 8, 1.0, True)]).plain == "+a\n+b"


def test_the_terminal_has_the_colours_of_the_page():
    spans = [Span(0, 1, 1.0, True), Span(2, 3, -1.0, True)]
    styles = [str(span.style) for span in explain_cli.terminal_text("a b", spans).spans]
    grounds = [word_ground(strength, is_dark=False).lower() for strength in (1, -1)]
    assert [style.rpartition(" on ")[2].lower() for style in styles] == grounds


class TestFaithfulness:
    def test_writes_what_it_measures(self, works, tmp_path):
        path = tmp_path / "measured.json"
        out = works("faithfulness", "--model", "dense", "--samples", "3", "-o", path)
        content = json.loads(path.read_text(encoding="utf-8"))
        assert content["samples"] == 3
        assert content["model"]["file"] == "dense.h5"
        assert content["default"] == "occlusion"  # both tie, the first counts
        assert list(content["methods"]) == ["occlusion", "occlusion, from [PAD]", "random"]
        found = content["methods"]["occlusion"]
        assert found["completeness_gap"] is None
        assert found["seconds"]["median"] <= found["seconds"]["longest"]
        assert found["comprehensiveness"]["mean"] > content["methods"]["random"]["comprehensiveness"]["mean"]
        assert "3 of 3 validation reviews" in out

    def test_is_used_by_explain(self, works):
        path = faithfulness_path(MODELS["dense"].path)
        works("faithfulness", "--model", "dense", "--samples", "3", "-o", path)
        assert "over 3 samples" in works("explain", "--text", "great", "--model", "dense").replace("\n", " ")

    def test_same_seed_same_figures(self, works, tmp_path):
        contents = []
        for name in ("a", "b"):
            works("faithfulness", "--model", "dense", "--samples", "2", "--seed", "5", "-o", tmp_path / name)
            content = json.loads((tmp_path / name).read_text(encoding="utf-8"))
            for of_method in content["methods"].values():
                of_method.pop("seconds", None)
            contents.append(content)
        assert contents[0] == contents[1]

    def test_interrupted_leaves_the_old_file(self, imdb, tmp_path, monkeypatch):
        path = tmp_path / "measured.json"
        path.write_text("old")

        def interrupt(self, *arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr(LinearModel, "predict", interrupt)
        code, _, err = imdb("faithfulness", "--model", "dense", "--samples", "3", "-o", path)
        assert code == 130
        assert "nothing is left half-written" in err
        assert [file.name for file in tmp_path.glob("*measured*")] == ["measured.json"]
        assert path.read_text() == "old"


class TestCompare:
    @pytest.fixture
    def runs(self, tmp_path, monkeypatch):
        """Two runs that disagree on the reviews c and e."""
        columns = {
            "id": ["c", "d", "e"],
            "subset": ["validation"] * 3,
            "ground_truth": ["positive", "positive", "negative"],
            "error": [None] * 3,
        }
        tables = {
            "dense": {"prediction": ["positive", "positive", "positive"], "loss": [0.1, 0.1, 3.5]},
            "bert": {"prediction": ["negative", "positive", "negative"], "loss": [3.0, 0.2, 0.1]},
        }
        folders = {}
        for name in tables:
            folders[name] = tmp_path / "runs" / name
            folders[name].mkdir(parents=True)

        def load(path):
            name = path.name
            digest = hashlib.sha256(name.encode()).hexdigest()
            run = Run(path, {"model": {"file": f"{name}{MODELS[name].path.suffix}", "sha256": digest}})
            run.__dict__["samples"] = pd.DataFrame(columns | tables[name])
            return run

        monkeypatch.setattr("leap_explorer.runs.run.load_run", load)
        return ("--run-a", folders["dense"], "--run-b", folders["bert"])

    def test_lists_disagreements_by_the_difference_of_losses(self, works, runs):
        out = works("compare", *runs)
        assert "From dense to bert, of 3 labelled validation reviews:" in out
        counts = dict(re.findall(r"^ *(fixed|broken|both \w+) +(\d+)", out, re.MULTILINE))
        assert counts == {"fixed": "1", "broken": "1", "both wrong": "0", "both right": "1"}
        assert "2 validation reviews on which dense and bert disagree" in out
        assert out.index("3.500") < out.index("3.000")
        assert "dull" in out

    @pytest.mark.parametrize("width", [40, 60, 80])
    def test_narrow_terminals_cut_nothing(self, works, runs, monkeypatch, width):
        monkeypatch.setattr(options.console, "_width", width)
        out = works("compare", *runs)
        assert "…" not in out
        assert max(map(len, out.splitlines())) <= max(width, 66)  # a sentence may go on
        assert re.search(r"\be\b", out)
        assert all(loss in out for loss in ("3.500", "0.100", "3.000"))

    def test_json(self, works, runs, tmp_path):
        works("compare", *runs, "--json", tmp_path / "found.json", "--limit", "1")
        content = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
        assert content["models"] == {"a": "dense", "b": "bert"}
        assert content["outcomes"] == {"fixed": 1, "broken": 1, "both_wrong": 0, "both_right": 1, "unlabelled": 0}
        first, second = content["reviews"]
        assert (first["id"], first["loss_a"], first["loss_b"]) == ("e", 3.5, 0.1)
        assert first["words"] == []  # both read "dull" alone: all of their scores
        assert (second["id"], second["words"]) == ("c", None)

    def test_words_have_each_models_share(self, works, runs, tmp_path):
        works("compare", *runs, "--json", tmp_path / "found.json")
        second = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["reviews"][1]
        words = {word["word"]: (word["share_a"], word["share_b"]) for word in second["words"]}
        assert words["great"] == pytest.approx((0.75, 1 / 9))
        assert words["dull"] == pytest.approx((-0.25, -8 / 9))

    def test_csv(self, works, runs, tmp_path):
        works("compare", *runs, "--csv", tmp_path / "found.csv")
        with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["id"] for row in rows] == ["e", "c"]
        assert set(rows[1]["words"].split()) == {"great", "dull"}

    def test_missing_run(self, fails, tmp_path):
        message = fails("compare", "--run-a", tmp_path / "nowhere")
        assert message == f"There is no run at {tmp_path / 'nowhere'}. Make one with `imdb evaluate --model dense`."

    def test_no_review_in_common(self, fails, runs):
        assert "no test sample in common" in fails("compare", *runs, "--split", "test")

import json

import pytest

from histories import history
from IMDb.errors import UserError
from IMDb.explain.faithfulness import (
    faithfulness_path,
    faithfulness_section,
    read_faithfulness,
    verdict,
    write_faithfulness,
)
from IMDb.model_specs import MODELS
from IMDb.models.history import write_history
from IMDb.models.model_card import CARD_NAME, write_card


def figures(mean, times_random=1.0):
    return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "times_random": {"mean": times_random}}


def measured(more=9.94, less=0.04, gap=None):
    seconds = {"median": 0.731, "longest": 2.0}
    return {
        "split": "validation",
        "removal": "another word",
        "hardware": "3 CPU cores (abacus)",
        "default": "by thought",
        "shares": [0.01, 0.5],
        "samples": 123,
        "methods": {
            "by thought": {
                "comprehensiveness": figures(0.659, more),
                "sufficiency": figures(0.0049, less),
                "seconds": seconds,
                "completeness_gap": gap,
            },
            "random": {"comprehensiveness": figures(0.067), "sufficiency": figures(0.25)},
        },
    }


@pytest.fixture
def model(tmp_path):
    path = tmp_path / MODELS["dense"].path.name
    path.write_bytes(b"weights")
    return path


class TestFile:
    def test_round_trip(self, model):
        write_faithfulness(faithfulness_path(model), model, measured())
        content = read_faithfulness(model)
        assert content["model"]["file"] == "dense.h5"
        assert {name: content[name] for name in measured()} == measured()

    def test_was_never_measured(self, model):
        assert read_faithfulness(model) is None

    def test_of_an_earlier_model_file(self, model):
        write_faithfulness(faithfulness_path(model), model, measured())
        model.write_bytes(b"other weights")
        assert read_faithfulness(model) is None

    def test_of_a_model_file_that_is_gone(self, model):
        write_faithfulness(faithfulness_path(model), model, measured())
        model.unlink()
        assert read_faithfulness(model) is None

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": 1}'])
    def test_damaged(self, model, content):
        faithfulness_path(model).write_text(content)
        with pytest.raises(UserError, match=r"dense\.faithfulness\.json is damaged.*--model dense"):
            read_faithfulness(model)


class TestSection:
    def test_numbers_are_those_of_the_measures(self):
        section = " ".join(faithfulness_section(measured()).split())
        for phrase in (
            "over 1 %, 50 % of a review's words and over 123 validation reviews",
            "A word goes by another word.",
            "| by thought (default) | 0.659 (0.559 to 0.759) | 0.005 (-0.095 to 0.105) | 0.73 |",
            "| random | 0.067 (-0.033 to 0.167) | 0.250 (0.150 to 0.350) | |",
            "Seconds are medians on 3 CPU cores (abacus).",
        ):
            assert phrase in section

    def test_completeness_is_told_where_there_is_one(self):
        assert "add up" not in faithfulness_section(measured())
        section = faithfulness_section(measured(gap={"median": 0.0012, "largest": 0.0234, "over": 2}))
        assert "within 0.1 % at the median and 2.3 % at most; 2 reviews were over the allowed gap" in section

    def test_detached_gates_are_explained_where_the_default_detaches_them(self):
        content = measured()
        assert "attention weights" not in faithfulness_section(content)
        content["methods"]["any, LRP-style (gates detached)"] = content["methods"].pop("by thought")
        assert "attention weights" in faithfulness_section(content | {"default": "any, LRP-style (gates detached)"})

    @pytest.mark.parametrize(
        ("more", "less", "reached"),
        [
            (4.0, 0.5, ("reached", "reached")),
            (3.99, 0.51, ("missed", "missed")),
            (9.0, -0.2, ("reached", "reached")),
            (1.0, 0.4, ("missed", "reached")),
        ],
    )
    def test_verdict(self, more, less, reached):
        text = verdict(measured(more, less)["methods"]["by thought"])
        assert f"{more:.1f} times that of a random ranking (aim: at least 4, {reached[0]})" in text
        assert f"{less:.2f} times (aim: at most 0.5, {reached[1]})" in text

    def test_verdict_where_random_changes_nothing(self):
        assert "nothing to compare with" in verdict(measured(more=None)["methods"]["by thought"])


class TestCard:
    @pytest.fixture
    def folder(self, model):
        write_history(model.parent / MODELS["dense"].history_path.name, history())
        write_faithfulness(faithfulness_path(model), model, measured())
        return model.parent

    def test_has_the_section(self, folder):
        write_card(folder)
        card = (folder / CARD_NAME).read_text(encoding="utf-8")
        assert "### How far its heat-maps can be trusted" in card
        assert "| by thought (default) |" in card
        assert max(len(line) for line in card.splitlines() if not line.startswith("|")) <= 120

    def test_has_none_of_an_earlier_model_file(self, folder, model):
        model.write_bytes(b"trained anew")
        write_card(folder)
        assert "heat-maps" not in (folder / CARD_NAME).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(MODELS))
def test_shipped_measures_are_of_the_shipped_model(name):
    found = read_faithfulness(MODELS[name].path)
    assert found is not None
    default, random = found["methods"][found["default"]], found["methods"]["random"]
    assert json.dumps(found, allow_nan=False)
    assert default["comprehensiveness"]["mean"] >= 4 * random["comprehensiveness"]["mean"]
    assert default["sufficiency"]["mean"] <= random["sufficiency"]["mean"] / 2

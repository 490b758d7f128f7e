"""The rest of the contract: each part of it in a small integration that is evaluated."""

from dataclasses import replace

import numpy as np
import pytest

from leap_explorer.contract.recipe import Recipe
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.evaluate import evaluate
from leap_explorer.evaluation.plan import Options
from leap_explorer.runs.held_out import held_out
from leap_explorer.runs.run import compact
from task_toys import write_task_toy

OPTIONS = Options(projection="pca", workers=1)
LABELS = np.arange(40) % 2
X = np.eye(2)[LABELS] + np.linspace(0, 0.3, 40)[:, None] * [1, 0]
pytestmark = pytest.mark.slow

IMPORTS = """
from code_loader.contract.datasetclasses import ElementInstance
from code_loader.contract.enums import DatasetMetadataType, DataStateType
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_instances_metric, tensorleap_custom_latent_space, tensorleap_element_instance_preprocess,
    tensorleap_false_positive_empty_gt, tensorleap_false_positive_instances_encoder,
    tensorleap_instances_length_encoder, tensorleap_instances_masks_encoder, tensorleap_simulation,
    tensorleap_unlabeled_preprocess
)
"""

#: Numbered samples, four subsets, two losses, two ground truths, three latent spaces, a simulation.
MANY = (
    ("HERE = Path", f"{IMPORTS}\nHERE = Path"),
    ("sample_id: str", "sample_id: int"),
    ("int(sample_id[1:])", "sample_id + response.data['start']"),
    (
        """    ids = [f"s{i}" for i in range(len(arrays["x"]))]
    half = len(ids) // 2
    return [
        PreprocessResponse(sample_ids=ids[:half], data=arrays, state=DataStateType.training),
        PreprocessResponse(sample_ids=ids[half:], data=arrays, state=DataStateType.validation),
    ]
""",
        """    return [
        PreprocessResponse(length=10, data={**arrays, "start": start}, state=state)
        for start, state in zip((0, 10, 20), map(DataStateType, ("training", "validation", "additional")))
    ]


@tensorleap_unlabeled_preprocess()
def unlabeled():
    return PreprocessResponse(length=10, data={**np.load(HERE / "arrays.npz"), "start": 30})


@tensorleap_gt_encoder("other")
def other(sample_id: int, response: PreprocessResponse) -> np.ndarray:
    return np.array([sample_id], dtype=np.float32)


@tensorleap_custom_loss("second")
def second(other: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return other[:, 0]


@tensorleap_custom_latent_space("of_data")
def of_data(sample_id: int, response: PreprocessResponse) -> np.ndarray:
    return response.data["x"][sample_id + response.data["start"]].astype(np.float32) * 2


@tensorleap_custom_latent_space("of_model")
def of_model(prediction: np.ndarray) -> np.ndarray:
    return np.asarray(prediction) * 3


@tensorleap_simulation("fog", sim_params={"density": {"type": "float", "bounds": {"min": 0.0, "max": 1.0}}})
def fog(density: float, N: int, seed: int) -> PreprocessResponse:
    return PreprocessResponse(length=N, data={**np.load(HERE / "arrays.npz"), "start": 0})
""",
    ),
    (
        "    distance(answer, prediction[0])\n",
        "    distance(answer, prediction[0])\n    second(other(sample_id, response), prediction[0])\n"
        "    of_data(sample_id, response)\n    of_model(prediction[0])\n",
    ),
)


def test_numbered_samples_several_of_each_and_a_simulation(tmp_path):
    said = []
    model = write_task_toy(tmp_path / "toy", X, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, MANY)
    run = evaluate(tmp_path / "toy", model, tmp_path / "run", OPTIONS, say=said.append)
    samples = run.samples
    assert samples["error"].isna().all()
    assert samples["id"].tolist() == [str(i) for i in range(10)] * 4
    assert samples["subset"].unique().tolist() == ["training", "validation", "unlabeled", "additional"]
    assert held_out(samples).sum() == 10
    is_labelled = (samples["subset"] != "unlabeled").to_numpy()
    assert samples["loss_second"][is_labelled].tolist() == [*range(10)] * 3
    assert samples["loss"].notna().tolist() == is_labelled.tolist()
    assert (run.task.kind, run.task.ground_truth) == ("single-label", "y")
    assert run.info["latent_spaces"] == {"space1": {"name": "of_data"}, "space2": {"name": "of_model"}}
    rows = np.r_[0:20, 30:40, 20:30]
    np.testing.assert_allclose(np.load(run.path / "space1.npy"), X[rows] * 2, atol=2e-3)
    np.testing.assert_allclose(np.load(run.path / "space2.npy"), X[rows] * 3, atol=4e-3)
    assert samples[["space1_x", "space2_y"]].notna().all(axis=None)
    assert "Not read here: the simulations fog." in said


def test_what_a_simulation_makes_is_evaluated(tmp_path):
    """Ids that name no source have none; the integration's own additional samples are left alone."""
    model = write_task_toy(tmp_path / "toy", X, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, MANY)
    recipe = Recipe("fog:density=0.2", 4, 0)
    run = evaluate(tmp_path / "toy", model, tmp_path / "run", replace(OPTIONS, simulations=(recipe,)))
    assert run.samples["error"].isna().all()
    assert run.samples["id"].tolist() == [f"#{number}~fog:density=0.2" for number in range(4)]
    assert run.samples["subset"].unique().tolist() == ["additional"]
    assert run.samples["loss_second"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rain", "no simulation 'rain'; there are: fog"),
        ("fog:dark=1", "no parameter 'dark'; it has density"),
        ("fog:density=much", "density is a number, not 'much'"),
        ("fog:density=2", "density is from 0.0 to 1.0, not 2"),
    ],
)
def test_no_simulation(tmp_path, text, message):
    model = write_task_toy(tmp_path / "toy", X, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, MANY)
    with pytest.raises(ExplorerError, match=message):
        evaluate(tmp_path / "toy", model, tmp_path / "run", replace(OPTIONS, simulations=(Recipe(text, 4, 0),)))


def test_a_latent_space_of_the_model_is_chosen(tmp_path):
    model = write_task_toy(tmp_path / "toy", X, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, MANY)
    chosen = Options(projection="pca", workers=1, latent="of_model", subsets=("validation",))
    run = evaluate(tmp_path / "toy", model, tmp_path / "run", chosen)
    np.testing.assert_allclose(run.latent, X[10:20] * 3, rtol=1e-5)
    assert [one["name"] for one in run.info["latent_spaces"].values()] == ["of_data", "model"]


#: A sample has an element for each number above 0.5, with metadata and two metrics; the model finds one too many.
ELEMENTS = (
    ("HERE = Path", f"{IMPORTS}\nHERE = Path"),
    (
        "@tensorleap_preprocess()",
        """@tensorleap_instances_length_encoder("boxes_of")
def boxes_of(sample_id: str, response: PreprocessResponse) -> int:
    return int((response.data["x"][int(sample_id[1:])] > 0.5).sum())


@tensorleap_instances_masks_encoder("box")
def box(sample_id: str, response: PreprocessResponse, number: int) -> ElementInstance:
    mask = np.arange(4) <= number
    metadata = {"size": int(mask.sum()), "color": "red" if number else None}
    return ElementInstance(name=f"box {number}", mask=mask.astype(np.float32), instance_metadata=metadata)


@tensorleap_custom_instances_metric("overlap", direction=MetricDirection.Upward)
def overlap(y: np.ndarray, prediction: np.ndarray):
    return {number: prediction[:, 0] * (number + 1) for number in range(3)}


@tensorleap_custom_instances_metric("never_called")
def never_called(prediction: np.ndarray):
    return {}


@tensorleap_false_positive_instances_encoder("invented")
def invented(sample_id, response, predictions):
    if predictions["kind"][1] < 1:
        return []
    found = ElementInstance(name="ghost", mask=np.ones(4, dtype=np.float32), instance_metadata={"size": 4})
    found.instance_metrics = {"overlap": 0.0}
    return [found]


@tensorleap_false_positive_empty_gt("y")
def no_truth(sample_id, response):
    return np.zeros(2, dtype=np.float32)


@tensorleap_element_instance_preprocess(boxes_of, box, {"color": DatasetMetadataType.string})""",
    ),
    ("    boxes(prediction[0])\n", "    boxes(prediction[0])\n    overlap(answer, prediction[0])\n"),
)


@pytest.fixture(scope="module")
def with_elements(tmp_path_factory):
    """The run, and what was said of it."""
    folder, said = tmp_path_factory.mktemp("elements"), []
    x = np.eye(2)[LABELS]
    x[:2] = [[0.2, 0.3], [0.6, 0.7]]
    model = write_task_toy(folder / "toy", x, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, ELEMENTS)
    return evaluate(folder / "toy", model, folder / "run", OPTIONS, say=said.append), said


def test_elements_are_rows_of_a_table_of_their_own(with_elements, tmp_path):
    run, said = with_elements
    assert said[-1] == "Not read here: the uncalled metrics of elements never_called."
    assert len(run.samples) == 40
    assert run.samples["error"].isna().all()
    assert not [name for name in run.columns if "instance" in name]
    found = run.elements
    assert found["row"].tolist()[:3] == [1, 1, 2]
    assert found["id"].tolist()[:3] == ["s1_0", "s1_1", "s2_0"]
    assert found["metric_overlap"].tolist()[:3] == pytest.approx([0.6, 1.2, 1.0])
    assert found["metadata_size"].tolist()[:2] == [1, 2]
    assert found["share"].tolist()[:2] == [0.25, 0.5]
    assert found["metadata_color"].fillna("none").tolist()[:2] == ["none", "red"]
    ghosts = found[found["is_false_positive"]]
    assert ghosts["row"].tolist() == list(range(3, 40, 2))
    assert ghosts.iloc[0][["id", "name", "metric_overlap"]].tolist() == ["s3_fp0", "ghost", 0.0]
    assert run.info["elements"]["metric_overlap"]["direction"] == "up"
    assert len(compact(run, tmp_path / "small").elements) == len(found)


def test_a_sample_whose_elements_cannot_be_read_fails_alone(tmp_path):
    broken = ("mask = np.arange(4)", "mask = np.arange([4][sample_id == 's2'])")
    model = write_task_toy(
        tmp_path / "toy", X, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, (*ELEMENTS, broken)
    )
    run = evaluate(tmp_path / "toy", model, tmp_path / "run", OPTIONS)
    assert run.samples["error"].notna().tolist() == [i == 2 for i in range(40)]
    assert "its elements: IndexError" in run.samples["error"][2]
    assert 2 not in run.elements["row"].tolist()


def test_a_custom_layer_of_keras(tmp_path):
    import keras

    layer = """
import keras
from code_loader.inner_leap_binder.leapbinder_decorators import tensorleap_custom_layer


@tensorleap_custom_layer("Doubled")
class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2


HERE = Path"""
    changes = (
        ("\nHERE = Path", layer),
        ('model.run(None, {"x": x(sample_id, response)})', "model(x(sample_id, response))"),
        ("prediction[0]", "prediction"),
    )
    write_task_toy(tmp_path / "toy", X, np.eye(2)[LABELS], [np.eye(2)], {"kind": ["no", "yes"]}, changes)

    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(2, use_bias=False)(Doubled()(inputs)))
    model.layers[-1].set_weights([np.eye(2)])
    model.save(tmp_path / "m.keras")
    run = evaluate(tmp_path / "toy", tmp_path / "m.keras", tmp_path / "run", OPTIONS)
    np.testing.assert_allclose(run.latent, X * 2, rtol=1e-5)

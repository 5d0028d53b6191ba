"""A trained model as plain files."""

import orjson
import pytest

from leadml.errors import LeadmlError
from leadml.learners.trained_model import MODEL_FILE, TrainedModel


@pytest.fixture
def folder(demo_model, tmp_path):
    demo_model.write(tmp_path / "model")
    return tmp_path / "model"


def test_a_model_written_and_read_is_the_same(demo_model, demo_training_set, folder):
    read = TrainedModel.read(folder, version=3)
    assert read.version == 3
    for name in ("name", "themes", "usual_values", "definitions", "knows_until", "readiness"):
        assert getattr(read, name) == getattr(demo_model, name), name
    first = demo_model.readiness.contributions(demo_training_set.features)
    again = read.readiness.contributions(demo_training_set.features)
    assert (again.start, again.values.tobytes()) == (first.start, first.values.tobytes())


def test_the_files_are_text_and_hold_no_pickle(folder):
    trees = [f"trees-{bag}.txt" for bag in range(10)]
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", *trees]
    for path in folder.iterdir():
        path.read_text(encoding="utf-8")


def damage_nothing_there(folder):
    (folder / MODEL_FILE).unlink()


def damage_half_a_file(folder):
    content = (folder / MODEL_FILE).read_bytes()
    (folder / MODEL_FILE).write_bytes(content[: len(content) // 2])


def damage_a_missing_key(folder):
    content = orjson.loads((folder / MODEL_FILE).read_bytes())
    del content["usual_values"]
    (folder / MODEL_FILE).write_bytes(orjson.dumps(content))


def damage_a_missing_bag(folder):
    (folder / "trees-1.txt").unlink()


def damage_trees_that_are_none(folder):
    (folder / "trees-0.txt").write_text("no trees", encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing_there,
        damage_half_a_file,
        damage_a_missing_key,
        damage_a_missing_bag,
        damage_trees_that_are_none,
    ],
)
def test_a_damaged_model_is_refused(damage, folder):
    damage(folder)
    with pytest.raises(LeadmlError) as caught:
        TrainedModel.read(folder, version=1)
    assert caught.value.code == "unreadable_model"


def test_the_usual_lead_stands_at_start_and_nothing_moves_it(demo_model):
    usual = demo_model.contributions(demo_model.usual_lead())
    assert not usual.values.any()
    assert usual.start == demo_model.readiness.contributions(demo_model.usual_lead()).margin[0]


def test_the_way_from_the_usual_lead_ends_at_the_same_margin(demo_model, demo_training_set):
    matrix = demo_training_set.features
    margin = demo_model.readiness.contributions(matrix).margin
    assert demo_model.contributions(matrix).margin == pytest.approx(margin, abs=1e-12)
    assert demo_model.contributions(matrix).values.any()

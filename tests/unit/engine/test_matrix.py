"""What the engine gives back, and how a model's codes are kept."""

import numpy as np

from leadml.engine.matrix import FeatureMatrix

NAN = np.nan


def matrix(values, words):
    return FeatureMatrix(("clicks", "source"), np.array(values), {"source": words})


def test_a_word_keeps_the_code_of_the_training_set():
    live = matrix([[1.0, 0.0], [2.0, 1.0], [3.0, NAN]], ("event", "web_form"))
    recoded = live.recoded({"source": ("event", "referral", "web_form")})
    np.testing.assert_array_equal(recoded.values, [[1, 0], [2, 2], [3, NAN]])
    assert [recoded.shown(row, "source") for row in range(3)] == ["event", "web_form", None]


def test_a_word_that_training_never_saw_is_missing():
    recoded = matrix([[1.0, 0.0], [2.0, 1.0]], ("brand_new", "event")).recoded({"source": ("event",)})
    np.testing.assert_array_equal(recoded.values, [[1, NAN], [2, 0]])


def test_a_category_without_any_word_is_missing_everywhere():
    recoded = matrix([[1.0, NAN], [2.0, NAN]], ()).recoded({"source": ("event",)})
    assert np.isnan(recoded.values[:, 1]).all()
    assert recoded.words == {"source": ("event",)}


def test_recoding_leaves_the_matrix_itself_as_it_was():
    live = matrix([[1.0, 1.0]], ("a", "b"))
    live.recoded({"source": ("b",)})
    assert live.values.tolist() == [[1.0, 1.0]]
    assert live.shown(0, "source") == "b"


def test_rows_and_values_are_shown_as_words_and_numbers():
    both = matrix([[1.5, 0.0], [NAN, NAN]], ("event",))
    assert both.shown_row(0) == {"clicks": 1.5, "source": "event"}
    assert both.rows(np.array([1])).shown_row(0) == {"clicks": None, "source": None}
    frame = both.to_frame()
    assert frame["source"].tolist()[0] == "event"
    assert frame.isna().iloc[1].all()

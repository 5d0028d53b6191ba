"""A margin is the sum of its parts."""

import numpy as np

from leadml.learners.contract import Contributions


def test_the_margin_is_start_and_contributions():
    assert Contributions(-1.0, np.array([[0.5, 0.25], [0.0, -2.0]])).margin.tolist() == [-0.25, -3.0]


def test_without_features_the_margin_is_the_start():
    assert Contributions(-1.5, np.empty((2, 0))).margin.tolist() == [-1.5, -1.5]


def test_a_lead_has_the_same_margin_alone_and_among_many():
    values = np.random.default_rng(7).normal(size=(1000, 33)) * 10.0 ** np.arange(33)
    together = Contributions(0.1, values).margin
    alone = np.concatenate([Contributions(0.1, values[row : row + 1]).margin for row in range(1000)])
    assert alone.tobytes() == together.tobytes()

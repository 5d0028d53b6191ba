import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.agreement.proposals import ScaleProposal, propose_probability_at_50
from leadml.agreement.scale import Scale
from leadml.specs.agreement_spec import LeadScoreSpec


@pytest.mark.parametrize(
    ("base_rate", "proposed"),
    [
        (1e-6, 2e-6),  # 3e-6 lies nearer to 2e-6 by ratio
        (0.0033, 0.01),
        (0.01, 0.02),  # 0.03
        (0.0106, 0.05),  # 0.0318, beyond the root of 0.02 * 0.05
        (0.02, 0.05),
        (1 / 30, 0.1),
        (0.06, 0.2),
        (0.1, 0.2),  # 0.3
        (0.106, 0.5),  # 0.318
        (0.2, 0.5),
        (0.3, 0.5),  # 0.9 would be 1
        (1.0, 0.5),
    ],
)
def test_50_stands_for_three_times_the_base_rate_in_a_round_number(base_rate, proposed):
    assert propose_probability_at_50(base_rate) == proposed


@given(base_rate=st.floats(1e-9, 1))
def test_what_is_proposed_can_be_written_and_is_as_near_as_a_round_number_can_be(base_rate):
    proposed = propose_probability_at_50(base_rate)
    assert LeadScoreSpec(probability_at_50=proposed).probability_at_50 <= 0.5
    assert f"{proposed:e}"[0] in "125"
    assert proposed == 0.5 or abs(math.log(proposed / (3 * base_rate))) <= math.log(2.5) / 2 + 1e-9


@given(rates=st.tuples(st.floats(1e-9, 1), st.floats(1e-9, 1)).map(sorted))
def test_a_higher_base_rate_never_gets_a_lower_proposal(rates):
    lower, higher = rates
    assert propose_probability_at_50(lower) <= propose_probability_at_50(higher)


@pytest.mark.parametrize(("base_rate", "agreed"), [(0.06, 0.2), (0.06, 0.205), (0.4, 0.5), (1 / 30, 0.1)])
def test_nothing_is_proposed_where_the_agreement_says_it_already(base_rate, agreed):
    assert ScaleProposal.of(base_rate, LeadScoreSpec(probability_at_50=agreed)) is None


@pytest.mark.parametrize("doubles", [5, 10, 20])
@pytest.mark.parametrize("agreed", [0.01, 0.5, 0.9])
def test_a_proposal_says_by_how_many_points_it_moves_every_score(agreed, doubles):
    spec = LeadScoreSpec(probability_at_50=agreed, points_to_double_odds=doubles)
    proposal = ScaleProposal.of(0.06, spec)
    then = Scale.agreed(LeadScoreSpec(probability_at_50=0.2, points_to_double_odds=doubles))
    margin = Scale.agreed(spec).margin_of(40)
    assert proposal.points_moved == round(then.points_per_unit * (margin - then.margin_at_50) + 50 - 40)


def test_a_proposal_is_said_with_the_line_to_write():
    proposal = ScaleProposal.of(0.06, LeadScoreSpec(probability_at_50=0.5))
    english, japanese = " ".join(proposal.lines()), "".join(proposal.lines("ja"))
    assert "about 1 in 15" in english
    assert "would stand for about 1 in 5" in english
    assert "now it stands for about 1 in 2" in english
    assert "definitions.lead_score: probability_at_50: 0.2." in english
    assert "+20" in english
    assert "train again" in english
    assert "definitions.lead_scoreにprobability_at_50: 0.2と" in japanese
    assert "約15件に1件" in japanese
    assert "+20点" in japanese


def test_a_small_chance_is_written_without_an_exponent():
    proposal = ScaleProposal.of(0.000007, LeadScoreSpec(probability_at_50=0.5))
    assert "probability_at_50: 0.00002." in proposal.lines()[1]

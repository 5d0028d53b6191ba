import io

import numpy as np
import pytest
from rich.console import Console

from leadml.agreement.crossings import RescoredLeads, effect_of_publishing
from leadml.cli.publishing import publishing_lines, volume_table
from leadml.specs.agreement_spec import LeadScoreSpec
from leadml.specs.promises_spec import BandSpec, PromisesSpec
from leadml.wording.texts import LANGUAGES

SCALE = LeadScoreSpec(probability_at_50=0.5)


@pytest.fixture(scope="module")
def effect_of(spec):
    """Publish a model that lifts every score by some points, over lists of bands of so many leads."""

    def make(lift, thresholds, **leads):
        bands = {
            key: tuple(BandSpec(name="ABC"[place], score_at_least=limit) for place, limit in enumerate(thresholds))
            for key in leads
        }
        attempts = spec.agreement.promises.connect_attempts
        promises = PromisesSpec(bands=bands, connect_attempts=attempts)
        types = tuple(key for key, number in leads.items() for _ in range(number))
        before = tuple(score for number in leads.values() for score in np.arange(number) % 80)
        rescored = RescoredLeads(
            tuple(f"L{number:04}" for number in range(len(types))),
            types,
            tuple(map(int, before)),
            tuple(float(score + lift) for score in before),
        )
        return effect_of_publishing(rescored, spec.agreement.model_copy(update={"promises": promises}))

    return make


def printed(effect, language="en"):
    console = Console(file=io.StringIO(), width=132, highlight=False)
    console.print(volume_table(effect, SCALE, language))
    for line in publishing_lines(effect, SCALE, language):
        console.print(line, markup=False)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_table_has_each_band_with_its_leads_and_the_chance_of_its_threshold(effect_of):
    rows = [" ".join(line.split()) for line in printed(effect_of(10, (60, 40, 0), default=80, maintenance_service=4))]
    assert rows[2] == "default A 60 (about 7 in 10) 20 30 70 (about 8 in 10) 20"
    assert rows[3] == "B 40 (about 1 in 3) 20 20 50 (about 1 in 2) 20"
    assert rows[4] == "C 0 40 30 0 40"
    assert rows[5] == "maintenance_service A 60 (about 7 in 10) 0 0 - -"


def test_the_lines_say_who_crosses_and_end_in_what_to_do(effect_of):
    assert publishing_lines(effect_of(10, (60, 40, 0), default=80, maintenance_service=4), SCALE, "en") == [
        "As the thresholds stand, the new model moves 20 leads to another band: B → A 10, C → B 10.",
        "Largest changes: L0030 30 → 40 (about 1 in 3), L0031 31 → 41 (about 1 in 3), L0032 32 → 42 (about 4 in 10).",
        "No proposal for maintenance_service (4 leads): below 50 open leads, a threshold would follow single ones.",
        "With those that keep the volumes, nobody changes band.",
        "To keep the volumes, write into sla.yaml, promises.bands, as score_at_least: default: A 70, B 50, C 0.",
    ]


def test_the_lines_say_the_same_in_japanese(effect_of):
    assert publishing_lines(effect_of(10, (60, 40, 0), default=80, maintenance_service=4), SCALE, "ja") == [
        "現在のしきい値では、リード20件のバンドが変わります：B→A 10、C→B 10。",
        "変化の大きいリード：L0030 30→40（約3件に1件）、L0031 31→41（約3件に1件）、L0032 32→42（10件中約4件）。",
        "maintenance_service（リード4件）への提案はありません。"
        "対応中のリードが50件未満では、しきい値が個々のリードに左右されます。",
        "件数を保つしきい値では、バンドが変わるリードはありません。",
        "件数を保つには、sla.yamlのpromises.bandsのscore_at_leastを次のように書いてください："
        "default：A 70、B 50、C 0。",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_do_is_said_in_two_lines(effect_of, language):
    lines = publishing_lines(effect_of(0, (60, 40, 0), default=80), SCALE, language)
    said = {
        "en": [
            "As the thresholds stand, nobody changes band.",
            "The thresholds can stay: no others keep the volumes better.",
        ],
        "ja": [
            "現在のしきい値では、バンドが変わるリードはありません。",
            "しきい値はそのままで構いません。件数をこれ以上よく保つものはありません。",
        ],
    }
    assert lines == said[language]


def test_few_leads_get_their_reason_and_no_advice(effect_of):
    assert publishing_lines(effect_of(40, (60, 0), default=21), SCALE, "en") == [
        "As the thresholds stand, the new model moves 1 lead to another band: B → A 1.",
        "Largest changes: L0020 20 → 60 (about 7 in 10).",
        "No proposal for default (21 leads): below 50 open leads, a threshold would follow single ones.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_lead_is_open_one_line_says_so(effect_of, language):
    assert len(publishing_lines(effect_of(10, (60, 0), default=0), SCALE, language)) == 1


def test_moves_of_several_lists_name_their_list_and_the_rest_is_counted(effect_of):
    effect = effect_of(10, (60, 40, 0), default=80, existing_customer=80)
    line = publishing_lines(effect, SCALE, "en")[0]
    assert line == (
        "As the thresholds stand, the new model moves 40 leads to another band: "
        "default B → A 10, default C → B 10, existing_customer B → A 10, others 10."
    )
    assert publishing_lines(effect, SCALE, "en")[-1].endswith(
        "default: A 70, B 50, C 0; existing_customer: A 70, B 50, C 0."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_lists_still_fit_half_a_screen(effect_of, language):
    effect = effect_of(10, (60, 40, 0), default=60, new_prospect=90, existing_customer=80, maintenance_service=20)
    lines = printed(effect, language)
    assert len(lines) <= 16  # two of them wrapped
    table = "\n".join(lines[:8])
    assert "new_prospect" in table
    assert "existing_customer" in table
    assert "default" not in table
    assert "2" in publishing_lines(effect, SCALE, language)[0]


def test_the_chance_of_a_lead_is_that_of_its_exact_score(effect_of):
    # Where 50 stands for 1 in 100, 100 stands for 1 in 4; the lead lies beyond it, at 120, with more than even odds.
    effect = effect_of(120, (60, 0), default=1)
    line = publishing_lines(effect, LeadScoreSpec(probability_at_50=0.01), "en")[1]
    assert line == "Largest changes: L0000 0 → 100 (about 6 in 10)."

import pytest

from leadml.agreement.placement import Standing, band_of_score, bands_of, place
from leadml.clock import DAY, HOUR
from leadml.specs.agreement_spec import AgreementSpec, RequiredFieldSpec
from leadml.specs.calendar_spec import CalendarSpec
from leadml.specs.reading import read_specification

AS_OF = 1000 * DAY


@pytest.fixture
def agreement(tiny_project):
    """Read the tiny agreement: A from 60 (SQL, 4 hours), B from 40 (MQL, 24 hours), C below."""
    return read_specification(AgreementSpec, tiny_project / "sla.yaml", shown_as="sla.yaml")


@pytest.fixture
def placed(agreement):
    def place_score(score, *, lead_type=None, lifecycle_stage=None, under=agreement):
        return place(score, Standing(AS_OF, lead_type, lifecycle_stage), under)

    return place_score


@pytest.mark.parametrize(
    ("score", "band"), [(100, "A"), (61, "A"), (60, "A"), (59, "B"), (40, "B"), (39, "C"), (1, "C"), (0, "C")]
)
def test_a_band_begins_at_its_own_score(placed, score, band):
    assert placed(score).band == band


def test_a_band_says_what_is_owed_and_by_when(placed):
    top, middle, low = placed(60), placed(40), placed(0)
    assert (top.recommended_lifecycle_stage, top.respond_by) == ("sql", AS_OF + 4 * HOUR)
    assert (middle.recommended_lifecycle_stage, middle.respond_by) == ("mql", AS_OF + DAY)
    assert (low.recommended_lifecycle_stage, low.respond_by) == (None, None)


@pytest.mark.parametrize(
    ("now_in", "score", "recommended"),
    [
        ("lead", 60, "sql"),
        ("mql", 60, "sql"),
        ("sql", 60, "sql"),
        ("customer", 60, "customer"),
        ("sql", 40, "sql"),
        ("lead", 40, "mql"),
        ("sql", 0, "sql"),
        (None, 60, "sql"),
        (None, 0, None),
        ("a word of the CRM", 60, "sql"),
        ("a word of the CRM", 0, "a word of the CRM"),
    ],
)
def test_a_stage_is_never_recommended_backwards(placed, now_in, score, recommended):
    assert placed(score, lifecycle_stage=now_in).recommended_lifecycle_stage == recommended


def test_a_band_is_automatic_only_where_the_teams_say_so(placed, tiny_project):
    file = tiny_project / "sla.yaml"
    text = file.read_text("utf-8").replace("score_at_least: 60,", "score_at_least: 60, automatic: true,")
    file.write_text(text, "utf-8")
    agreement = read_specification(AgreementSpec, file, shown_as="sla.yaml")
    assert not placed(60, lifecycle_stage="lead").automatic
    assert placed(60, lifecycle_stage="lead", under=agreement).automatic
    assert not placed(40, lifecycle_stage="lead", under=agreement).automatic
    # What it was before nobody knows: it might be a customer.
    for unknown in (None, "a word of the CRM"):
        assert not placed(60, lifecycle_stage=unknown, under=agreement).automatic


@pytest.mark.parametrize("score", [-1, 101, float("nan")])
def test_what_is_no_score_is_refused(placed, agreement, score):
    with pytest.raises(ValueError, match="no score"):
        placed(score)
    with pytest.raises(ValueError, match="no score"):
        band_of_score(score, None, agreement)


def test_a_lead_type_may_have_bands_of_its_own(placed, tiny_project):
    file = tiny_project / "sla.yaml"
    own = "    new_prospect: [{name: Z, score_at_least: 0, first_attempt_within_hours: 0}]\n"
    file.write_text(file.read_text("utf-8").replace("    default:\n", own + "    default:\n"), "utf-8")
    agreement = read_specification(AgreementSpec, file, shown_as="sla.yaml")
    assert placed(100, lead_type="new_prospect", under=agreement).band == "Z"
    assert placed(100, lead_type="new_prospect", under=agreement).respond_by == AS_OF
    assert placed(100, lead_type="partner", under=agreement).band == "A"
    assert placed(100, lead_type=None, under=agreement).band == "A"
    types = ("new_prospect", "partner", "default", "", None)
    assert [bands_of(lead_type, agreement) for lead_type in types] == ["new_prospect", *4 * ["default"]]


DEPARTMENT = RequiredFieldSpec(attribute="department")
COUNTRY = RequiredFieldSpec(attribute="country", of="company")


@pytest.fixture
def agreed(agreement):
    """Agree on more: changes of definitions, of promises, and of each band by its name."""

    def change(*, bands=None, definitions=None, calendar=None, **promises):
        listed = {
            key: tuple(band.model_copy(update=(bands or {}).get(band.name, {})) for band in each)
            for key, each in agreement.promises.bands.items()
        }
        return agreement.model_copy(
            update={
                "definitions": agreement.definitions.model_copy(update=definitions or {}),
                "promises": agreement.promises.model_copy(update={"bands": listed, **promises}),
                "calendar": calendar,
            }
        )

    return change


def standing(**known):
    return Standing(**{"as_of": AS_OF, "lead_type": None, "lifecycle_stage": "mql", **known})


@pytest.mark.parametrize(
    ("score", "last_band", "band"),
    [
        (57, "A", "A"),  # 3 points too low is within 3 points
        (56, "A", "B"),
        (59, "B", "B"),
        (59, None, "B"),
        (59, "C", "B"),  # upward at once
        (60, "B", "A"),
        (38, "B", "B"),
        (37, "B", "C"),
        (38, "A", "C"),  # only the last band keeps a lead, and 38 is far below A
        (59, "Z", "B"),  # a band that the type does not have keeps nobody
    ],
)
def test_a_lead_stays_in_its_last_band_while_its_score_is_only_a_little_too_low(agreed, score, last_band, band):
    under = agreed(bands={"A": {"stays_within_points": 3}, "B": {"stays_within_points": 2}})
    placed = place(score, standing(last_band=last_band), under)
    assert placed.band == band
    assert placed.band_of_score == band_of_score(score, None, under)
    assert placed.held_by is None


def test_people_choose_the_band_whatever_the_score(agreed):
    under = agreed(bands={"A": {"automatic": True, "stays_within_points": 5}})
    placed = place(3, standing(override="A", last_band="C"), under)
    assert (placed.band, placed.band_of_score, placed.held_by) == ("A", "C", "override")
    assert (placed.recommended_lifecycle_stage, placed.respond_by) == ("sql", AS_OF + 4 * HOUR)
    assert not placed.automatic  # what people chose people carry out
    assert place(100, standing(override="C"), under).band == "C"


def test_an_override_to_a_band_that_the_type_does_not_have_is_ignored_and_said(agreed):
    placed = place(70, standing(override="gold"), agreed())
    assert (placed.band, placed.held_by, placed.ignored_override) == ("A", None, "gold")
    assert place(70, standing(override="A"), agreed()).ignored_override is None


def test_no_lead_passes_a_stage_whose_fields_are_not_known(agreed):
    under = agreed(
        bands={"A": {"automatic": True}}, definitions={"required_fields": {"mql": (DEPARTMENT,), "sql": (COUNTRY,)}}
    )
    stopped = place(70, standing(lifecycle_stage="lead", missing=(COUNTRY,)), under)
    assert (stopped.recommended_lifecycle_stage, stopped.held_before) == ("mql", "sql")
    assert (stopped.held_by, stopped.missing_fields) == ("missing_fields", ("company.country",))
    assert (stopped.respond_by, stopped.automatic) == (None, False)  # nothing is owed while it is held
    both = place(70, standing(lifecycle_stage="lead", missing=(DEPARTMENT, COUNTRY)), under)
    assert (both.recommended_lifecycle_stage, both.held_before) == ("lead", "mql")
    assert both.missing_fields == ("department",)
    # What a stage asks that the lead has passed already holds nobody.
    passed = place(70, standing(missing=(DEPARTMENT,)), under)
    assert (passed.recommended_lifecycle_stage, passed.held_by, passed.automatic) == ("sql", None, True)


@pytest.mark.parametrize(
    ("early", "stage", "held_by"), [(1, "mql", "recycle_wait"), (0, "sql", None), (-1, "sql", None)]
)
def test_a_returned_lead_is_not_handed_over_before_its_wait_is_over(agreed, early, stage, held_by):
    placed = place(70, standing(lifecycle_stage="lead", waits_until=AS_OF + early), agreed())
    assert (placed.recommended_lifecycle_stage, placed.held_by) == (stage, held_by)
    assert (placed.respond_by is None) == (held_by is not None)
    assert (
        place(50, standing(lifecycle_stage="lead", waits_until=AS_OF + early), agreed()).held_by is None
    )  # MQL may be


def test_a_stage_is_recommended_only_by_a_transition_that_is_allowed(agreed):
    under = agreed(definitions={"allowed_transitions": {"lead": ("mql",), "mql": ("lead",)}})
    further = place(70, standing(lifecycle_stage="lead"), under)
    assert (further.recommended_lifecycle_stage, further.held_by, further.held_before) == ("mql", "transition", "sql")
    stays = place(70, standing(), under)
    assert (stays.recommended_lifecycle_stage, stays.held_by, stays.missing_fields) == ("mql", "transition", ())
    assert place(70, standing(lifecycle_stage=None), under).held_by is None


def test_a_stage_that_is_there_already_is_not_written_again(agreed):
    under = agreed(bands={"A": {"automatic": True}})
    assert place(70, standing(), under).automatic
    assert not place(70, standing(lifecycle_stage="sql"), under).automatic
    assert not place(70, standing(lifecycle_stage="customer"), under).automatic


def lots(score, under, number=400, **known):
    return [place(score, standing(lead_id=f"L{lead}", **known), under) for lead in range(number)]


def test_a_lot_hands_over_leads_that_their_band_does_not(agreed):
    under = agreed(
        bands={"A": {"automatic": True, "owner": "inside sales", "accept_within_hours": 9}, "C": {"owner": "nurture"}},
        exploration_share=0.25,
    )
    placed = lots(10, under)
    explored = [one for one in placed if one.explored]
    assert 70 <= len(explored) <= 130
    assert {
        (one.band, one.recommended_lifecycle_stage, one.owner, one.automatic, one.exploration_probability)
        for one in explored
    } == {("C", "sql", "inside sales", True, 0.25)}
    # They are owed what the band that hands over promises.
    assert {(one.accept_by, one.respond_by) for one in explored} == {(AS_OF + 9 * HOUR, AS_OF + 4 * HOUR)}
    kept = [one for one in placed if not one.explored]
    assert {(one.recommended_lifecycle_stage, one.owner, one.exploration_probability) for one in kept} == {
        ("mql", "nurture", 0.75)
    }
    explored_without_a_word = lots(10, agreed(exploration_share=0.25))
    assert not any(one.automatic for one in explored_without_a_word)


@pytest.mark.parametrize(
    "known",
    [
        {"override": "C"},
        {"override": "gold"},
        {"waits_until": AS_OF + 1},
        {"missing": (COUNTRY,)},
        {"closed": True},
        {"lifecycle_stage": "sql"},
        {"lifecycle_stage": "customer"},
        {"lifecycle_stage": None},
        {"lifecycle_stage": "a word of the CRM"},
    ],
)
def test_no_lot_is_drawn_against_what_holds_a_lead(agreed, known):
    under = agreed(exploration_share=0.5, definitions={"required_fields": {"sql": (COUNTRY,)}})
    assert {(one.explored, one.exploration_probability) for one in lots(10, under, 40, **known)} == {(False, None)}


def test_no_lot_is_drawn_of_leads_that_are_handed_over_anyway_or_have_no_name(agreed):
    under = agreed(exploration_share=0.5)
    assert {one.exploration_probability for one in lots(70, under, 40)} == {None}
    assert place(10, standing(), under).exploration_probability is None
    nobody_hands_over = agreed(exploration_share=0.5, bands={"A": {"lifecycle_stage": "mql"}})
    assert {one.exploration_probability for one in lots(10, nobody_hands_over, 40)} == {None}


def test_a_place_names_the_time_zone_in_which_people_read_it(agreed):
    assert place(70, standing(), agreed()).time_zone == "UTC"
    assert place(70, standing(), agreed(calendar=CalendarSpec(time_zone="Asia/Tokyo"))).time_zone == "Asia/Tokyo"


def test_a_change_of_type_to_a_list_without_the_last_band_places_by_score(tiny_project):
    file = tiny_project / "sla.yaml"
    own = "    new_prospect: [{name: Y, score_at_least: 10, stays_within_points: 5}, {name: Z}]\n"
    file.write_text(file.read_text("utf-8").replace("    default:\n", own + "    default:\n"), "utf-8")
    agreement = read_specification(AgreementSpec, file, shown_as="sla.yaml")
    assert place(7, standing(lead_type="new_prospect", last_band="B"), agreement).band == "Z"
    assert place(7, standing(lead_type="new_prospect", last_band="Y"), agreement).band == "Y"

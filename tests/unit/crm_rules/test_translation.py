"""Each calculation of a lead score as rules; what has no words in rules.yaml is named with its reason."""

import pytest

from leadml.errors import LeadmlError

DECAY = {"groupDecay": {"decayIntervalDays": 30, "percentToDecayPerInterval": 50}}


def number(operator, value, **more):
    return {"operationType": "NUMBER", "operator": operator, "value": value, **more}


def between(low, high, **more):
    return {
        "operationType": "NUMBER_RANGED", "operator": "IS_BETWEEN", "lowerBound": low, "upperBound": high, **more,
    }  # fmt: skip


def any_of(*values, **more):
    return {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": list(values), **more}


def text(operator, value, **more):
    return {"operationType": "STRING", "operator": operator, "value": value, **more}


def single(prop, operation):
    return {"type": "SINGLE", "property": prop, "operation": operation}


def composite(operator, *conditions):
    return {"type": "COMPOSITE", "operator": operator, "conditions": list(conditions)}


def conditional(where, value=10):
    return {"type": "CONDITIONAL", "value": value, "whereCondition": where}


def match(prop, *rules, default=None):
    told = {"type": "MATCH", "property": prop, "matchRules": [{"operation": o, "value": v} for o, v in rules]}
    return told if default is None else {**told, "defaultValue": default}


def event(kind="4-1639801", *, value=None, ranges=None, days=None, **more):
    told = {"eventTypeId": kind}
    if value is not None:
        told["recordCalculation"] = {"type": "CONSTANT", "value": value}
    if ranges is not None:
        told["eventFrequencyCriteria"] = {"type": "BETWEEN", "ranges": ranges}
    if days is not None:
        rolling = {"operationType": "ROLLING_DATE_RANGE", "operator": "IS_LESS_THAN_X_DAYS_AGO", "numberOfDays": days}
        told["eventTimeframe"] = {"eventFilterOperation": rolling}
    return told | more


def events(*calculators):
    return {"type": "MULTI_UE", "eventCalculators": list(calculators)}


def segments(*rules):
    keys = ("operation", "segmentIds", "value")
    listed = [dict(zip(keys, rule, strict=True)) for rule in rules]
    return {"type": "SEGMENT_MEMBERSHIP", "segmentMembershipRules": listed}


ONE, ALL, NONE = (
    f"HAS_{how}" for how in ("AT_LEAST_ONE_SEGMENT_MEMBERSHIP", "ALL_SEGMENT_MEMBERSHIPS", "NO_SEGMENT_MEMBERSHIP")
)


@pytest.mark.parametrize(
    ("prop", "operation", "when"),
    [
        ("numemployees", number("IS_GREATER_THAN", 10), {"feature": "employees", "more_than": 10}),
        ("numberofemployees", number("IS_GREATER_THAN_OR_EQUAL_TO", "10"), {"feature": "employees", "at_least": 10}),
        ("employees", number("IS_LESS_THAN", 10), {"feature": "employees", "less_than": 10}),
        ("employees", number("IS_LESS_THAN_OR_EQUAL_TO", 10), {"feature": "employees", "at_most": 10}),
        ("employees", number("IS_EQUAL_TO", 10), {"feature": "employees", "between": [10, 10]}),
        (
            "employees",
            number("IS_NOT_EQUAL_TO", 10),
            {"any": [{"feature": "employees", "less_than": 10}, {"feature": "employees", "more_than": 10}]},
        ),
        ("employees", between(2, 9), {"feature": "employees", "between": [2, 9]}),
        (
            "employees",
            between(2, 9, includeObjectsWithNoValueSet=True) | {"operator": "IS_NOT_BETWEEN"},
            {
                "any": [
                    {"feature": "employees", "less_than": 2, "or_missing": True},
                    {"feature": "employees", "more_than": 9, "or_missing": True},
                ]
            },
        ),
        ("seniority", any_of("director"), {"feature": "seniority", "is": "director"}),
        ("seniority", any_of("a", "b", "a"), {"feature": "seniority", "any_of": ["a", "b"]}),
        ("seniority", any_of("a") | {"operator": "IS_NONE_OF"}, {"feature": "seniority", "is_not": "a"}),
        (
            "seniority",
            any_of("a", "b", includeObjectsWithNoValueSet=True) | {"operator": "IS_NONE_OF"},
            {"feature": "seniority", "none_of": ["a", "b"], "or_missing": True},
        ),
        ("jobtitle", text("IS_EQUAL_TO", "Head"), {"feature": "jobtitle", "is": "Head"}),
        ("jobtitle", text("IS_NOT_EQUAL_TO", "Head"), {"feature": "jobtitle", "is_not": "Head"}),
        ("jobtitle", text("CONTAINS", "head"), {"feature": "jobtitle", "contains": ["head"]}),
        ("jobtitle", text("DOES_NOT_CONTAIN", "head"), {"feature": "jobtitle", "contains_not": ["head"]}),
        (
            "jobtitle",
            {"operationType": "MULTISTRING", "operator": "CONTAINS", "values": ["head", "lead"]},
            {"feature": "jobtitle", "contains": ["head", "lead"]},
        ),
        (
            "opted_in",
            {"operationType": "BOOL", "operator": "IS_EQUAL_TO", "value": True},
            {"feature": "opted_in", "is": "true"},
        ),
        (
            "jobtitle",
            {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"},
            {"feature": "jobtitle", "missing": False},
        ),
        ("employees", number("IS_UNKNOWN", None), {"feature": "employees", "missing": True}),
        (
            "lifecyclestage",
            any_of("marketingqualifiedlead"),
            {"feature": "lifecycle_stage", "is": "mql"},
        ),
        (
            "num_conversion_events",
            number("IS_GREATER_THAN_OR_EQUAL_TO", 3),
            {"feature": "form_submissions", "at_least": 3},
        ),
    ],
)
def test_an_operation_is_a_condition(prop, operation, when, written):
    (rule,) = written(conditional(single(prop, operation)))
    assert (rule["when"], rule["points"]) == (when, 10)


def test_conditions_are_composed_as_all_of_any(written):
    large, german = single("employees", number("IS_GREATER_THAN", 10)), single("country", any_of("Germany"))
    austrian, known = single("country", any_of("Austria")), single("seniority", text("IS_KNOWN", None))
    (rule,) = written(conditional(composite("AND", large, composite("OR", german, austrian, known))))
    of_country = {"feature": "country", "any_of": ["Germany", "Austria"]}
    any_of_two = {"any": [of_country, {"feature": "seniority", "missing": False}]}
    assert rule["when"] == {"all": [{"feature": "employees", "more_than": 10}, any_of_two]}


def test_a_choice_among_conjunctions_is_multiplied_out(written):
    large, small = (single("employees", number(operator, 10)) for operator in ("IS_GREATER_THAN", "IS_LESS_THAN"))
    german, known = single("country", any_of("Germany")), single("seniority", text("IS_KNOWN", None))
    (rule,) = written(conditional(composite("OR", composite("AND", large, german), composite("AND", small, known))))
    more, less = {"feature": "employees", "more_than": 10}, {"feature": "employees", "less_than": 10}
    is_german, is_known = {"feature": "country", "is": "Germany"}, {"feature": "seniority", "missing": False}
    clauses = [[more, less], [more, is_known], [is_german, less], [is_german, is_known]]
    assert rule["when"] == {"all": [{"any": clause} for clause in clauses]}


def test_a_reason_is_told_as_the_condition_is_composed(imported, score_of):
    german, seen = single("country", any_of("Germany")), single("seniority", any_of("head"))
    large = single("employees", number("IS_GREATER_THAN", 1000))
    found = imported(score_of(conditional(composite("OR", large, composite("AND", german, seen)))))
    (rule,) = found.rules.rules
    assert rule.name == "employees_or_country_or_seniority"
    assert rule.because.en == ("Employees of the company: more than 1,000, or (Country: Germany, and Seniority: head)")
    assert rule.because.ja == "従業員数：1,000超、または（国：Germany、かつSeniorityの値：head）"


def test_of_matches_the_first_wins(written):
    first, second = (any_of("Germany", "Austria"), 20), (any_of("Austria", "France"), 5)
    rules = written(match("country", first, second))
    assert [(rule["when"], rule["points"]) for rule in rules] == [
        ({"feature": "country", "any_of": ["Germany", "Austria"]}, 20),
        ({"feature": "country", "is": "France"}, 5),
    ]


def test_what_matches_nothing_gets_the_default_also_where_the_property_is_missing(written):
    rules = written(match("country", (any_of("Germany"), 20), (any_of("Austria"), 5), default=-3))
    assert (rules[-1]["when"], rules[-1]["points"]) == (
        {"feature": "country", "none_of": ["Germany", "Austria"], "or_missing": True},
        -3,
    )
    rules = written(match("country", (any_of("Germany", includeObjectsWithNoValueSet=True), 20), default=-3))
    assert rules[-1]["when"] == {"feature": "country", "is_not": "Germany"}


def test_matches_on_a_number_are_steps(written):
    (rule,) = written(
        match(
            "employees",
            (number("IS_GREATER_THAN_OR_EQUAL_TO", 1000), 30),
            (between(50, 200), 10),
            (number("IS_LESS_THAN", 50), -5),
        )
    )
    assert rule["when"] == {"feature": "employees"}
    assert rule["steps"] == [
        {"points": -5},
        {"at_least": 50, "at_most": 200, "points": 10},
        {"at_least": 1000, "points": 30},
    ]


def test_a_match_that_lies_within_a_later_one_is_cut_out_of_it(written):
    large, any_size = number("IS_GREATER_THAN_OR_EQUAL_TO", 100), number("IS_GREATER_THAN_OR_EQUAL_TO", 10)
    (rule,) = written(match("employees", (large, 5), (any_size, 20)))
    assert [(step["at_least"], step["points"]) for step in rule["steps"]] == [(10, 20), (100, 5)]
    middle, rest = written(match("employees", (between(100, 199), 5), (any_size, 20)))
    assert middle["when"] == {"feature": "employees", "between": [100, 199]}
    beyond = {"any": [{"feature": "employees", "less_than": 100}, {"feature": "employees", "more_than": 199}]}
    assert rest["when"] == {"all": [{"feature": "employees", "at_least": 10}, beyond]}


def test_ranges_that_begin_behind_a_number_are_conditions(written):
    rules = written(match("employees", (number("IS_GREATER_THAN", 1000), 30), (number("IS_GREATER_THAN", 200), 10)))
    assert [rule["when"] for rule in rules] == [
        {"feature": "employees", "more_than": 1000},
        {
            "all": [
                {"feature": "employees", "more_than": 200},
                {"feature": "employees", "at_most": 1000},
            ]
        },
    ]


def test_a_frequency_is_points_by_how_often(written):
    ranges = [{"type": "BETWEEN", "from": 1, "to": 2, "value": 5}, {"type": "AT_LEAST", "from": 3, "value": 8}]
    (rule,) = written(events(event(ranges=ranges, days=30)))
    assert rule == {
        "name": "form_submissions_30d",
        "when": {"feature": "form_submissions_30d"},
        "steps": [{"at_least": 1, "at_most": 2, "points": 5}, {"at_least": 3, "points": 8}],
    }


def test_one_open_range_is_points_once(written):
    (rule,) = written(events(event("6-77", ranges=[{"type": "AT_LEAST", "from": 2, "value": 8}])))
    assert (rule["when"], rule["points"]) == ({"feature": "webinar_attended", "at_least": 2}, 8)


def test_points_for_each_event_are_points_per_unit(written):
    rules = written(events(event(value=3, days=7), event("4-96000", value=-1)))
    assert [(rule["name"], rule["when"]["feature"], rule["points_per_unit"]) for rule in rules] == [
        ("every_form_submission", "form_submissions_7d", 3),
        ("every_page_view", "page_views", -1),
    ]


def test_points_given_once_fade_since_the_last_event_and_points_for_each_by_its_age(imported, score_of):
    once = events(event(ranges=[{"type": "AT_LEAST", "from": 1, "value": 8}]))
    each, partner = events(event("4-96000", value=2, days=90)), segments((ONE, [42], -5))
    found = imported(score_of(once, each, partner, group=DECAY))
    first, second, third = found.rules.rules
    decay = first.decay
    assert decay is not None
    assert (decay.since, decay.percent, decay.every_days) == ("days_since_form_submission", 50, 30)
    assert (second.decay, second.when.feature) == (None, "page_views_fading_90d")
    assert third.decay is None  # a membership is no event
    (fading,) = [feature for _, feature in found.features if feature.name == "page_views_fading_90d"]
    assert (fading.kind, fading.percent, fading.every_days, fading.window_days) == ("decayed_in_steps", 50, 30, 90)


@pytest.mark.parametrize(
    ("how", "when"),
    [
        (ONE, {"any": [{"feature": "partner", "is": "yes"}, {"feature": "rival", "is": "yes"}]}),
        (ALL, {"all": [{"feature": "partner", "is": "yes"}, {"feature": "rival", "is": "yes"}]}),
        (
            NONE,
            {
                "all": [
                    {"feature": "partner", "is_not": "yes", "or_missing": True},
                    {"feature": "rival", "is_not": "yes", "or_missing": True},
                ]
            },
        ),
    ],
)
def test_membership_is_an_attribute_that_the_names_file_names(how, when, written):
    (rule,) = written(segments((how, [42, 43], 7)))
    assert (rule["when"], rule["points"]) == (when, 7)


def test_a_constant_is_for_every_lead(written):
    (rule,) = written({"type": "CONSTANT", "value": 4})
    feature = rule["when"]["any"][0]["feature"]
    assert rule["when"] == {"any": [{"feature": feature, "missing": True}, {"feature": feature, "missing": False}]}
    assert rule["points"] == 4


def test_several_calculations_add_up(written):
    inner = [{"type": "CONSTANT", "value": 4}, conditional(single("employees", between(1, 2)))]
    assert [rule["points"] for rule in written({"type": "MULTI", "calculations": inner})] == [4, 10]


def test_what_is_rolled_up_over_companies_is_asked_of_the_company(imported, score_of):
    inner = match("annualrevenue", (number("IS_GREATER_THAN_OR_EQUAL_TO", 1e6), 9))
    rolled_up = {"type": "ASSOCIATIONS", "toObjectTypeId": "0-2", "rollup": "MAX", "calculation": inner}
    found = imported(score_of(rolled_up))
    ((_, feature),) = found.features
    assert (feature.attribute, feature.of) == ("annualrevenue", "company")
    assert found.rules.rules[0].points == 9


LATER = {"operationType": "ROLLING_DATE_RANGE", "operator": "IS_MORE_THAN_X_DAYS_AGO", "numberOfDays": 9}
DEALS = {"type": "ASSOCIATIONS", "toObjectTypeId": "0-3", "calculation": match("amount", (between(1, 2), 1))}
PAIRS = [composite("AND", single(f"a{place}", any_of("x")), single(f"b{place}", any_of("x"))) for place in range(4)]
RANGES = {"type": "EXACTLY", "ranges": [{"type": "EXACTLY", "from": 1, "value": 2}]}


@pytest.mark.parametrize(
    ("calculation", "code", "named"),
    [
        (conditional(single("jobtitle", text("STARTS_WITH", "H"))), "scoring_unknown_operator", "STARTS_WITH"),
        (conditional(single("closed", LATER)), "scoring_unknown_operation", "ROLLING_DATE_RANGE"),
        (conditional(composite("NOT", single("a", any_of("x")))), "scoring_unknown_operator", "NOT"),
        (conditional(composite("OR", *PAIRS)), "scoring_too_entangled", "12"),
        (
            conditional({**single("employees", between(1, 2)), "pruningRefineBy": {"type": "X"}}),
            "scoring_unknown_key",
            "pruningRefineBy",
        ),
        (events(event(value=1, propertyFilters=[{"property": "hs_url"}])), "scoring_unknown_key", "propertyFilters"),
        (
            conditional({**single("industry", any_of("x")), "objectTypeId": "0-2"}),
            "scoring_unknown_key",
            "objectTypeId",
        ),
        ({"type": "ASSOCIATION_UE"}, "scoring_unknown_calculation", "ASSOCIATION_UE"),
        (DEALS, "scoring_associations", "0-3"),
        (events(event("6-1", value=1)), "scoring_unknown_event", "6-1"),
        (segments((ONE, [44], 1)), "scoring_unknown_segment", "44"),
        (segments(("HAS_EVER_BEEN", [42], 1)), "scoring_unknown_operator", "HAS_EVER_BEEN"),
        (events(event(recordCalculation=match("hs_url", (any_of("x"), 1)))), "scoring_event_properties", "MATCH"),
        (
            events(event(value=1, eventTimeframe={"eventFilterOperation": LATER})),
            "scoring_timeframe",
            "IS_MORE_THAN_X_DAYS_AGO",
        ),
        (events(event(eventFrequencyCriteria=RANGES)), "scoring_frequency", "EXACTLY"),
        (conditional(single("hs_email_domain", any_of("x"))), "scoring_property_not_read", "hs_email_domain"),
        (conditional(single("employees", between(1, 2)), value=0), "scoring_gives_nothing", ""),
    ],
)
def test_what_cannot_be_expressed_is_named_with_its_reason(calculation, code, named, imported, score_of):
    known = conditional(single("employees", between(1, 2)))
    found = imported(score_of(known, calculation))
    ((rule, problem),) = found.not_expressible
    assert (rule, problem.code, problem.where) == ("r2", code, "score.json, group Group, rule r2")
    assert named in problem.text("en")
    assert named in problem.text("ja")
    assert (found.imported, len(found.rules.rules)) == (("r1",), 1)


def test_keys_that_say_nothing_are_passed_over(written):
    operation = between(1, 2, id="o", requiresTimeZoneConversion=True, pruningRefineBy=None)
    (rule,) = written({**conditional({**single("employees", operation), "objectTypeId": "0-1"}), "name": "Size"})
    assert rule["when"] == {"feature": "employees", "between": [1, 2]}


def test_what_cannot_be_expressed_leaves_no_feature_behind(imported, score_of):
    beyond = composite("AND", single("jobtitle", any_of("x")), single("jobtitle", text("STARTS_WITH", "x")))
    assert imported(score_of(conditional(beyond))).features == ()


def test_an_id_without_a_name_is_told_with_the_line_to_write(imported, score_of):
    ((_, problem),) = imported(score_of(segments((ONE, [44], 1)))).not_expressible
    assert "segments: {44: {attribute: NAME, is: WORD, en: ..., ja: ...}}" in problem.part("fix")


@pytest.mark.parametrize(
    ("calculation", "problem"),
    [
        (conditional(single("employees", between(9, 2))), "nothing lies between 9 and 2"),
        (
            conditional(composite("AND", single("country", any_of("DE")), single("country", any_of("AT")))),
            "no lead can meet all that is asked of country",
        ),
        (match("country", (any_of("DE"), 5), (any_of("DE"), 7)), "an earlier match takes all"),
        (
            events(event(ranges=[{"from": 1, "to": 3, "value": 5}, {"from": 3, "to": 4, "value": 7}])),
            "two ranges hold 3 times",
        ),
        (events(event(ranges=[{"from": 3, "to": 1, "value": 5}])), "nothing lies between 3 and 1 times"),
        (
            events(event(ranges=[{"from": 1, "value": 5}, {"from": 3, "to": 4, "value": 7}])),
            "both at least 1 times and 3 to 4 times hold 3",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_by_rule(calculation, problem, imported, score_of):
    with pytest.raises(LeadmlError) as caught:
        imported(score_of(calculation))
    assert (caught.value.code, caught.value.where) == ("scoring_contradicts", "score.json, group Group, rule r1")
    assert problem in caught.value.part("what")
    assert "Decide in HubSpot" in caught.value.part("fix")

"""What does not hang together in sla.yaml is told: each problem alone, and all of a file at once."""

import pytest

from leadml.errors import LeadmlError, ProblemsError
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification

SOUND = """\
version: "2026.1"
valid_from: 2026-01-01
valid_to: 2026-12-31
review_by: 2026-10-01
owners: {marketing: Marketing, sales: Sales}
calendar:
  time_zone: Europe/Berlin
  holidays: {country: DE, subdivision: BY, closed: [2026-12-24], opened: [2026-01-06]}
  business_hours: {monday: ["09:00-12:00", "13:00-18:00"], tuesday: ["09:00-18:00"]}
definitions:
  ready: {reach: sql, within_days: 30}
  outcomes: {bought: {reach: customer, within_days: 180}}
  lifecycle_stages: [lead, mql, sql, customer]
  allowed_transitions: {lead: [mql], mql: [sql], sql: [customer, lead], customer: [lead]}
  required_fields: {sql: [department]}
  lead_types: {new: {en: New, ja: 新規}}
  ideal_customer_profile:
    criteria: [{attribute: industry, any_of: [it]}, {attribute: employees, at_least: 10, at_most: 90}]
    tiers: {A: 0.9, B: 0.5}
  buyer_personas: [{name: buyer, label: {en: Buyer, ja: 購買}, when: [{attribute: level, at_least: 3}]}]
  return_reasons: {nobody: {policy: negative, phase: after_work, needs_all_attempts: true}}
  connect_attempt: {channels: [phone, email]}
  lead_score: {probability_at_50: 0.5}
promises:
  bands:
    default:
      - {name: A, score_at_least: 60, stays_within_points: 5, maximum_age_days: 9, accept_within_hours: 8,
         first_attempt_within_hours: 8, lifecycle_stage: sql, automatic: true}
      - {name: B, probability_at_least: 0.3, lifecycle_stage: mql}
      - {name: C}
    new: [{name: A, score_at_least: 50}, {name: B}]
  connect_attempts: {at_least: 4, within_days: 2, channels: [phone, email], sequence: [phone, email, phone],
                     most_a_day: 2, hours_between: 4, quiet_hours: "20:00-08:00"}
  escalation: [{at_percent: 50, notify: owner}, {at_percent: 100, notify: manager}]
  stagnation_days: {mql: 14}
  capacity: {leads_a_day: 2}
"""


@pytest.fixture
def read(tmp_path):
    """Read a text as sla.yaml."""

    def read_text(text):
        (tmp_path / "sla.yaml").write_text(text, "utf-8")
        return read_specification(AgreementSpec, tmp_path / "sla.yaml", shown_as="sla.yaml")

    return read_text


def changed(old, new):
    assert SOUND.count(old) >= 1
    return SOUND.replace(old, new, 1)


def test_the_agreement_that_the_others_are_made_from_is_sound(read):
    assert read(SOUND).version == "2026.1"


def test_an_agreement_is_read_back_as_it_is_kept(read):
    agreement = read(SOUND.replace(', quiet_hours: "20:00-08:00"', ""))
    assert AgreementSpec.model_validate_json(agreement.model_dump_json()) == agreement


BANDS, CADENCE, HOLIDAYS = "promises.bands.default", "promises.connect_attempts", "calendar.holidays"
FIT = "definitions.ideal_customer_profile"
FAULTS = [
    # The head.
    ("valid_to: 2026-12-31", "valid_to: 2025-12-31", "ends_before_it_begins", "line 3, valid_to"),
    ("review_by: 2026-10-01", "review_by: 2025-10-01", "ends_before_it_begins", "line 4, review_by"),
    *((key + day, key + other, "wrong_type", f"line {line}, {key[:-2]}")
      for line, key, day in ((2, "valid_from: ", "2026-01-01"), (4, "review_by: ", "2026-10-01"))
      for other in ("2026-02-30", "2026-13-45", '"86400"', '"20260101"', '"2026-W52-4"', "20260101",
                    "2026-01-01T00:00:00+99:99", "2026-01-01 00:00:00")),
    ('version: "2026.1"', "version: .nan", "wrong_type", "line 1, version"),
    ('version: "2026.1"', "version: 20261234567890123456789", "wrong_type", "line 1, version"),
    ('version: "2026.1"', 'version: ""', "wrong_type", "line 1, version"),
    ("sales: Sales", 'sales: ""', "wrong_type", "line 5, owners.sales"),
    # The calendar.
    *(("Europe/Berlin", zone, "unknown_time_zone", "line 7, calendar.time_zone")
      for zone in ("localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/UTC")),
    ("{country: DE, subdivision: BY, closed: [2026-12-24], opened: [2026-01-06]}", '""', "unknown_country",
     f"line 8, {HOLIDAYS}"),
    ("country: DE", 'country: ""', "unknown_country", f"line 8, {HOLIDAYS}.country"),
    ("closed: [2026-12-24]", "closed: [2026-02-30]", "wrong_type", f"line 8, {HOLIDAYS}.closed[0]"),
    ("opened: [2026-01-06]", 'opened: ["20261224"]', "wrong_type", f"line 8, {HOLIDAYS}.opened[0]"),
    ("Europe/Berlin", "Europe/Berln", "unknown_time_zone", "line 7, calendar.time_zone"),
    ("{country: DE, ", "{country: Germany, ", "unknown_country", f"line 8, {HOLIDAYS}.country"),
    ("country: DE, ", "", "subdivision_without_country", f"line 8, {HOLIDAYS}.subdivision"),
    ("subdivision: BY", "subdivision: BX", "unknown_subdivision", f"line 8, {HOLIDAYS}.subdivision"),
    ("opened: [2026-01-06]", "opened: [2026-12-24]", "closed_and_opened", f"line 8, {HOLIDAYS}.opened[0]"),
    ('{monday: ["09:00-12:00", "13:00-18:00"], tuesday: ["09:00-18:00"]}', "{}", "never_open",
     "line 9, calendar.business_hours"),
    ("13:00-18:00", "11:59-18:00", "hours_overlap", "line 9, calendar.business_hours.monday[1]"),
    ("13:00-18:00", "18:00-13:00", "wrong_type", "line 9, calendar.business_hours.monday[1]"),
    ("13:00-18:00", "13-18", "wrong_type", "line 9, calendar.business_hours.monday[1]"),
    ("13:00-18:00", "13:00-24:01", "wrong_type", "line 9, calendar.business_hours.monday[1]"),
    # The definitions.
    ("reach: sql", "reach: sgl", "unknown_word", "line 11, definitions.ready.reach"),
    ("{bought: {reach: customer", "{bought: {reach: costumer", "unknown_word",
     "line 12, definitions.outcomes.bought.reach"),
    ("{bought:", "{Bought it:", "outcome_name_unfit", "line 12, definitions.outcomes.Bought it"),
    ("{bought:", "{ready:", "outcome_name_unfit", "line 12, definitions.outcomes.ready"),
    ("[lead, mql, sql, customer]", "[lead, mql, sql, customer, mql]", "named_twice",
     "line 13, definitions.lifecycle_stages[4]"),
    ("sql: [customer, lead]", "sql: [customr, lead, customer]", "unknown_word",
     "line 14, definitions.allowed_transitions.sql[0]"),
    ("customer: [lead]}", "customer: [lead], won: [lead]}", "unknown_word",
     "line 14, definitions.allowed_transitions.won"),
    ("sql: [customer, lead]", "sql: [lead]", "stage_without_way", "line 12, definitions.outcomes.bought.reach"),
    # Customers are made of SQLs, and SQLs of customers: nobody is ever the first.
    ("mql: [sql], sql: [customer, lead], customer: [lead]", "mql: [lead], sql: [customer, lead], customer: [sql]",
     "stage_without_way", "line 11, definitions.ready.reach"),
    ("mql: [sql], sql: [customer, lead], customer: [lead]", "mql: [lead], sql: [customer, lead], customer: [sql]",
     "stage_without_way", f"line 28, {BANDS}[0].lifecycle_stage"),
    ("reach: sql", "reach: lead", "reached_at_birth", "line 11, definitions.ready.reach"),
    ("sql: [customer, lead]", "sql: [customer, lead, customer]", "named_twice",
     "line 14, definitions.allowed_transitions.sql[2]"),
    ("required_fields: {sql:", "required_fields: {sqll:", "unknown_word", "line 15, definitions.required_fields.sqll"),
    ("lead_types: {new:", "lead_types: {default: {en: Old, ja: 旧}, new:", "lead_type_named_default",
     "line 16, definitions.lead_types.default"),
    ("any_of: [it]", "any_of: []", "wrong_type", f"line 18, {FIT}.criteria[0].any_of"),
    *(("connect_attempt: {channels: [phone, email]}", f"connect_attempt: {{{key}: []}}", "wrong_type",
       f"line 22, definitions.connect_attempt.{key}") for key in ("channels", "results", "made_by")),
    (", any_of: [it]", "", "criterion_without_condition", f"line 18, {FIT}.criteria[0]"),
    (", at_least: 3", "", "criterion_without_condition", "line 20, definitions.buyer_personas[0].when[0]"),
    ("at_least: 10, at_most: 90", "at_least: 90, at_most: 10", "criterion_never_holds",
     f"line 18, {FIT}.criteria[1].at_least"),
    ("{A: 0.9, B: 0.5}", "{A: 0.5, B: 0.5}", "tiers_do_not_fall", f"line 19, {FIT}.tiers.B"),
    ("phase: after_work", "phase: before_work", "attempts_before_work",
     "line 21, definitions.return_reasons.nobody.phase"),
    ("policy: negative, ", "", "missing_key", "line 21, definitions.return_reasons.nobody.policy"),
    # The bands.
    ("    default:\n", "    new_one:\n", "unknown_word", "line 26, promises.bands.new_one"),
    (SOUND[SOUND.index("    default:"):SOUND.index("  connect_attempts:")], "    {}\n", "bands_without_default",
     "line 25, promises.bands"),
    ("- {name: C}", '- {name: ""}', "wrong_type", f"line 30, {BANDS}[2].name"),
    ("maximum_age_days: 9", "maximum_age_days: 1.0e+306", "wrong_type", f"line 27, {BANDS}[0].maximum_age_days"),
    ("name: B, probability", "name: A, probability", "named_twice", f"line 29, {BANDS}[1].name"),
    ("- {name: C}", "- {name: C, score_at_least: 1}", "last_band_not_zero", f"line 30, {BANDS}[2]"),
    ("name: B, probability", "name: B, score_at_least: 38, probability", "two_thresholds",
     f"line 29, {BANDS}[1].probability_at_least"),
    ("probability_at_least: 0.3", "score_at_least: 60", "bands_do_not_fall", f"line 29, {BANDS}[1]"),
    ("probability_at_least: 0.3", "probability_at_least: 0.7", "bands_do_not_fall", f"line 29, {BANDS}[1]"),
    ("probability_at_least: 0.3", "score_at_least: 55", "band_reaches_next",
     f"line 27, {BANDS}[0].stays_within_points"),
    ("lifecycle_stage: mql", "lifecycle_stage: mqll", "unknown_word", f"line 29, {BANDS}[1].lifecycle_stage"),
    ("lifecycle_stage: mql", "lifecycle_stage: customer", "band_stages_cross", f"line 28, {BANDS}[0].lifecycle_stage"),
    ("lifecycle_stage: sql, ", "", "automatic_without_stage", f"line 28, {BANDS}[0].automatic"),
    # Nine days hold two Mondays and two Tuesdays at most: 2 x 8 + 2 x 9 hours.
    ("accept_within_hours: 8", "accept_within_hours: 34.1", "later_than_maximum_age",
     f"line 27, {BANDS}[0].accept_within_hours"),
    ("first_attempt_within_hours: 8", "clock: wall, first_attempt_within_hours: 217", "later_than_maximum_age",
     f"line 28, {BANDS}[0].first_attempt_within_hours"),
    ("new: [{name: A, score_at_least: 50}, {name: B}]", "new: []", "wrong_type", "line 31, promises.bands.new"),
    # The attempts.
    ("within_days: 2, channels: [phone, email]", "within_days: 2, channels: [phone, email, fax]", "unknown_word",
     f"line 32, {CADENCE}.channels[2]"),
    ("sequence: [phone, email, phone]", "sequence: [phone, fax]", "unknown_word", f"line 32, {CADENCE}.sequence[1]"),
    ("sequence: [phone, email, phone]", "sequence: [phone, email, phone, email, phone]", "sequence_too_long",
     f"line 32, {CADENCE}.sequence"),
    ("{at_least: 4, ", "{at_least: 4, until: [conected], ", "unknown_word", f"line 32, {CADENCE}.until[0]"),
    ("most_a_day: 2", "most_a_day: 1", "attempts_over_most_a_day", f"line 33, {CADENCE}.most_a_day"),
    ("hours_between: 4", "hours_between: 17", "attempts_too_far_apart", f"line 33, {CADENCE}.hours_between"),
    # Eight o'clock is followed by eight o'clock of the next day, and that by one more.
    ("hours_between: 4", "hours_between: 12", "attempts_too_far_apart", f"line 33, {CADENCE}.hours_between"),
    *(("20:00-08:00", quiet, "quiet_while_open", f"line 33, {CADENCE}.quiet_hours")
      for quiet in ("09:00-18:00", "00:00-23:59", "08:00-07:00")),
    ("20:00-08:00", "00:00-24:00", "quiet_all_day", f"line 33, {CADENCE}.quiet_hours"),
    ("20:00-08:00", "08:00-08:00", "quiet_all_day", f"line 33, {CADENCE}.quiet_hours"),
    ("20:00-08:00", "at night", "wrong_type", f"line 33, {CADENCE}.quiet_hours"),
    ("- {name: C}", "- {name: C, connect_attempts: {channels: [fax]}}", "unknown_word",
     f"line 30, {BANDS}[2].connect_attempts.channels[0]"),
    # The rest.
    ("{at_percent: 100, notify", "{at_percent: 50, notify", "escalation_not_rising",
     "line 34, promises.escalation[1].at_percent"),
    ("stagnation_days: {mql:", "stagnation_days: {nql:", "unknown_word", "line 35, promises.stagnation_days.nql"),
    ("leads_a_day: 2", "leads_a_day: 0", "wrong_type", "line 36, promises.capacity.leads_a_day"),
    ("{leads_a_day: 2}", "{representatives: 0, leads_a_day: 2}", "wrong_type",
     "line 36, promises.capacity.representatives"),
]  # fmt: skip


def problems_of(read, text):
    with pytest.raises(LeadmlError) as caught:
        read(text)
    error = caught.value
    return list(error.problems) if isinstance(error, ProblemsError) else [error]


@pytest.mark.parametrize(("old", "new", "code", "where"), FAULTS)
def test_a_fault_is_told_with_its_line_and_path(read, old, new, code, where):
    problems = problems_of(read, changed(old, new))
    assert (code, f"sla.yaml, {where}") in [(problem.code, problem.where) for problem in problems]
    for problem in problems:
        for language in ("en", "ja"):
            assert all(problem.parts(language).values())


def test_bands_without_a_default_are_told(read):
    found = problems_of(read, changed("    default:\n", "    new_one:\n"))
    assert [(problem.code, problem.where) for problem in found] == [
        ("bands_without_default", "sla.yaml, line 25, promises.bands"),
        ("unknown_word", "sla.yaml, line 26, promises.bands.new_one"),
    ]
    assert found[1].part("fix") == "Did you mean 'new'? Known here: default, new."


@pytest.mark.parametrize(
    ("old", "new", "fix"),
    [
        ("Europe/Berlin", "Europe/Berln", "Did you mean 'Europe/Berlin'?"),
        ("{country: DE, ", "{country: de, ", "Did you mean 'DE'?"),
        ("{country: DE, ", "{country: Germny, ", "Did you mean 'DE'?"),
        ("subdivision: BY", "subdivision: By", "Did you mean 'BY'?"),
        ("sql: [customer, lead]", "sql: [customr, lead, customer]", "Did you mean 'customer'?"),
        ("probability_at_least: 0.3", "score_at_least: 55", "Write stays_within_points: 4 or less, or move a"),
    ],
)
def test_the_nearest_is_known_and_said(read, old, new, fix):
    (problem,) = problems_of(read, changed(old, new))
    assert problem.part("fix").startswith(fix)


LIMITS = [
    pytest.param("accept_within_hours: 8", "accept_within_hours: 34", id="as many hours as the days hold"),
    pytest.param("probability_at_least: 0.3", "score_at_least: 54", id="a band stays down to just above the next"),
    pytest.param("13:00-18:00", "12:00-18:00", id="a span that begins as the other ends"),
    pytest.param(
        'hours_between: 4, quiet_hours: "20:00-08:00"',
        "hours_between: 16",
        id="attempts as far apart as the days allow",
    ),
    pytest.param("hours_between: 4", "hours_between: 11.9", id="two attempts a day, as far apart as it allows"),
    # From noon on: two on Monday, two on Tuesday, two on Wednesday.
    pytest.param("at_least: 4, within_days: 2", "at_least: 6, within_days: 2", id="two days that touch three"),
    pytest.param("20:00-08:00", "18:00-13:59", id="quiet but for the last hours of the office"),
    pytest.param("valid_to: 2026-12-31", "valid_to: 2026-01-01", id="an agreement of one day"),
    pytest.param("at_least: 10, at_most: 90", "at_least: 10, at_most: 10", id="exactly this number"),
    pytest.param("sequence: [phone, email, phone]", "sequence: [phone, email, phone, email]", id="a whole sequence"),
    pytest.param("allowed_transitions: {lead: [mql], ", "allowed_transitions: {", id="a stage that may go anywhere"),
    pytest.param("promises:\n", "promises:\n  exploration_share: 0.5\n", id="half of the leads by lot"),
    pytest.param("{country: DE, subdivision: BY, ", "{", id="days of our own alone"),
]


def test_leads_are_explored_only_where_a_band_hands_over(read):
    text = changed("promises:\n", "promises:\n  exploration_share: 0.1\n")
    read(text)
    (problem,) = problems_of(read, text.replace("lifecycle_stage: sql", "lifecycle_stage: mql"))
    assert (problem.code, problem.where) == ("nothing_to_explore", "sla.yaml, line 25, promises.exploration_share")


WHILE_QUIET = [
    pytest.param("first_attempt_within_hours: 8, ", "", id="no first attempt is owed"),
    pytest.param("first_attempt_within_hours: 8", "clock: wall, first_attempt_within_hours: 8", id="day and night"),
    pytest.param("  time_zone", "  after_hours: next_open\n  time_zone", id="after hours the clock runs on"),
    pytest.param("first_attempt_within_hours: 8", "first_attempt_within_hours: 8, connect_attempts: {at_least: 2}",
                 id="the band has attempts of its own"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), WHILE_QUIET)
def test_quiet_hours_may_cover_office_hours_in_which_nothing_is_owed(read, old, new):
    read(changed(old, new).replace("20:00-08:00", "09:00-18:00"))


def test_the_smallest_chance_that_can_be_written_is_a_score_of_0(read):
    found = problems_of(read, changed("probability_at_least: 0.3", "probability_at_least: 1.0e-320")
                        .replace("probability_at_50: 0.5", "probability_at_50: 0.9999999999999999"))  # fmt: skip
    assert [(problem.code, problem.values["limit"]) for problem in found] == [("bands_do_not_fall", 0)]


def test_leads_may_begin_in_any_stage(read):
    # No lead becomes an MQL; those that begin as one become SQLs.
    read(changed("{lead: [mql], ", "{lead: [], ").replace(", lifecycle_stage: mql", ""))


@pytest.mark.parametrize(("old", "new"), LIMITS)
def test_what_is_just_possible_is_read(read, old, new):
    read(changed(old, new))


def test_the_default_attempts_must_count_as_attempts(read):
    found = problems_of(read, changed(SOUND[SOUND.index("  connect_attempts:") : SOUND.index("  escalation:")], "")
                        .replace("{channels: [phone, email]}", "{channels: [phone]}"))  # fmt: skip
    assert [(problem.code, problem.values["word"]) for problem in found] == [("unknown_word", "email")]
    assert found[0].where.endswith("promises.connect_attempts.channels")


AT_ONCE = """\
version: 2026
valid_from: 2026-01-01
valid_to: 2025-01-01
owners: {marketing: Marketing}
calendar:
  time_zone: Asia/Tokio
  holidays: Japan
  business_hours: {monday: ["13:00-18:00", "09:00-14:00"], tuesday: [all day]}
definitions:
  ready: {reach: sgl, within_days: 0}
  lifecycle_stages: [lead, mql, sql, sql]
  allowed_transitions: {lead: [nowhere], mql: [sql]}
  lead_types: {new: {en: New, ja: 新規}}
  return_reasons: {nobody: {phase: after_work}}
  lead_score: {probability_at_50: 0.5}
promises:
  bands:
    default:
      - {name: A, score_at_least: 40, maximum_age_days: 1, first_attempt_within_hours: 25, clock: wall}
      - {name: A, score_at_least: 60, stays_within_points: 70, lifecycle_stage: nurture}
      - {name: C, score_at_least: 10, probability_at_least: 0.2}
  connect_attempts: {at_least: 9, within_days: 2, most_a_day: 1, channels: [fax], quiet_hours: "00:00-00:00"}
  escalation: [{at_percent: 100, notify: owner}, {at_percent: 75, notify: manager}]
  stagnation_days: {mqql: 14}
  capacity: {leads_a_day: 0}
  exploration: 0.1
"""


def test_all_faults_of_a_file_are_told_at_once(read):
    told = sorted(
        (int(problem.where.split(", ")[1].removeprefix("line ")), problem.code, problem.where.rpartition(", ")[2])
        for problem in problems_of(read, AT_ONCE)
    )
    assert told == sorted([
        (1, "wrong_type", "version"),
        (3, "ends_before_it_begins", "valid_to"),
        (4, "missing_key", "owners.sales"),
        (6, "unknown_time_zone", "calendar.time_zone"),
        (7, "unknown_country", "calendar.holidays"),
        (8, "hours_overlap", "calendar.business_hours.monday[1]"),
        (8, "wrong_type", "calendar.business_hours.tuesday[0]"),
        (10, "unknown_word", "definitions.ready.reach"),
        (10, "wrong_type", "definitions.ready.within_days"),
        (11, "named_twice", "definitions.lifecycle_stages[3]"),
        (12, "unknown_word", "definitions.allowed_transitions.lead[0]"),
        (14, "missing_key", "definitions.return_reasons.nobody.policy"),
        (19, "later_than_maximum_age", "promises.bands.default[0].first_attempt_within_hours"),
        (20, "named_twice", "promises.bands.default[1].name"),
        (20, "bands_do_not_fall", "promises.bands.default[1]"),
        (20, "band_reaches_next", "promises.bands.default[1].stays_within_points"),
        (20, "unknown_word", "promises.bands.default[1].lifecycle_stage"),
        (21, "last_band_not_zero", "promises.bands.default[2]"),
        (21, "two_thresholds", "promises.bands.default[2].probability_at_least"),
        (22, "unknown_word", "promises.connect_attempts.channels[0]"),
        (22, "attempts_over_most_a_day", "promises.connect_attempts.most_a_day"),
        (22, "quiet_all_day", "promises.connect_attempts.quiet_hours"),
        (23, "escalation_not_rising", "promises.escalation[1].at_percent"),
        (24, "unknown_word", "promises.stagnation_days.mqql"),
        (25, "wrong_type", "promises.capacity.leads_a_day"),
        (26, "unknown_key", "promises.exploration"),
    ])  # fmt: skip


def test_a_place_that_is_broken_is_told_once(read):
    # The second span ends before it begins, and it begins before the first is over.
    (problem,) = problems_of(read, changed("13:00-18:00", "11:00-10:00"))
    assert problem.code == "wrong_type"


def told_by(read, text):
    """Say what is wrong with a text, in both languages; nothing where it is sound."""
    try:
        read(text)
    except LeadmlError as error:
        return error.text("en") + error.text("ja")
    return ""


@pytest.mark.parametrize("anything", ["7", "[]", "x", "{}", "{a: 1}", "[[1], {a: b}]", "null", "true", "2026-01-01"])
def test_checks_bear_any_content_in_any_place(read, anything):
    """Put something else in the place of each key in turn; whatever is wrong, it is told."""
    lines = SOUND.splitlines(keepends=True)
    for number, line in enumerate(lines):
        key, colon, _ = line.partition(":")
        if not colon or key.lstrip().startswith(("-", "lifecycle_stage", "most_a_day")):
            continue
        indent = len(line) - len(line.lstrip())
        after = number + 1
        while after < len(lines) and len(lines[after]) - len(lines[after].lstrip()) > indent:
            after += 1
        assert told_by(read, "".join([*lines[:number], f"{key}: {anything}\n", *lines[after:]])) is not None

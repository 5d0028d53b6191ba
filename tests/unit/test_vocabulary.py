from leadml.vocabulary import TERMS, Theme, glossary_markdown


def test_the_ten_terms_are_those_of_the_agreement():
    assert [term.name for term in TERMS] == [
        "service_level_agreement",
        "ideal_customer_profile",
        "buyer_persona",
        "buyers_journey",
        "lifecycle_stage",
        "lead_type",
        "deal_stage",
        "lead_status",
        "lead_score",
        "connect_attempt",
    ]


def test_every_term_has_a_name_in_both_languages_and_a_place():
    for term in TERMS:
        assert term.english.isascii()
        assert not term.japanese.isascii()
        assert term.agreed
        assert "`" in term.lives_in


def test_no_two_terms_share_a_name():
    assert len({term.english for term in TERMS}) == len({term.japanese for term in TERMS}) == len(TERMS)


def test_the_page_has_one_row_a_term():
    rows = [line for line in glossary_markdown().splitlines() if line.startswith("| ")]
    head, rule, *terms = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert len(head) == len(rule) == 5
    assert [cells[:3] for cells in terms] == [
        [str(number), term.english, term.japanese] for number, term in enumerate(TERMS, start=1)
    ]


def test_themes_are_the_five_feature_files():
    assert list(Theme) == ["fit", "persona", "journey", "engagement", "sales_touch"]

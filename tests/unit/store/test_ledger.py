import threading

import pytest

from leadml.store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "runs" / "ledger.db")
    yield opened
    opened.close()


def test_facts_become_known_when_they_are_written(ledger):
    assert ledger.write_facts([{"lead_id": "L1"}, {"lead_id": "L2"}], now=100) == {"L1": 100, "L2": 100}


def test_what_is_known_stays_known_when_the_clock_goes_back(ledger):
    ledger.write_facts([{"lead_id": "L1"}], now=100)
    assert ledger.write_facts([{"lead_id": "L1"}, {"lead_id": "L2"}], now=90) == {"L1": 100, "L2": 90}
    assert ledger.write_facts([{"lead_id": "L1"}], now=101) == {"L1": 101}


def test_facts_come_back_as_they_came_in_their_order(ledger):
    first = {"lead_id": "L1", "activities": [], "attributes": {"employees": 50, "industry": "機械"}}
    second = {"lead_id": "L1", "activities": [{"happened_at": "2026-03-02T09:00:00Z", "value": 0.1}]}
    ledger.write_facts([first], now=100)
    ledger.write_facts([{"lead_id": "L2"}], now=110)
    ledger.write_facts([second], now=120)
    assert ledger.facts("L1") == [(100, first), (120, second)]
    assert ledger.facts("nobody") == []


def test_answers_come_back_as_they_were_given_in_their_order(ledger):
    answers = [{"lead_id": "L1", "score": 61}, {"lead_id": "L2", "score": 3}]
    ledger.write_answers(answers, as_of=[100, 100], answered_at=105)
    ledger.write_answers([{"lead_id": "L1", "score": 62, "chance": {"ja": "約2件に1件"}}], as_of=[90], answered_at=106)
    assert ledger.answers("L1") == [answers[0], {"lead_id": "L1", "score": 62, "chance": {"ja": "約2件に1件"}}]
    assert ledger.answers("L2") == [answers[1]]


@pytest.mark.parametrize("lead_id", ["007", "鈴木", "L 1", "'; drop table answers; --", "x" * 1000])
def test_an_id_may_be_any_text(ledger, lead_id):
    ledger.write_facts([{"lead_id": lead_id}], now=100)
    ledger.write_answers([{"lead_id": lead_id, "score": 1}], as_of=[100], answered_at=100)
    assert ledger.facts(lead_id) == [(100, {"lead_id": lead_id})]
    assert ledger.answers(lead_id) == [{"lead_id": lead_id, "score": 1}]


def test_an_answer_needs_its_instant(ledger):
    with pytest.raises(ValueError, match="zip"):
        ledger.write_answers([{"lead_id": "L1"}, {"lead_id": "L2"}], as_of=[100], answered_at=100)
    assert ledger.answers("L1") == []


def test_a_request_is_written_whole_or_not_at_all(ledger):
    with pytest.raises(TypeError):
        ledger.write_facts([{"lead_id": "L1"}, {"lead_id": "L2", "activities": {1, 2}}], now=100)
    assert ledger.facts("L1") == []
    assert ledger.write_facts([{"lead_id": "L1"}], now=90) == {"L1": 90}


def test_the_file_outlives_the_process(tmp_path):
    first = Ledger(tmp_path / "ledger.db")
    first.write_facts([{"lead_id": "L1"}], now=100)
    first.close()
    again = Ledger(tmp_path / "ledger.db")
    assert again.write_facts([{"lead_id": "L1"}], now=50) == {"L1": 100}
    again.close()


def test_readers_read_while_somebody_writes(tmp_path, ledger):
    other = Ledger(tmp_path / "runs" / "ledger.db")
    ledger.write_facts([{"lead_id": "L1"}], now=100)
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM requests")
        assert other.facts("L1") == [(100, {"lead_id": "L1"})]
    other.close()


def test_nobody_is_turned_away_and_knowledge_never_goes_back_when_many_write(tmp_path):
    """Eight workers with clocks of their own write about one lead."""
    file, failed, given, start = tmp_path / "ledger.db", [], [], threading.Barrier(8)

    def work(clock):
        start.wait()
        try:
            own = Ledger(file)
            for second in range(25):
                given.append(own.write_facts([{"lead_id": "L1"}], now=clock + second)["L1"])
            own.close()
        except Exception as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(clock * 1000,)) for clock in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failed == []
    ledger = Ledger(file)
    stored = [known_at for known_at, _ in ledger.facts("L1")]
    ledger.close()
    assert sorted(stored) == sorted(given)
    assert stored == sorted(stored)

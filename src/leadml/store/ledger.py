"""The ledger: every answer is stored before it is given, and the facts of live requests before that.

The ledger also keeps the clock of knowledge: the instant at which the facts of a request were
durably written is the instant at which they became known.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from leadml.errors import LeadmlError
from leadml.standings import LastBand

LEDGER_FILE = "ledger.db"

_METADATA = MetaData()
_REQUESTS = Table(
    "requests",
    _METADATA,
    Column("request_id", Integer, primary_key=True),
    Column("lead_id", String, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Index("requests_of_a_lead", "lead_id", "known_at"),
)
_ANSWERS = Table(
    "answers",
    _METADATA,
    Column("answer_id", Integer, primary_key=True),
    Column("lead_id", String, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("request_id", Integer),  # of the facts it was made from; none where it was asked about the past
    Column("agreement_id", Integer),  # under which it was given
    Index("answers_of_a_lead", "lead_id", "as_of"),
)
_AGREEMENTS = Table(
    "agreements",
    _METADATA,
    Column("agreement_id", Integer, primary_key=True),
    Column("fingerprint", String, nullable=False, unique=True),
    Column("agreement", LargeBinary, nullable=False),
)


@dataclass(frozen=True)
class KeptAnswer:
    """An answer with all that it was made from, but the model.

    Attributes
    ----------
    answer : dict
        As it was given.
    as_of, known_at : int, UTC microseconds
        The instant of the score, and when its facts became known.
    facts : dict
        The lead, as it came.
    agreement : bytes
        The agreement of then, JSON.
    """

    answer: dict[str, Any]
    as_of: int
    known_at: int
    facts: dict[str, Any]
    agreement: bytes


class Ledger:
    """Answers and the facts they were made from, in one SQLite file.

    Parameters
    ----------
    file : Path
        Made if it is not there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ledger = Ledger(Path(folder) / "ledger.db")
    ...     first = ledger.write_facts([{"lead_id": "L1"}], now=100)
    ...     # The machine's clock went back; what is known stays known.
    ...     second = ledger.write_facts([{"lead_id": "L1"}], now=90)
    ...     ledger.close()
    >>> first, second
    ({'L1': 100}, {'L1': 100})
    """

    def __init__(self, file: Path) -> None:
        self._name = file.name
        with self._told():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # facts about people: for the service's own user only
        self._engine: Engine = create_engine(f"sqlite:///{file}")
        event.listen(self._engine, "connect", _write_ahead)
        with self._told(), self._engine.begin() as connection:
            # Several workers may start at once over a file that is not there yet.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _METADATA.create_all(connection)
            _add_columns(connection)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words why the file cannot be used; never with the facts that were to be written."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            raise LeadmlError("ledger_failed", where=self._name, reason=reason) from None

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def write_facts(self, leads: Sequence[Mapping[str, Any]], *, now: int) -> dict[str, int]:
        """Write the facts of a live request durably, and say when each lead's became known.

        Parameters
        ----------
        leads : sequence of mapping
            As they came, each with `lead_id`.
        now : int, UTC microseconds
            The server's clock.

        Returns
        -------
        known_at : dict of lead_id to int, UTC microseconds
            Never earlier than the last one given for that lead.
        """
        ids = [str(lead["lead_id"]) for lead in leads]
        with self._told(), self._engine.begin() as connection:
            # Locked before the last known_at is read: another worker may be writing about the same lead.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            last_known = func.max(_REQUESTS.c.known_at)
            rows = connection.execute(
                select(_REQUESTS.c.lead_id, last_known)
                .where(_REQUESTS.c.lead_id.in_(ids))
                .group_by(_REQUESTS.c.lead_id)
            )
            last = {str(lead_id): int(known_at) for lead_id, known_at in rows}
            known_at = {lead_id: max(now, last.get(lead_id, now)) for lead_id in ids}
            connection.execute(
                _REQUESTS.insert(),
                [
                    {
                        "lead_id": lead_id,
                        "known_at": known_at[lead_id],
                        "facts": json.dumps(lead, ensure_ascii=False).encode(),
                    }
                    for lead_id, lead in zip(ids, leads, strict=True)
                ],
            )
        return known_at

    def write_answers(
        self,
        answers: Sequence[Mapping[str, Any]],
        *,
        as_of: Sequence[int],
        answered_at: int,
        agreement: int | None = None,
    ) -> None:
        """Store answers, before they are given.

        Parameters
        ----------
        answers : sequence of mapping
            As `LeadScore.to_dict` gives them.
        as_of : sequence of int, UTC microseconds
        answered_at : int, UTC microseconds
        agreement : int, optional
            From `write_agreement`, where the answers were made from facts that were written just before: they can then
            be made again.
        """
        with self._told(), self._engine.begin() as connection:
            connection.execute(
                _ANSWERS.insert(),
                [
                    {
                        "lead_id": answer["lead_id"],
                        "as_of": instant,
                        "answered_at": answered_at,
                        "answer": orjson.dumps(answer),
                        "request_id": None if agreement is None else _made_from(connection, answer["lead_id"], instant),
                        "agreement_id": agreement,
                    }
                    for answer, instant in zip(answers, as_of, strict=True)
                ],
            )

    def last_bands(self, lead_ids: Sequence[str]) -> dict[str, LastBand]:
        """Give the bands of the last live answers about some leads; questions about the past placed nobody.

        Parameters
        ----------
        lead_ids : sequence of str

        Returns
        -------
        last_bands : dict of lead_id to LastBand
            Without the leads that were never answered.
        """
        columns = _ANSWERS.c.lead_id, _ANSWERS.c.as_of, _ANSWERS.c.answer
        place = func.row_number().over(
            partition_by=_ANSWERS.c.lead_id, order_by=(_ANSWERS.c.as_of.desc(), _ANSWERS.c.answer_id.desc())
        )
        live = _ANSWERS.c.lead_id.in_(lead_ids) & _ANSWERS.c.request_id.is_not(None)
        ranked = select(*columns, place.label("place")).where(live).subquery()
        query = select(ranked.c.lead_id, ranked.c.as_of, ranked.c.answer).where(ranked.c.place == 1)
        with self._told(), self._engine.connect() as connection:
            return {
                str(lead_id): LastBand(orjson.loads(answer)["band"], int(as_of))
                for lead_id, as_of, answer in connection.execute(query)
            }

    def write_agreement(self, agreement: bytes) -> int:
        """Keep the agreement under which answers are given; the same one is kept once.

        Parameters
        ----------
        agreement : bytes
            JSON.

        Returns
        -------
        number : int
        """
        fingerprint = hashlib.sha256(agreement).hexdigest()
        found = select(_AGREEMENTS.c.agreement_id).where(_AGREEMENTS.c.fingerprint == fingerprint)
        with self._told(), self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if connection.execute(found).scalar() is None:
                connection.execute(_AGREEMENTS.insert(), {"fingerprint": fingerprint, "agreement": agreement})
            return int(connection.execute(found).scalar_one())

    def kept(self, lead_id: str) -> list[KeptAnswer]:
        """Give back the answers about a lead that can be made again, in the order they were given.

        Parameters
        ----------
        lead_id : str

        Returns
        -------
        kept : list of KeptAnswer
            Without those about the past, whose facts are not stored.
        """
        query = (
            select(
                _ANSWERS.c.answer, _ANSWERS.c.as_of, _REQUESTS.c.known_at, _REQUESTS.c.facts, _AGREEMENTS.c.agreement
            )
            .join(_REQUESTS, _REQUESTS.c.request_id == _ANSWERS.c.request_id)
            .join(_AGREEMENTS, _AGREEMENTS.c.agreement_id == _ANSWERS.c.agreement_id)
            .where(_ANSWERS.c.lead_id == lead_id)
            .order_by(_ANSWERS.c.answer_id)
        )
        with self._told(), self._engine.connect() as connection:
            return [
                KeptAnswer(orjson.loads(answer), int(as_of), int(known_at), json.loads(facts), bytes(agreement))
                for answer, as_of, known_at, facts, agreement in connection.execute(query)
            ]

    def answers(self, lead_id: str) -> list[dict[str, Any]]:
        """Give back all answers about a lead, in the order they were given.

        Parameters
        ----------
        lead_id : str

        Returns
        -------
        answers : list of dict
        """
        query = select(_ANSWERS.c.answer).where(_ANSWERS.c.lead_id == lead_id).order_by(_ANSWERS.c.answer_id)
        with self._told(), self._engine.connect() as connection:
            return [orjson.loads(answer) for (answer,) in connection.execute(query)]

    def facts(self, lead_id: str) -> list[tuple[int, dict[str, Any]]]:
        """Give back the facts of a lead as they came, each with when they became known.

        Parameters
        ----------
        lead_id : str

        Returns
        -------
        requests : list of (known_at, lead)
        """
        query = (
            select(_REQUESTS.c.known_at, _REQUESTS.c.facts)
            .where(_REQUESTS.c.lead_id == lead_id)
            .order_by(_REQUESTS.c.request_id)
        )
        with self._told(), self._engine.connect() as connection:
            return [(int(known_at), json.loads(facts)) for known_at, facts in connection.execute(query)]


def _made_from(connection: Connection, lead_id: str, as_of: int) -> int | None:
    """Find the facts of which an answer is made just after they became known."""
    query = (
        select(func.max(_REQUESTS.c.request_id))
        .where(_REQUESTS.c.lead_id == lead_id)
        .where(_REQUESTS.c.known_at == as_of - 1)
    )
    number = connection.execute(query).scalar()
    return None if number is None else int(number)


def _add_columns(connection: Connection) -> None:
    """Give a ledger of before there were these columns the columns that are missing."""
    there = {column["name"] for column in inspect(connection).get_columns(_ANSWERS.name)}
    for column in (_ANSWERS.c.request_id, _ANSWERS.c.agreement_id):
        if column.name not in there:
            connection.exec_driver_sql(f"ALTER TABLE {_ANSWERS.name} ADD COLUMN {column.name} INTEGER")


def _write_ahead(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
    """Let readers read while one writes, and keep what was committed through a crash of the process."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()

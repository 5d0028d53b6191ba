"""Invents a small export of HubSpot, in the shape of its API's answers, to try leadml on: `python make_export.py`."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
MADE = datetime(2026, 10, 1, tzinfo=UTC)
LEADS, COMPANIES, DAYS_OF_ARRIVAL, BATCH = 400, 90, 400, 50
INDUSTRIES = ("MACHINERY", "AUTOMOTIVE", "RETAIL", "CONSUMER_SERVICES")
TITLES = ("Head of production", "Engineer", "Buyer", "Student")
SOURCES = ("ORGANIC_SEARCH", "PAID_SEARCH", "DIRECT_TRAFFIC", "OFFLINE")
CONNECTED, NO_ANSWER = "f240bbac-87c9-4f6e-bf70-924b57d47db7", "73a0d17f-1163-4015-bdd5-ec830791da20"
REASONS = ("not_ready", "no_budget", "duplicate")


def write_export(folder: Path, seed: int = 7) -> None:
    """Write contacts, companies, deals, calls and e-mails as answers of batch reads, 50 records each."""
    chance = random.Random(seed)
    records: dict[str, list[dict]] = {"companies": list(companies(chance))}
    for number in range(1, LEADS + 1):
        for kind, record in lead(chance, number, records["companies"]):
            records.setdefault(kind, []).append(record)
    for kind, every in records.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for page, start in enumerate(range(0, len(every), BATCH), 1):
            answer = {"status": "COMPLETE", "completedAt": iso(MADE), "results": every[start : start + BATCH]}
            (folder / kind / f"{page:03}.json").write_text(json.dumps(answer, indent=1), "utf-8")


def companies(chance: random.Random) -> Iterator[dict]:
    """Invent companies; their size has a history, their industry is as it is today."""
    for number in range(1, COMPANIES + 1):
        size = chance.choice((8, 60, 250, 1200, 9000))
        founded = BEGIN - timedelta(days=chance.uniform(1, 300))
        history = {"numberofemployees": [item(size * 11 // 10, BEGIN + timedelta(days=200)), item(size, founded)]}
        today = {"industry": chance.choice(INDUSTRIES), "country": chance.choice(("DE", "AT", "JP", "US"))}
        yield record(f"9{number:03}", founded, today, history)


def lead(chance: random.Random, number: int, known_companies: list[dict]) -> Iterator[tuple[str, dict]]:
    """Invent a contact with what it did, and with what sales did; who views more is readier."""
    company = chance.choice(known_companies)
    created = BEGIN + timedelta(days=chance.uniform(0, DAYS_OF_ARRIVAL))
    interest = chance.betavariate(2, 3)
    fits = company["properties"]["industry"] in INDUSTRIES[:2]
    views = sorted(created + timedelta(days=chance.uniform(0, 30)) for _ in range(1 + int(20 * interest)))
    stages, statuses, reasons = [("lead", created)], [("NEW", created)], []
    yield from calls(chance, number, created)
    qualified = created + timedelta(days=chance.uniform(2, 30))
    if interest + 0.2 * fits > 0.3:
        stages.append(("marketingqualifiedlead", qualified))
        if chance.random() < 0.15 + 0.7 * interest * (0.6 + 0.4 * fits):
            handed = qualified + timedelta(days=chance.uniform(0.5, 25))
            stages.append(("salesqualifiedlead", handed))
            statuses.append(("CONNECTED", handed))
            back = handed + timedelta(days=chance.uniform(1, 12))
            if chance.random() < 0.2:  # sales hands the lead back: the stage is cleared, then set lower
                statuses.append(("BAD_TIMING", back))
                reasons.append((chance.choice(REASONS), back + timedelta(seconds=20)))
                stages += [("", back - timedelta(seconds=1)), ("lead", back)]
            else:
                yield "deals", deal(chance, number, handed)
    histories = {
        "lifecyclestage": changes(stages),
        "hs_lead_status": changes(statuses),
        "return_reason": changes(reasons),
        "hubspot_owner_id": changes([(str(chance.randint(1, 4)), created + timedelta(hours=1))]),
        "hs_analytics_num_page_views": changes([(str(count), time) for count, time in enumerate(views, 1)]),
        "jobtitle": changes([(chance.choice(TITLES), created)]),
    }
    today = {
        "hs_analytics_source": chance.choice(SOURCES),
        "associatedcompanyid": company["id"],
        "customer_kind": "new_prospect",
    }
    yield "contacts", record(str(number), created, today, {name: told for name, told in histories.items() if told})


def calls(chance: random.Random, number: int, created: datetime) -> Iterator[tuple[str, dict]]:
    """Invent calls by people and an e-mail by a sequence."""
    for attempt in range(chance.randint(0, 3)):
        at = created + timedelta(days=chance.uniform(1, 40))
        properties = {
            "hs_timestamp": iso(at),
            "hs_call_direction": "OUTBOUND",
            "hs_call_disposition": chance.choice((CONNECTED, NO_ANSWER)),
            "hubspot_owner_id": str(chance.randint(1, 4)),
        }
        yield "calls", record(f"7{number:04}{attempt}", at, properties, attached=str(number))
    mailed = created + timedelta(days=1)
    properties = {
        "hs_timestamp": iso(mailed),
        "hs_email_direction": "EMAIL",
        "hs_email_status": "SENT",
        "hs_sequence_id": "3",
    }
    yield "emails", record(f"6{number:04}", mailed, properties, attached=str(number))


def deal(chance: random.Random, number: int, handed: datetime) -> dict:
    """Invent the deal of a lead that was handed over."""
    offered, closed = (handed + timedelta(days=days + chance.uniform(0, 15)) for days in (1, 20))
    stages = changes(
        [
            ("appointmentscheduled", handed),
            ("contractsent", offered),
            (chance.choice(("closedwon", "closedlost")), closed),
        ]
    )
    history = {"dealstage": stages, "amount": changes([(str(chance.randint(5, 90) * 1000), offered)])}
    return record(f"8{number:04}", handed, {}, history, attached=str(number))


def record(number: str, created: datetime, today: dict, history: dict | None = None, *, attached: str = "") -> dict:
    """Write a record as HubSpot's batch read does."""
    written = {
        "id": number,
        "createdAt": iso(created),
        "updatedAt": iso(MADE - timedelta(days=1)),
        "archived": False,
        "properties": today,
        "propertiesWithHistory": history or {},
    }
    if attached:
        written["associations"] = {"contacts": {"results": [{"id": attached, "type": "to_contact"}]}}
    return written


def changes(told: list[tuple[str, datetime]]) -> list[dict]:
    """Write the history of a property, the latest change first."""
    return [item(value, time) for value, time in reversed(told)]


def item(value: object, time: datetime) -> dict:
    """Write one change."""
    return {"value": str(value), "timestamp": iso(time), "sourceType": "CRM_UI", "sourceId": "userId:1"}


def iso(time: datetime) -> str:
    """Write a time as HubSpot does."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


if __name__ == "__main__":
    write_export(Path(__file__).parent / ".leadml" / "export")

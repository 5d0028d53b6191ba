"""Invents a small export of Salesforce, in the CSV files of Data Loader, to try leadml on: `python make_export.py`."""

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
MADE = datetime(2026, 10, 1, tzinfo=UTC)
LEADS, DAYS_OF_ARRIVAL = 400, 400
INDUSTRIES = ("Machinery", "Automotive", "Retail", "Consulting")
TITLES = ("Head of production", "Engineer", "Buyer", "Student")
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List")
FIELDS = {
    "Lead": (
        "Id,IsDeleted,MasterRecordId,CreatedDate,LastModifiedDate,Status,OwnerId,Industry,Title,LeadSource,"
        "NumberOfEmployees,Kind__c,IsConverted,ConvertedDate,ConvertedContactId,ConvertedOpportunityId"
    ),
    "LeadHistory": "LeadId,Field,OldValue,NewValue,CreatedDate,IsDeleted",
    "Task": "Id,WhoId,Status,TaskSubtype,CallType,CallDisposition,ActivityDate,CompletedDateTime,CreatedDate,IsDeleted",
    "Event": "Id,WhoId,Type,StartDateTime,CreatedDate,IsDeleted",
    "Opportunity": "Id,IsDeleted,CreatedDate,StageName,IsWon,Amount",
    "OpportunityHistory": "OpportunityId,StageName,Amount,CreatedDate",
    "OpportunityContactRole": "OpportunityId,ContactId,CreatedDate,IsDeleted",
    "Contact": "Id,IsDeleted,MasterRecordId,CreatedDate",
}
Row = dict[str, object]


def write_export(folder: Path, seed: int = 7) -> None:
    """Write one CSV file an object."""
    chance = random.Random(seed)
    rows: dict[str, list[Row]] = {name: [] for name in FIELDS}
    for number in range(1, LEADS + 1):
        for name, row in lead(chance, number):
            rows[name].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for name, fields in FIELDS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fields.split(","), restval="")
            writer.writeheader()
            writer.writerows(rows[name])


def lead(chance: random.Random, number: int) -> Iterator[tuple[str, Row]]:
    """Invent a lead with its history; who asks more often is readier, and so is who fits."""
    lead_id, created = record_id("00Q", number), BEGIN + timedelta(days=chance.uniform(0, DAYS_OF_ARRIVAL))
    interest, industry = chance.betavariate(2, 3), chance.choice(INDUSTRIES)
    row: Row = {
        "Id": lead_id,
        "IsDeleted": "false",
        "CreatedDate": iso(created),
        "LastModifiedDate": iso(MADE - timedelta(days=1)),
        "Status": "Open - Not Contacted",
        "OwnerId": record_id("005", 1 + number % 4),
        "Industry": industry,
        "Title": chance.choice(TITLES),
        "LeadSource": chance.choice(SOURCES),
        "NumberOfEmployees": chance.choice((8, 60, 250, 1200, 9000)),
        "Kind__c": "new_prospect",
        "IsConverted": "false",
    }
    yield "LeadHistory", history(lead_id, "created", "", "", created)
    if number % 4 == 0:
        yield (
            "LeadHistory",
            history(lead_id, "Title", chance.choice(TITLES), str(row["Title"]), created + timedelta(days=9)),
        )
    yield from asked(chance, number, created, interest)
    worked = created + timedelta(days=chance.uniform(1, 20))
    if interest > 0.25:
        row["Status"] = "Working - Contacted"
        yield "LeadHistory", history(lead_id, "Status", "Open - Not Contacted", "Working - Contacted", worked)
        yield "LeadHistory", history(lead_id, "Owner", "Queue", "Ada Lovelace", worked)
        yield "LeadHistory", history(lead_id, "Owner", record_id("00G", 1), record_id("005", 1 + number % 4), worked)
        yield from tried(chance, number, worked)
        decided = worked + timedelta(days=chance.uniform(1, 25))
        if chance.random() < interest * (1 if industry in INDUSTRIES[:2] else 0.6):
            yield from converted(chance, number, decided, row)
        elif chance.random() < 0.4:
            row["Status"] = "Nurturing"
            yield "LeadHistory", history(lead_id, "Status", "Working - Contacted", "Nurturing", decided)
            yield (
                "LeadHistory",
                history(lead_id, "Return_Reason__c", "", chance.choice(("no_budget", "not_ready")), decided),
            )
    yield "Lead", row


def asked(chance: random.Random, number: int, created: datetime, interest: float) -> Iterator[tuple[str, Row]]:
    """Invent calls that came from the lead."""
    for call in range(int(6 * interest)):
        at = iso(created + timedelta(days=chance.uniform(0, 20)))
        yield "Task", task(f"{number:04}{call}", record_id("00Q", number), at, CallType="Inbound")


def tried(chance: random.Random, number: int, worked: datetime) -> Iterator[tuple[str, Row]]:
    """Invent calls of our own people, an e-mail to a list and a meeting."""
    who = record_id("00Q", number)
    for call in range(chance.randint(0, 3)):
        at = iso(worked + timedelta(days=chance.uniform(0, 12)))
        result = chance.choice(("Connected", "No Answer", "Left Voicemail"))
        yield "Task", task(f"{number:04}{call + 5}", who, at, CallType="Outbound", CallDisposition=result)
    yield "Task", task(f"{number:04}9", who, iso(worked), TaskSubtype="ListEmail")
    if number % 5 == 0:
        at = iso(worked + timedelta(days=3))
        event_id = record_id("00U", number)
        yield (
            "Event",
            {"Id": event_id, "WhoId": who, "Type": "Meeting", "StartDateTime": at, "CreatedDate": iso(worked)},
        )


def converted(chance: random.Random, number: int, at: datetime, row: Row) -> Iterator[tuple[str, Row]]:
    """Invent the contact and the opportunity of a lead that was converted; some have no history of it, only a day."""
    lead_id, contact, deal = (record_id(prefix, number) for prefix in ("00Q", "003", "006"))
    won = chance.random() < 0.4
    row |= {"Status": "Closed - Converted", "IsConverted": "true", "ConvertedDate": at.date().isoformat()}
    row |= {"ConvertedContactId": contact, "ConvertedOpportunityId": deal}
    yield "LeadHistory", history(lead_id, "Status", "Working - Contacted", "Closed - Converted", at)
    if number % 7:
        yield "LeadHistory", history(lead_id, "leadConverted", "", "", at)
    yield "Contact", {"Id": contact, "IsDeleted": "false", "CreatedDate": iso(at)}
    yield "OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact, "CreatedDate": iso(at)}
    stage, amount = "Closed Won" if won else "Closed Lost", chance.randint(5, 90) * 1000
    yield (
        "Opportunity",
        {"Id": deal, "CreatedDate": iso(at), "StageName": stage, "IsWon": str(won).lower(), "Amount": amount},
    )
    for name, days in (("Qualification", 0), ("Proposal/Price Quote", 6), (stage, 25)):
        time = iso(at + timedelta(days=days))
        yield "OpportunityHistory", {"OpportunityId": deal, "StageName": name, "Amount": amount, "CreatedDate": time}


def task(number: str, who: str, at: str, **more: object) -> Row:
    """Write a task that is done."""
    done = {
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CompletedDateTime": at,
        "CreatedDate": at,
        "IsDeleted": "false",
    }
    return {"Id": record_id("00T", int(number)), "WhoId": who, **done, **more}


def history(lead_id: str, field: str, old: str, new: str, time: datetime) -> Row:
    """Write one row of LeadHistory."""
    told = {"LeadId": lead_id, "Field": field, "OldValue": old, "NewValue": new}
    return {**told, "CreatedDate": iso(time), "IsDeleted": "false"}


def record_id(prefix: str, number: int) -> str:
    """Invent an id of 15 signs."""
    return f"{prefix}{number:012}"


def iso(time: datetime) -> str:
    """Write a time as Data Loader does."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


if __name__ == "__main__":
    write_export(Path(__file__).parent / ".leadml" / "export")

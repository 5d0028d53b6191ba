"""What Salesforce calls things: its usual words in ours, the fields that are no facts about a lead, and its ids."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

LEAD_STATUSES: Mapping[str, str] = {
    "Open - Not Contacted": "open_not_contacted",
    "Working - Contacted": "working_contacted",
    "Closed - Converted": "closed_converted",
    "Closed - Not Converted": "closed_not_converted",
}

DEAL_STAGES: Mapping[str, str] = {
    "Prospecting": "prospecting",
    "Qualification": "qualification",
    "Needs Analysis": "needs_analysis",
    "Value Proposition": "value_proposition",
    "Id. Decision Makers": "decision_makers_identified",
    "Perception Analysis": "perception_analysis",
    "Proposal/Price Quote": "proposal",
    "Negotiation/Review": "negotiation",
    "Closed Won": "closed_won",
    "Closed Lost": "closed_lost",
}

RESULTS: Mapping[str, str] = {
    "Connected": "connected",
    "Completed": "completed",
    "No Answer": "no_answer",
    "Left Voicemail": "voicemail",
    "Voicemail": "voicemail",
    "Busy": "busy",
    "Wrong Number": "wrong_number",
}

WON = "Closed Won"

# A field is left out of the attributes under the first of these that it fits; the key is that of the finding.
_OF_TODAY = re.compile(
    r"Status|IsConverted|Converted\w+|Owner(Id|\.\w+)?|IsUnreadByOwner|Last(Activity|Modified|Viewed|Referenced)\w*"
    r"|SystemModstamp|(First|Last)(Call|Email)DateTime|ActivityMetric\w*|EmailBounced\w+|ScoreIntelligenceId|IsPriorityRecord"
    r"|CallScriptId|HasOptedOut\w*|DoNotCall|Rating"
)
_NAMES = re.compile(
    r"Id|Name|FirstName|LastName|MiddleName|Suffix|Salutation|Company|Email|Phone|MobilePhone|Fax|Street|PostalCode"
    r"|Latitude|Longitude|GeocodeAccuracy|Address|Website|Description|PhotoUrl|Jigsaw\w*|\w+Id|\w+\.\w+|IsDeleted"
    r"|CreatedDate|created_at|known_at|lead_id|company_id|merged_\w+|begins_at|event_id|sequence"
    r"|(Billing|Shipping|Mailing|Other)(Street|PostalCode|Latitude|Longitude|GeocodeAccuracy|Address)|AccountNumber|Site"
)
LEFT_OUT: Mapping[str, re.Pattern[str]] = {"of_today_left_out": _OF_TODAY, "names_left_out": _NAMES}

_CHECK_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT_ID = re.compile(r"[a-zA-Z0-9]{15}")
_LONG_ID = re.compile(r"[a-zA-Z0-9]{18}")


def why_left_out(name: str) -> str | None:
    """Say why a field is no attribute: the key of a finding; None: it is one.

    Examples
    --------
    >>> why_left_out("Industry"), why_left_out("ConvertedDate"), why_left_out("Email")
    (None, 'of_today_left_out', 'names_left_out')
    """
    return next((key for key, pattern in LEFT_OUT.items() if pattern.fullmatch(name)), None)


@lru_cache(maxsize=1_000_000)
def long_id(record_id: str) -> str:
    """Write an id of 15 signs with the three that tell upper from lower case: both are the same record.

    Examples
    --------
    >>> long_id("00Q5f000001AbCd"), long_id("00Q5f000001AbCdEAK"), long_id("L1")
    ('00Q5f000001AbCdEAK', '00Q5f000001AbCdEAK', 'L1')
    """
    if not _SHORT_ID.fullmatch(record_id):
        return record_id
    fives = (record_id[start : start + 5] for start in (0, 5, 10))
    return record_id + "".join(
        _CHECK_SIGNS[sum(sign.isupper() << bit for bit, sign in enumerate(five))] for five in fives
    )


def is_id(value: str) -> bool:
    """Tell whether a value of a lookup is the id of a user or queue, not its name.

    Examples
    --------
    >>> is_id("0055f000001AbCdAAK"), is_id("Ada Lovelace")
    (True, False)
    """
    return value[:3] in ("005", "00G") and bool(_SHORT_ID.fullmatch(value) or _LONG_ID.fullmatch(value))


def yes(values: Sequence[str | None]) -> list[bool]:
    """Read a column of true and false, as CSV files and queries write them.

    Examples
    --------
    >>> yes(["true", "TRUE", "1", "false", None])
    [True, True, True, False, False]
    """
    return [value is not None and value.lower() in ("true", "1", "yes") for value in values]

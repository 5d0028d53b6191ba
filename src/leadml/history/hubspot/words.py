"""What HubSpot calls things: its usual words in ours, its counters, and the properties that are no facts about a lead.

Portals add words of their own; those stay as they are and `words` in history.yaml translates them.
"""

import re
from collections.abc import Mapping

LIFECYCLE_STAGES: Mapping[str, str] = {"marketingqualifiedlead": "mql", "salesqualifiedlead": "sql"}

LEAD_STATUSES: Mapping[str, str] = {
    "NEW": "new",
    "OPEN": "open",
    "IN_PROGRESS": "in_progress",
    "OPEN_DEAL": "open_deal",
    "UNQUALIFIED": "unqualified",
    "ATTEMPTED_TO_CONTACT": "attempted_to_contact",
    "CONNECTED": "connected",
    "BAD_TIMING": "bad_timing",
}

DEAL_STAGES: Mapping[str, str] = {
    "appointmentscheduled": "appointment_scheduled",
    "qualifiedtobuy": "qualified_to_buy",
    "presentationscheduled": "presentation_scheduled",
    "decisionmakerboughtin": "decision_maker_bought_in",
    "contractsent": "contract_sent",
    "closedwon": "closed_won",
    "closedlost": "closed_lost",
}

# What an attempt led to. HubSpot names the outcomes of calls by ids that are the same in every portal.
RESULTS: Mapping[str, str] = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "connected",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "busy",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "left_live_message",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "voicemail",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "no_answer",
    "17b47fee-58de-441e-a44c-c6300d46f273": "wrong_number",
    "SENT": "sent",
    "BOUNCED": "bounced",
    "FAILED": "failed",
    "SCHEDULED": "scheduled",
    "COMPLETED": "connected",
    "RESCHEDULED": "rescheduled",
    "NO_SHOW": "no_show",
    "CANCELED": "canceled",
}

RESULT_PROPERTIES: Mapping[str, str] = {
    "calls": "hs_call_disposition",
    "emails": "hs_email_status",
    "meetings": "hs_meeting_outcome",
}

# Properties that only count up: each increment in their history is something that the lead did.
COUNTERS: Mapping[str, str] = {
    "hs_analytics_num_page_views": "page_view",
    "hs_analytics_num_visits": "visit",
    "hs_analytics_num_event_completions": "event_completion",
    "num_conversion_events": "form_submission",
    "hs_email_delivered": "email_delivered",
    "hs_email_open": "email_open",
    "hs_email_click": "email_click",
    "hs_email_replied": "email_reply",
    "hs_email_bounce": "email_bounce",
    "hs_social_facebook_clicks": "social_click",
    "hs_social_google_plus_clicks": "social_click",
    "hs_social_linkedin_clicks": "social_click",
    "hs_social_twitter_clicks": "social_click",
}

# Histories with a table of their own.
STAGE, STATUS, OWNER = "lifecyclestage", "hs_lead_status", "hubspot_owner_id"
DEAL_STAGE, AMOUNT = "dealstage", "amount"

# A property is left out under the first of these that it fits; the key is that of the finding which says so.
_STAGE_DATES = re.compile(
    r"hs_lifecyclestage_.+_date|hs_(v2_)?(latest_|cumulative_)?(date_entered|date_exited|time_in)_.+|became_an?_.+_date"
)
_NAMES = re.compile(
    r"(lead|company|event)_id|(created|known|begins)_at|merged_\w+|sequence|(first|last|full)_?name|name|company(_name)?|hs_full_name.*|salutation|(work_|hs_additional_)?e?mails?|hs_email_domain|domain|website"
    r"|(mobile_?|hs_\w*)?phone(_number)?|hs_\w*phone\w*|hs_calculated_\w*|fax(_number)?|(street_)?address2?|zip"
    r"|postal_code|date_of_birth|twitterhandle|linkedinbio|linkedinconnections|photo|hs_linkedin\w*|\w+_url|description"
    r"|about_us|message|hs_object_id|record_id|id|hs_all_\w+|hs_merged_object_ids|hs_unique_creation_key"
    r"|associated\w*|hs_createdate|createdate|create_date|(hs_)?lastmodifieddate|last_modified_date"
    r"|hs_object_source\w*|hs_(created|updated)_by_user_id|hs_user_ids_of_all_\w+|hs_read_only|hs_pipeline"
)
_OF_TODAY = re.compile(
    r"lifecycle_?stage|(hs_)?lead_status|hubspot_(owner|team)\w*|(contact|company|deal)_owner|deal_?stage|amount\w*"
    r"|close_?date|days_to_close|total_\w+|hs_(is|num|time|days|date|last|latest|first|sales|sa|social|predictive)\w*"
    r"|hs_(count|current\w*|was|sequences|lead|deal|closed|forecast|projected|tcv|acv|arr|mrr|next)\w*"
    r"|hs_analytics_(num|last|average|revenue)\w*|hs_email_\w+|num_\w+|number_of_(?!employees).+|notes_\w+|recent_\w+"
    r"|first_(conversion|deal)\w*|last_\w+|average_\w+|times_\w+|time_(to|of)_\w+|hubspotscore|hubspot_score|\w+_score"
    r"|currentlyinworkflow|engagements_\w+|ip_\w+|webinareventlastupdated|lifetime_\w+"
)

LEFT_OUT: Mapping[str, re.Pattern[str]] = {
    "stage_dates_left_out": _STAGE_DATES,
    "names_left_out": _NAMES,
    "of_today_left_out": _OF_TODAY,
}

# The CSV files of HubSpot's pages carry labels; where a property has a well-known one, its own name is used.
PROPERTIES_OF_LABELS: Mapping[str, str] = {
    "Annual Revenue": "annualrevenue",
    "Associated Company IDs": "associated_company_ids",
    "Associated Company IDs (Primary)": "associatedcompanyid",
    "Associated Contact IDs": "associated_contact_ids",
    "Company Name": "company",
    "Country/Region": "country",
    "Deal Stage": DEAL_STAGE,
    "Industry": "industry",
    "Job Title": "jobtitle",
    "Lead Status": STATUS,
    "Lifecycle Stage": STAGE,
    "Number of Employees": "numberofemployees",
    "Number of Form Submissions": "num_conversion_events",
    "Number of Pageviews": "hs_analytics_num_page_views",
    "Number of Sessions": "hs_analytics_num_visits",
    "Original Source": "hs_analytics_source",
    "Original Traffic Source": "hs_analytics_source",
    "State/Region": "state",
}


def why_left_out(name: str) -> str | None:
    """Say why a property is no attribute: the key of a finding; None: it is one.

    Parameters
    ----------
    name : str
        A property, or the label of a CSV column as `property_of_label` writes it.

    Examples
    --------
    >>> why_left_out("industry"), why_left_out("hs_lifecyclestage_customer_date"), why_left_out("num_notes")
    (None, 'stage_dates_left_out', 'of_today_left_out')
    """
    return next((key for key, pattern in LEFT_OUT.items() if pattern.fullmatch(name)), None)


def property_of_label(label: str) -> str:
    """Give the property that a column of a CSV file shows.

    Examples
    --------
    >>> property_of_label("Job Title"), property_of_label("Favourite Machine (old)")
    ('jobtitle', 'favourite_machine_old')
    """
    known = PROPERTIES_OF_LABELS.get(label)
    return known if known is not None else re.sub(r"\W+", "_", label.strip().lower()).strip("_")

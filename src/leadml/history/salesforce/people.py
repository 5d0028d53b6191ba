"""Who is who: a lead stays the same when it is converted to a contact, and its deals are its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from leadml.clock import now, to_iso
from leadml.errors import LeadmlError
from leadml.history.gathered import Text, instants_of, latest_of
from leadml.history.salesforce.field_history import FieldChanges, field_changes
from leadml.history.salesforce.objects import Columns, Objects
from leadml.history.salesforce.words import yes

CONVERSION = "leadConverted"


@dataclass(frozen=True)
class Link:
    """A lead to which something belongs, and since when that was known at the latest; None: always."""

    lead: str
    since: Text = None


@dataclass(frozen=True)
class People:
    """The leads of an export, and what belongs to them.

    Attributes
    ----------
    objects : Objects
    """

    objects: Objects

    @cached_property
    def lead_rows(self) -> list[int]:
        """Rows of the object Lead that are leads: not deleted, or merged into another."""
        deleted, masters = yes(self.leads.of("IsDeleted")), self.leads.of("MasterRecordId")
        return [row for row in range(len(self.leads)) if not deleted[row] or masters[row] is not None]

    @cached_property
    def deleted_leads(self) -> frozenset[str]:
        """Ids of leads that were deleted: they are left out with all their facts."""
        ids, kept = self.leads.of("Id"), set(self.lead_rows)
        there = {ids[row] for row in kept}
        return frozenset(one for row, one in enumerate(ids) if row not in kept and one is not None and one not in there)

    @cached_property
    def known_until(self) -> int:
        """The latest instant at which anything was written, UTC microseconds: the export was made after it."""
        return max(map(_last_written, self.objects.columns.values()), default=0)

    @cached_property
    def told_until(self) -> Text:
        """The latest instant at which anything was written about leads."""
        instant = max(_last_written(self.leads), _last_written(self.objects.of("LeadHistory")))
        return to_iso(instant) if instant else None

    @property
    def leads(self) -> Columns:
        """The object Lead."""
        return self.objects.of("Lead")

    @cached_property
    def history(self) -> FieldChanges:
        """The history of the leads' fields, without deleted leads."""
        return field_changes(self.objects.of("LeadHistory"), "LeadId", self.deleted_leads)

    @cached_property
    def converted_at(self) -> Mapping[str, Text]:
        """When each converted lead was converted; only a day where the history does not say."""
        ids, days = self.leads.of("Id"), self.leads.of("ConvertedDate")
        told: dict[str, Text] = {}
        for row in self.lead_rows:
            lead, day = ids[row], days[row]
            if lead is not None and day is not None:
                told[lead] = day
        for row in self.history.rows_of(CONVERSION):
            lead = self.history.owners[row]
            if lead is not None:
                told[lead] = self.history.created[row]
        return told

    @cached_property
    def leads_of_contact(self) -> Mapping[str, list[Link]]:
        """The leads that became each contact; what was known of the contact before is the lead's since then."""
        ids, contacts = self.leads.of("Id"), self.leads.of("ConvertedContactId")
        kept_contact = self._kept_contacts
        links: dict[str, list[Link]] = {}
        for row in self.lead_rows:
            lead, contact = ids[row], contacts[row]
            if lead is not None and contact is not None:
                for one in dict.fromkeys((contact, kept_contact.get(contact, contact))):
                    links.setdefault(one, []).append(Link(lead, self.converted_at.get(lead)))
        return links

    @cached_property
    def leads_of_deal(self) -> Mapping[str, list[Link]]:
        """The leads to which each opportunity belongs: by its conversion, or by a role of its contact."""
        ids, deals = self.leads.of("Id"), self.leads.of("ConvertedOpportunityId")
        links: dict[str, dict[str, Link]] = {}
        for row in self.lead_rows:
            lead, deal = ids[row], deals[row]
            if lead is not None and deal is not None:
                links.setdefault(deal, {})[lead] = Link(lead, self.converted_at.get(lead))
        roles = self.objects.of("OpportunityContactRole")
        since = roles.of("CreatedDate")
        deleted = yes(roles.of("IsDeleted"))
        told = [
            (deal, link.lead, since[row], link.since)
            for row, (deal, contact) in enumerate(zip(roles.of("OpportunityId"), roles.of("ContactId"), strict=True))
            if deal is not None and not deleted[row]
            for link in self.leads_of_contact.get(contact or "", ())
        ]
        latest = latest_of([one[2] for one in told], [one[3] for one in told])
        for (deal, lead, _, _), known in zip(told, latest, strict=True):
            links.setdefault(deal, {}).setdefault(lead, Link(lead, known))
        return {deal: list(own.values()) for deal, own in links.items()}

    def leads_of(self, person: Text) -> list[Link]:
        """Give the leads that a person is: the lead itself, or those that became this contact."""
        if person is None or person in self.deleted_leads:
            return []
        if person in self.leads_of_contact:
            return self.leads_of_contact[person]
        return [] if person.startswith("003") else [Link(person)]

    @cached_property
    def _kept_contacts(self) -> Mapping[str, str]:
        """The contact that was kept of each that was merged."""
        contacts = self.objects.of("Contact")
        into = {
            one: kept
            for one, kept in zip(contacts.of("Id"), contacts.of("MasterRecordId"), strict=True)
            if one is not None and kept is not None
        }
        kept_of: dict[str, str] = {}
        for one in into:
            seen, kept = {one}, into[one]
            while kept in into:
                if kept in seen:
                    raise LeadmlError(
                        "merged_in_a_circle", where="Contact, MasterRecordId", leads=", ".join(sorted(seen))
                    )
                seen.add(kept)
                kept = into[kept]
            kept_of[one] = kept
        return kept_of

    def require(self, name: str, table: str, *, where: str) -> Columns:
        """Give an object without which a table would wrongly be called empty.

        Raises
        ------
        LeadmlError
            `not_in_export`.
        """
        if name not in self.objects.columns:
            raise LeadmlError("not_in_export", where=where, table=table, missing=name)
        return self.objects.of(name)


def _last_written(columns: Columns) -> int:
    """Give the latest instant at which a record was written; one after now is a fault, which the pipeline finds."""
    latest, today = 0, now()
    for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
        instants, readable = instants_of(columns.of(name))
        latest = max(latest, int(instants[readable & (instants <= today)].max(initial=0)))
    return latest

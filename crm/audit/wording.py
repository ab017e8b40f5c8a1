"""How the audit log reads: its kinds, and a sentence for each entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from crm.organizations.forms import SIGHTS
from crm.pages import role_name
from crm.trail import AuditEntry

# Kind: what the filter calls it, and its sentence without who did it.
KINDS = {
    "signed_in": (_l("Signed in"), _l("Signed in")),
    "sign_in_failed": (_l("Failed to sign in"), _l("Failed to sign in as %(subject)s")),
    "password_changed": (_l("Password changed"), _l("Changed the own password")),
    "signed_out_everywhere": (_l("Signed out everywhere"), _l("Signed out every other browser")),
    "program_signed_in": (_l("Program signed in"), _l("Signed in by a program")),
    "token_made": (_l("API token made"), _l("Made an API token")),
    "token_revoked": (_l("API token revoked"), _l("Revoked an API token")),
    "invitation_sent": (_l("Invitation sent"), _l("Invited %(subject)s as %(role)s")),
    "invitation_resent": (_l("Invitation sent again"), _l("Invited %(subject)s again")),
    "invitation_revoked": (_l("Invitation withdrawn"), _l("Withdrew the invitation of %(subject)s")),
    "invitation_accepted": (_l("Invitation accepted"), _l("Accepted the invitation of %(subject)s as %(role)s")),
    "call_manager_created": (_l("Call manager created"), _l("Created the call manager %(subject)s in %(team)s")),
    "role_changed": (_l("Role changed"), _l("Changed the role of %(subject)s from %(old)s to %(new)s")),
    "member_removed": (_l("Member removed"), _l("Removed %(subject)s%(handed)s")),
    "member_reinstated": (_l("Member taken back"), _l("Took %(subject)s back as %(role)s")),
    "member_left": (_l("Member left"), _l("Left the organization")),
    "ownership_transferred": (_l("Ownership transferred"), _l("Transferred ownership to %(subject)s")),
    "team_added": (_l("Team added"), _l("Added the team %(subject)s")),
    "team_renamed": (_l("Team renamed"), _l("Renamed the team %(old)s to %(subject)s")),
    "team_deleted": (_l("Team deleted"), _l("Deleted the team %(subject)s")),
    "team_joined": (_l("Put into a team"), _l("Put %(subject)s into the team %(team)s")),
    "team_left": (_l("Taken out of a team"), _l("Took %(subject)s out of the team %(team)s")),
    "team_lead_made": (_l("Lead named"), _l("Made %(subject)s a lead of %(team)s")),
    "team_lead_ended": (_l("Lead ended"), _l("%(subject)s leads %(team)s no more")),
    "settings_changed": (_l("Settings changed"), _l("Changed the settings: %(changed)s")),
    "currency_added": (_l("Currency added"), _l("Added the currency %(subject)s at the rate %(rate)s")),
    "rate_changed": (_l("Rate changed"), _l("Changed the rate of %(subject)s from %(old)s to %(new)s")),
    "currency_deleted": (_l("Currency deleted"), _l("Deleted the currency %(subject)s and its rate %(rate)s")),
    "tag_added": (_l("Tag added"), _l("Added the tag %(subject)s")),
    "tag_renamed": (_l("Tag renamed"), _l("Renamed the tag %(old)s to %(subject)s")),
    "tag_recoloured": (_l("Tag recoloured"), _l("Changed the colour of the tag %(subject)s from %(old)s to %(new)s")),
    "tag_deleted": (_l("Tag deleted"), _l("Deleted the tag %(subject)s")),
    "deal_deleted": (_l("Deal deleted"), _l("Deleted the deal %(subject)s")),
    "contact_deleted": (_l("Contact deleted"), _l("Deleted the contact %(subject)s")),
    "company_deleted": (_l("Company deleted"), _l("Deleted the company %(subject)s")),
    "pipeline_deleted": (_l("Pipeline deleted"), _l("Deleted the pipeline %(subject)s")),
    "stage_deleted": (_l("Stage deleted"), _l("Deleted the stage %(subject)s of %(pipeline)s")),
    "lost_reason_deleted": (_l("Lost reason deleted"), _l("Deleted the lost reason %(subject)s")),
    "audit_exported": (_l("Audit log downloaded"), _l("Downloaded the audit log")),
}
SETTINGS = {
    "name": _l("name"),
    "currency": _l("currency"),
    "timezone": _l("time zone"),
    "language": _l("language"),
    "visibility": _l("members and viewers see"),
    "lost_reason_required": _l("losing a deal asks for a reason"),
}


class Parts(dict[str, Any]):
    """What a sentence speaks of; what an old payload lacks is left out."""

    def __missing__(self, key: str) -> str:
        return ""


def kind_name(kind: str) -> str:
    return str(KINDS[kind][0]) if kind in KINDS else kind


def sentence_of(entry: AuditEntry) -> str:
    """What happened, without who did it; plain text."""
    parts = Parts(entry.payload, subject=entry.subject)
    for name in ("role", *(("old", "new") if entry.kind == "role_changed" else ())):
        parts[name] = role_name(parts[name]) if parts[name] else ""
    parts["changed"] = "; ".join(turned(*one) for one in (entry.payload.get("changed") or {}).items())
    parts["handed"] = handed(entry.payload) if entry.kind == "member_removed" else ""
    return str(KINDS[entry.kind][1]) % parts if entry.kind in KINDS else entry.kind


def turned(field: str, values: list[Any]) -> str:
    """A setting, from what to what."""
    old, new = (setting(field, value) for value in values)
    return str(gettext("%(field)s from %(old)s to %(new)s", field=SETTINGS.get(field, field), old=old, new=new))


def setting(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    return str(SIGHTS[value][0]) if field == "visibility" and value in SIGHTS else f"“{value}”"


def handed(payload: Mapping[str, Any]) -> str:
    """To whom how many records went."""
    count = sum(payload.get(kind, 0) for kind in ("deals", "contacts", "companies", "tasks"))
    if not count or not payload.get("heir"):
        return ""
    one, several = ", %(num)s record went to %(heir)s", ", %(num)s records went to %(heir)s"
    return str(ngettext(one, several, count, heir=payload["heir"]))

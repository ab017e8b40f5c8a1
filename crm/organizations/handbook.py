"""The permission table as people read it: `flask crm permissions` prints it, docs/permissions.md keeps it."""

from __future__ import annotations

from crm.organizations.permissions import PERMISSIONS, Reach, Role

ACTIONS = {
    "organization.view": "See who and what there is in general: the pipelines, the live updates",
    "organization.leave": "Leave; the last owner can't",
    "organization.settings": "Change the organization's settings, visibility among them",
    "organization.transfer": "Transfer ownership",
    "organization.delete": "Delete the organization with everything in it",
    "audit.view": "Read and download the audit log",
    "members.invite": "Invite people, send invitations again and withdraw them",
    "members.edit": "Change roles, remove people and take them back",
    "teams.edit": "Add, rename and delete teams, and choose who is in them and who leads",
    "teams.lead": "Open a team's page and add call managers to it",
    "pipelines.edit": "Change pipelines, stages and lost reasons",
    "customfields.edit": "Change custom fields",
    "tags.edit": "Change the list of tags",
    "currencies.edit": "Change currencies and rates",
    "webhooks.edit": "Change webhooks",
    "imports.undo": "Undo imports",
    "records.view": "See deals, contacts, companies and tasks, in lists, search, counts, sums, streams and exports",
    "records.create": "Add deals, contacts and companies; a member for oneself only",
    "records.edit": "Change, move and archive records; a task also by whom it is assigned to",
    "records.delete": "Delete records",
    "records.assign": "Give a record to somebody else",
    "records.distribute": "Deal many records out; a lead among the people of the led teams",
    "activities.create": "Report notes, calls, e-mails and meetings",
    "tasks.create": "Add tasks to deals",
    "deals.move_back": "Move a deal back to an earlier stage, or reopen it",
    "analytics.view": "See reports",
}
REACHES = {
    Reach.ALL: "all",
    Reach.SEEN: "what they may see",
    Reach.OWN: "own; leads: their team's",
    Reach.LED: "leads: their team's",
    Reach.NONE: "–",
}
HEAD = """# Who may do what

Printed by `flask crm permissions` from `crm/organizations/permissions.py`; a test compares the two.

- **all**: every record of the organization.
- **what they may see**: as the organization's visibility says: everyone's records, their team's, or only their own.
  A record outside it answers "not found", to every action and in every list, count and sum.
- **own; leads: their team's**: records that the person owns; a team lead also those of everyone in the led teams, and
  sees them under every visibility.
- **leads: their team's**: refused to who leads no team. A lead: the led teams, the people in them, what these own,
  and invitations into these teams.
- **–**: refused.

Nobody invites to a role above the own one, nor touches a person or an invitation of a higher role; a lead changes and
removes others only, never oneself. Members, teams and invitations are there for the whole organization.

What an address names is looked for first. If one of its records is not there for the person, be it unknown, another
organization's or out of sight, the answer is "not found", whatever the role. Only then the table may refuse.
"""


def handbook() -> str:
    """The whole table in Markdown: an action a row, a role a column."""
    head = ["what", *(f"{role}" for role in Role)]
    rows = [[f"{words} (`{action}`)", *scopes(action)] for action, words in ACTIONS.items()]
    return HEAD + "\n" + "\n".join(line(row) for row in (head, ["---"] * len(head), *rows)) + "\n"


def scopes(action: str) -> list[str]:
    """In words, for each role in its order."""
    return [REACHES[PERMISSIONS[action][role]] for role in Role]


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"

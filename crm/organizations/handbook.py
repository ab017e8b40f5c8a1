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
    "members.invite": "Invite people, at most to one's own role; a team lead: members into the own team",
    "members.edit": "Change roles and remove people up to one's own role; a team lead: members of the own team",
    "teams.edit": "Add, rename and delete teams, and choose who is in them and who leads",
    "teams.lead": "See a team and add call managers to it; a manager or member: the teams that one leads",
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
    "records.assign": "Give records to others",
    "activities.create": "Report notes, calls, e-mails and meetings",
    "tasks.create": "Add tasks to deals",
    "deals.move_back": "Move a deal back to an earlier stage, or reopen it",
    "analytics.view": "See reports",
}
REACHES = {Reach.ALL: "all", Reach.SEEN: "what they may see", Reach.OWN: "own; leads: their team's", Reach.NONE: "–"}
HEAD = """# Who may do what

Printed by `flask crm permissions` from `crm/organizations/permissions.py`; a test compares the two.

- **all**: every record of the organization.
- **what they may see**: as the organization's visibility says: everyone's records, their team's, or only their own.
  A record outside it answers "not found", to every action and in every list, count and sum.
- **own; leads: their team's**: records that the person owns; a team lead also those of everyone in the led teams, and
  sees them under every visibility.
- **–**: refused. Another organization's record is never told apart from one that does not exist.
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

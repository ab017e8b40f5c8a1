"""Who may do what: one table from action to the reach of each role. Screens, API and documents all read it."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """From the most to the least trusted."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"
    VIEWER = "viewer"


class Reach(StrEnum):
    """On which records a role may act.

    SEEN: as the visibility says. OWN: one's own, and a team lead's: the team's. LED: a team lead's alone: the team's.
    """

    ALL = "all"
    SEEN = "seen"
    OWN = "own"
    LED = "led"
    NONE = "none"


ALL, SEEN, OWN, LED, NONE = Reach.ALL, Reach.SEEN, Reach.OWN, Reach.LED, Reach.NONE

# action: owner, admin, manager, member, viewer
TABLE: dict[str, tuple[Reach, Reach, Reach, Reach, Reach]] = {
    "organization.view": (ALL, ALL, ALL, ALL, ALL),
    "organization.leave": (ALL, ALL, ALL, ALL, ALL),
    "organization.settings": (ALL, ALL, NONE, NONE, NONE),
    "organization.transfer": (ALL, NONE, NONE, NONE, NONE),
    "organization.delete": (ALL, NONE, NONE, NONE, NONE),
    "audit.view": (ALL, ALL, NONE, NONE, NONE),
    "members.invite": (ALL, ALL, NONE, LED, NONE),
    "members.edit": (ALL, ALL, NONE, LED, NONE),
    "teams.edit": (ALL, ALL, NONE, NONE, NONE),
    "teams.lead": (ALL, ALL, LED, LED, NONE),
    "pipelines.edit": (ALL, ALL, NONE, NONE, NONE),
    "customfields.edit": (ALL, ALL, NONE, NONE, NONE),
    "tags.edit": (ALL, ALL, NONE, NONE, NONE),
    "currencies.edit": (ALL, ALL, NONE, NONE, NONE),
    "webhooks.edit": (ALL, ALL, NONE, NONE, NONE),
    "imports.undo": (ALL, ALL, NONE, NONE, NONE),
    "records.view": (ALL, ALL, ALL, SEEN, SEEN),
    "records.create": (ALL, ALL, ALL, OWN, NONE),
    "records.edit": (ALL, ALL, ALL, OWN, NONE),
    "records.delete": (ALL, ALL, ALL, OWN, NONE),
    "records.assign": (ALL, ALL, ALL, OWN, NONE),
    "records.distribute": (ALL, ALL, ALL, LED, NONE),
    "activities.create": (ALL, ALL, ALL, SEEN, NONE),
    "tasks.create": (ALL, ALL, ALL, OWN, NONE),
    "deals.move_back": (ALL, ALL, NONE, NONE, NONE),
    "analytics.view": (ALL, ALL, ALL, SEEN, SEEN),
}

PERMISSIONS: dict[str, dict[Role, Reach]] = {
    action: dict(zip(Role, reaches, strict=True)) for action, reaches in TABLE.items()
}


def reach_of(role: Role, action: str) -> Reach:
    """Raises KeyError for an action that the table does not know: a typing error, not a refusal."""
    return PERMISSIONS[action][role]

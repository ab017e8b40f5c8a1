"""What the list of members shows."""

from __future__ import annotations

from typing import Any

from flask import url_for

from crm import mail
from crm.database import db
from crm.people.forms import InvitationForm
from crm.people.links import token_of
from crm.people.models import Invitation
from crm.people.queries import former_members, invitations_led_by, people_listed, teams_led_by
from crm.people.ranks import is_backed, may_edit, roles_below
from crm.sessions import current


def listed(form: InvitationForm | None = None) -> dict[str, Any]:
    """The list as it is now; `form` is an invitation that was refused."""
    me = current.member
    invited = me.may("members.invite")
    return {
        "people": people_listed(db.session(), me),
        "former": [(one, may_edit(me, one)) for one in db.session.scalars(former_members(me)).all()],
        "may_edit": lambda one: may_edit(me, one),
        "roles": roles_below(me),
        "is_backed": is_backed,
        "form": (form or invitation_form()) if invited else None,
        "invitations": [(one, link_of(one)) for one in db.session.scalars(invitations_led_by(me))] if invited else [],
    }


def invitation_form() -> InvitationForm:
    """With the roles and teams that this member may give."""
    return InvitationForm(roles_below(current.member), db.session.scalars(teams_led_by(current.member)).all())


def link_of(invitation: Invitation) -> str | None:
    """The link to copy, where no mail is sent."""
    if mail.is_sent():
        return None
    return url_for("invitations.accept", token=token_of(invitation), _external=True)

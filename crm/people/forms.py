"""What the pages about people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, SelectMultipleField
from wtforms.validators import DataRequired

from crm.accounts.models import LONGEST_NAME
from crm.errors import Conflict, Invalid
from crm.forms import ChoiceField, Form, Line
from crm.organizations.models import Membership, Team
from crm.organizations.permissions import Role
from crm.pages import role_name


class EndForm(Form):
    """Who takes over what the person owned that is removed or leaves."""

    catches = (Invalid, Conflict)

    heir = ChoiceField(_l("Who takes over"))

    def __init__(self, heirs: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heirs = {str(one.user_id): one for one in heirs}
        self.heir.choices = [("", _("Choose a person")), *((id, one.name) for id, one in self.heirs.items())]

    @property
    def chosen(self) -> Membership | None:
        return self.heirs.get(self.heir.data or "")


class InvitationForm(Form):
    """Whom, as what, into which team. Roles and teams are those that the inviter may give."""

    catches = (Invalid, Conflict)

    email = Line(_l("Invite by e-mail"), longest=254, validators=[DataRequired(_l("Type an e-mail."))])
    role = ChoiceField(_l("Role"), default=Role.MEMBER)
    team = ChoiceField(_l("Team"))

    def __init__(self, roles: Sequence[Role], teams: Sequence[Team], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.teams = {str(one.id): one for one in teams}
        self.role.choices = [(role.value, role_name(role).capitalize()) for role in roles]
        self.team.choices = [("", _("No team")), *((id, one.name) for id, one in self.teams.items())]

    def values(self) -> dict[str, Any]:
        team = self.teams.get(self.team.data or "")
        return {"email": self.email.data or "", "role": self.role.data or "", "team": team}


class AcceptForm(Form):
    """What a new person tells. The address is the invitation's."""

    catches = (Invalid,)

    name = Line(_l("Your name"), longest=LONGEST_NAME, validators=[DataRequired(_l("Type your name."))])
    password = PasswordField(_l("Password"), validators=[DataRequired(_l("Choose a password."))])
    timezone = HiddenField(default="UTC")


class JoinForm(Form):
    """Nothing to type, only to confirm."""

    catches = (Invalid,)


class TeamForm(Form):
    """A team's name; its first lead, when it is new."""

    catches = (Invalid, Conflict)

    name = Line(_l("Name"), longest=120, validators=[DataRequired(_l("Give the team a name."))])
    lead = ChoiceField(_l("Lead"))

    def __init__(self, members: Sequence[Membership] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = {str(one.user_id): one for one in members}
        self.lead.choices = [("", _("Nobody yet")), *((id, one.name) for id, one in self.members.items())]

    @property
    def chosen(self) -> Membership | None:
        return self.members.get(self.lead.data or "")


class CallManagerForm(Form):
    """A new login in the lead's team."""

    catches = (Invalid, Conflict)

    name = Line(_l("Name"), longest=LONGEST_NAME, validators=[DataRequired(_l("Type a name."))])
    email = Line(_l("E-mail"), longest=254, validators=[DataRequired(_l("Type an e-mail."))])
    password = PasswordField(_l("Password"), validators=[DataRequired(_l("Choose a password."))])


class DistributionForm(Form):
    """Among whom. The records' ids travel with it."""

    catches = (Invalid,)

    people = SelectMultipleField(_l("Among"), coerce=str)

    def __init__(self, receivers: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.people.choices = [(str(one.user_id), one.name) for one in receivers]

    @property
    def chosen(self) -> list[int]:
        return [int(one) for one in self.people.data or ()]

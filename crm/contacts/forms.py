"""Forms of contacts and companies. A stale one keeps what was typed and shows what differs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from crm.contacts.models import Company, Contact
from crm.contacts.operations import find_company
from crm.contacts.rules import STATUSES, tidy
from crm.database import db
from crm.errors import Conflict, Invalid
from crm.forms import ChoiceField, Form, Line, WholeField
from crm.organizations.queries import members_of
from crm.pages import said
from crm.sessions import current
from crm.timeline.forms import Note
from crm.timeline.wording import status_name


class RecordForm(Form):
    """What both forms share: the fields of `FACTS`, the owner, the version that the person saw."""

    FACTS: ClassVar[tuple[str, ...]]
    catches = (Invalid, Conflict)

    name = Line(_l("Name"), longest=200, validators=[DataRequired(_l("Type a name."))])
    email = Line(_l("E-mail"), longest=254)
    phone = Line(_l("Phone"), longest=40)
    note = Note(_l("Note"))
    owner_id = ChoiceField(_l("Owner"), coerce=int)
    version = WholeField()

    def __init__(self, record: Company | Contact | None = None, **kwargs: Any) -> None:
        self.record = record
        start = {"owner_id": current.member.user_id}
        start |= {name: told(record, name) for name in (*self.FACTS, "version")} if record else {}
        super().__init__(data=start | {name: kwargs.pop(name) for name in self.FACTS if name in kwargs}, **kwargs)
        self.owner_id.choices = owners(record)

    def values(self) -> dict[str, Any]:
        """Ready for the verbs. Raises Invalid for what can't be found."""
        return {name: self[name].data for name in self.FACTS if name != "company"}

    @property
    def is_stale(self) -> bool:
        return isinstance(self.refusal, Conflict)

    @property
    def seen(self) -> int | None:
        """The version that the next saving builds upon: now that the difference is shown, the stored one."""
        return self.record.version if self.record and self.is_stale else self.version.data

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Label, yours and theirs of each field that differs from what is stored now."""
        stored = type(self)(self.record, formdata=None)
        pairs = [(self[name], stored[name]) for name in self.FACTS]
        return [(mine.label.text, said(mine), said(theirs)) for mine, theirs in pairs if mine.data != theirs.data]


class ContactForm(RecordForm):
    """A person; the company is typed by name."""

    FACTS = ("name", "position", "company", "email", "phone", "status", "owner_id", "note")

    position = Line(_l("Position"), longest=120)
    company = Line(_l("Company"), longest=200)
    status = ChoiceField(_l("Status"), default=STATUSES[0])

    def __init__(self, record: Contact | None = None, **kwargs: Any) -> None:
        super().__init__(record, **kwargs)
        self.status.choices = [(one, status_name(one)) for one in STATUSES]

    def values(self) -> dict[str, Any]:
        return super().values() | {"company_id": self.company_id()}

    def company_id(self) -> int | None:
        """The contact's own company stays what it is, whatever else has its name. Raises Invalid when unknown."""
        mine = self.record.company if isinstance(self.record, Contact) else None
        if mine and tidy(self.company.data) == mine.name:
            return mine.id
        found = find_company(db.session(), current.member, self.company.data)
        return found.id if found else None


class CompanyForm(RecordForm):
    """An organization that buys."""

    FACTS = ("name", "domain", "phone", "email", "industry", "city", "owner_id", "note")

    domain = Line(_l("Domain"), longest=200)
    industry = Line(_l("Industry"), longest=80)
    city = Line(_l("City"), longest=120)


def told(record: Company | Contact, name: str) -> Any:
    """A field's value as a person would type it."""
    value = getattr(record, name)
    return value.name if isinstance(value, Company) else value


def owners(record: Company | Contact | None) -> list[tuple[int, str]]:
    """To whom the record can be given: anyone active; a new one only to those for whom the person may add."""
    people = db.session.scalars(members_of(current.member)).all()
    may = current.member.may
    if record is None:
        people = [one for one in people if may("records.assign", SimpleNamespace(owner_id=one.user_id))]
    known = {one.user_id: one.name for one in people}
    return list((known if record is None else {record.owner_id: record.owner.name} | known).items())

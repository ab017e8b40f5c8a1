"""The words of the timeline: a sentence and a mark for each kind of activity, names of fields and statuses."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

# icon, and a colour for what should catch the eye
MARKS = {
    "comment": ("sticky-note", ""),
    "call": ("phone", "blue"),
    "email": ("mail", ""),
    "meeting": ("handshake", "plum"),
    "deal_created": ("plus", ""),
    "created": ("plus", ""),
    "stage_changed": ("arrow-right", "blue"),
    "status_changed": ("circle-dot", ""),
    "won": ("trophy", "green"),
    "lost": ("circle-x", "red"),
    "amount_changed": ("banknote", ""),
    "owner_changed": ("user", ""),
    "close_date_changed": ("calendar", ""),
    "task_created": ("circle-dashed", ""),
    "task_done": ("check", ""),
    "task_reopened": ("undo-2", ""),
    "task_changed": ("pencil", ""),
    "task_deleted": ("trash-2", ""),
    "merged": ("copy", ""),
    "imported": ("upload", ""),
    "archived": ("lock", ""),
    "restored": ("undo-2", ""),
    "edited": ("pencil", ""),
    "tagged": ("tag", ""),
    "snoozed": ("alarm-clock", ""),
}
# "set" is said where there was nothing before, "removed" where there is nothing now
SENTENCES = {
    "comment": _l("%(who)s wrote a note"),
    "call": _l("%(who)s called"),
    "email": _l("%(who)s wrote an e-mail"),
    "meeting": _l("%(who)s had a meeting"),
    "deal_created": _l("%(who)s created the deal in %(stage)s"),
    "created": _l("%(who)s created this record"),
    "stage_changed": _l("%(who)s moved it from %(old_stage)s to %(new_stage)s"),
    "stage_changed after": _l("%(who)s moved it from %(old_stage)s to %(new_stage)s after %(days)s"),
    "status_changed": _l("%(who)s changed the status from %(old_status)s to %(new_status)s"),
    "won": _l("%(who)s won the deal"),
    "lost": _l("%(who)s marked the deal as lost"),
    "amount_changed": _l("%(who)s changed the amount from %(old)s to %(new)s"),
    "amount_changed set": _l("%(who)s set the amount to %(new)s"),
    "amount_changed removed": _l("%(who)s removed the amount %(old)s"),
    "owner_changed": _l("%(who)s handed it over from %(old)s to %(new)s"),
    "owner_changed set": _l("%(who)s assigned it to %(new)s"),
    "owner_changed removed": _l("%(who)s took it from %(old)s"),
    "close_date_changed": _l("%(who)s moved the close date from %(old)s to %(new)s"),
    "close_date_changed set": _l("%(who)s set the close date to %(new)s"),
    "close_date_changed removed": _l("%(who)s removed the close date %(old)s"),
    "edited": _l("%(who)s changed the %(field)s from %(old)s to %(new)s"),
    "edited set": _l("%(who)s set the %(field)s to %(new)s"),
    "edited removed": _l("%(who)s removed the %(field)s %(old)s"),
    "edited several": _l("%(who)s changed: %(fields)s"),
    "task_created": _l("%(who)s added the task “%(title)s”"),
    "task_created by": _l("%(who)s added the task “%(title)s” for %(due_on)s"),
    "task_done": _l("%(who)s finished the task “%(title)s”"),
    "task_reopened": _l("%(who)s reopened the task “%(title)s”"),
    "task_changed": _l("%(who)s changed the task “%(title)s”"),
    "task_changed by": _l("%(who)s changed the task “%(title)s”, now for %(due_on)s"),
    "task_deleted": _l("%(who)s deleted the task “%(title)s”"),
    "merged": _l("%(who)s merged a duplicate into this record"),
    "imported": _l("%(who)s imported this record"),
    "imported from": _l("%(who)s imported this record from %(file)s"),
    "archived": _l("%(who)s archived this record"),
    "restored": _l("%(who)s restored this record"),
    "tagged": _l("%(who)s added tags: %(added)s"),
    "tagged removed": _l("%(who)s removed tags: %(removed)s"),
    "tagged both": _l("%(who)s changed the tags: added %(added)s, removed %(removed)s"),
    "snoozed": _l("%(who)s snoozed it until %(until)s"),
    "snoozed removed": _l("%(who)s woke it"),
    "anything": _l("%(who)s changed this record"),
}
FIELDS = {
    "name": _l("name"),
    "title": _l("title"),
    "position": _l("position"),
    "email": _l("e-mail"),
    "phone": _l("phone"),
    "domain": _l("domain"),
    "industry": _l("industry"),
    "city": _l("city"),
    "note": _l("note"),
    "company_id": _l("company"),
    "contact_id": _l("contact"),
    "probability": _l("probability"),
}
STATUSES = {
    "new": _l("New"),
    "in_work": _l("In work"),
    "stuck": _l("Stuck"),
    "closed": _l("Closed"),
    "dead": _l("Dead"),
    "in_progress": _l("In progress"),
    "won": _l("Won"),
    "lost": _l("Lost"),
}


def status_name(status: str) -> str:
    """A status of a deal or contact in the reader's language."""
    return str(STATUSES.get(status, status))


def field_name(field: str) -> str:
    return str(FIELDS.get(field, field.replace("_", " ")))

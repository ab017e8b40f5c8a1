"""The words of the timeline: a sentence and a mark for each kind of activity, names of fields and statuses."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

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
}
# "set" is said where there was nothing before, "removed" where there is nothing now
SENTENCES = {
    "comment": _("%(who)s wrote a note"),
    "call": _("%(who)s called"),
    "email": _("%(who)s wrote an e-mail"),
    "meeting": _("%(who)s had a meeting"),
    "deal_created": _("%(who)s created the deal in %(stage)s"),
    "created": _("%(who)s created this record"),
    "stage_changed": _("%(who)s moved it from %(old_stage)s to %(new_stage)s"),
    "stage_changed after": _("%(who)s moved it from %(old_stage)s to %(new_stage)s after %(days)s"),
    "status_changed": _("%(who)s changed the status from %(old_status)s to %(new_status)s"),
    "won": _("%(who)s won the deal"),
    "lost": _("%(who)s marked the deal as lost"),
    "amount_changed": _("%(who)s changed the amount from %(old)s to %(new)s"),
    "amount_changed set": _("%(who)s set the amount to %(new)s"),
    "amount_changed removed": _("%(who)s removed the amount %(old)s"),
    "owner_changed": _("%(who)s handed it over from %(old)s to %(new)s"),
    "owner_changed set": _("%(who)s assigned it to %(new)s"),
    "owner_changed removed": _("%(who)s took it from %(old)s"),
    "close_date_changed": _("%(who)s moved the close date from %(old)s to %(new)s"),
    "close_date_changed set": _("%(who)s set the close date to %(new)s"),
    "close_date_changed removed": _("%(who)s removed the close date %(old)s"),
    "edited": _("%(who)s changed the %(field)s from %(old)s to %(new)s"),
    "edited set": _("%(who)s set the %(field)s to %(new)s"),
    "edited removed": _("%(who)s removed the %(field)s %(old)s"),
    "edited several": _("%(who)s changed: %(fields)s"),
    "task_created": _("%(who)s added the task “%(title)s”"),
    "task_created by": _("%(who)s added the task “%(title)s” for %(due_on)s"),
    "task_done": _("%(who)s finished the task “%(title)s”"),
    "task_reopened": _("%(who)s reopened the task “%(title)s”"),
    "task_changed": _("%(who)s changed the task “%(title)s”"),
    "task_changed by": _("%(who)s changed the task “%(title)s”, now for %(due_on)s"),
    "task_deleted": _("%(who)s deleted the task “%(title)s”"),
    "merged": _("%(who)s merged a duplicate into this record"),
    "imported": _("%(who)s imported this record"),
    "imported from": _("%(who)s imported this record from %(file)s"),
    "archived": _("%(who)s archived this record"),
    "restored": _("%(who)s restored this record"),
    "anything": _("%(who)s changed this record"),
}
FIELDS = {
    "name": _("name"),
    "title": _("title"),
    "position": _("position"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "domain": _("domain"),
    "industry": _("industry"),
    "city": _("city"),
    "note": _("note"),
    "company_id": _("company"),
    "contact_id": _("contact"),
    "probability": _("probability"),
}
STATUSES = {
    "new": _("New"),
    "in_work": _("In work"),
    "stuck": _("Stuck"),
    "closed": _("Closed"),
    "dead": _("Dead"),
    "in_progress": _("In progress"),
    "won": _("Won"),
    "lost": _("Lost"),
}


def status_name(status: str) -> str:
    """A status of a deal or contact in the reader's language."""
    return str(STATUSES.get(status, status))


def field_name(field: str) -> str:
    return str(FIELDS.get(field, field.replace("_", " ")))

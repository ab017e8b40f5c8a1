"""Mail about people, sent by jobs."""

from __future__ import annotations

from urllib.parse import urljoin

from flask_babel import gettext as _
from procrastinate import RetryStrategy

from crm import mail
from crm.database import db, scope
from crm.jobs import in_application, jobs
from crm.people.links import token_of
from crm.people.models import Invitation

TRIES = RetryStrategy(max_attempts=5, exponential_wait=5)


@jobs.task(name="people.send_invitation", retry=TRIES)
@in_application
def send_invitation(organization_id: int, invitation_id: int, root: str) -> None:
    """The link, while the invitation is open. `root` is the address under which the inviter sees us."""
    scope(db.session(), organization_id=organization_id)
    invitation = db.session.get(Invitation, (organization_id, invitation_id))
    if invitation is None or invitation.accepted_at or invitation.revoked_at or not mail.is_sent():
        return
    words = {"who": invitation.inviter.name, "organization": invitation.organization.name}
    text = _("%(who)s invites you to %(organization)s.", **words)
    rest = _("Follow this link within seven days. It works once:")
    link = urljoin(root, f"invitation?token={token_of(invitation)}")
    subject = _("Your invitation to %(organization)s", organization=words["organization"])
    mail.send(invitation.email, subject, f"{text}\n\n{rest}\n{link}\n")

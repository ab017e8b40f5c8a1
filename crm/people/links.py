"""An invitation's link: signed with the server's key, so that a copy of the database makes none."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from crm.database import db, scope
from crm.errors import Invalid
from crm.people.models import Invitation
from crm.people.queries import invitation_linked


def signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="invitation")


def token_of(invitation: Invitation) -> str:
    """What its link carries: which invitation, and the nonce that a new link replaces."""
    return str(signer().dumps([invitation.organization_id, invitation.id, invitation.nonce]))


def invitation_by(token: str, user_id: int | None) -> Invitation:
    """The invitation, and from here on the session works in its organization. Raises Invalid for no or an old link."""
    try:
        organization_id, id, nonce = signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise Invalid("This link is not valid. Ask for a new invitation.", code="INVITATION_UNKNOWN") from None
    scope(db.session(), organization_id=organization_id, user_id=user_id)
    found = db.session.scalars(invitation_linked(organization_id, id, nonce)).one_or_none()
    if found is None:
        raise Invalid("This link is not valid any more. Ask for a new invitation.", code="INVITATION_UNKNOWN")
    return found

"""Teams by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import if_match, referred, saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Body, Id, Page, Paged, Text, Versioned
from crm.database import db
from crm.errors import Invalid
from crm.hypermedia import one_or_404
from crm.organizations.models import Membership, Team
from crm.organizations.queries import active_member
from crm.people.queries import place_in, team_of, team_with_people, teams_led_by, with_people
from crm.people.shown import TeamShown
from crm.people.teamwork import (
    NOT_ALLOWED,
    add_team,
    create_call_manager,
    dissolve,
    make_lead,
    put_in,
    refuse_unled,
    rename,
    take_out,
)
from crm.sessions import current

teams = Endpoints("teams")
ORDERS = {"id": Team.__table__.c.id}
NOBODY = "No such person."


class TeamFields(Body):
    name: Text = Field(max_length=400, examples=["North"])
    lead_user_id: Id | None = Field(None, description="A member's user id.", examples=[5])


class TeamChange(Versioned):
    name: Text = Field("", max_length=400, examples=["North"])


class Place(Body):
    """Somebody who is a member (`user_id`), or a new call manager (`email`, `name` and `password`)."""

    model_config = {"json_schema_extra": {"examples": [{"user_id": 5, "is_lead": False}]}}

    user_id: Id | None = Field(None, examples=[5])
    is_lead: bool = Field(False, examples=[False])
    email: Text | None = Field(None, max_length=320, examples=[None])
    name: Text | None = Field(None, max_length=400, examples=[None])
    password: Text | None = Field(None, max_length=1000, examples=[None])


class PlaceChange(Body):
    is_lead: bool = Field(examples=[True])


def found(team_id: int) -> Team:
    return one_or_404(team_of(current.member, team_id))


def now(team: Team) -> Any:
    """Ends a change: the team with the people who are in it now."""
    db.session.flush()
    return saved(one_or_404(team_with_people(current.member, team.id)))


@teams.get("/teams", "teams.lead", gives=Page[TeamShown])
def list_teams(query: Paged) -> Any:
    """List the teams.

    All for owners and admins, their own for leads.
    """
    return page_of(with_people(teams_led_by(current.member, "teams.lead")), query, ORDERS, Team.id)


@teams.post("/teams", "teams.edit", gives=TeamShown, statuses={409: "There is a team of this name."})
def add_a_team(body: TeamFields) -> Any:
    """Add a team, with its lead if there is one."""
    lead = person(body.lead_user_id, "lead_user_id") if body.lead_user_id else None
    return now(add_team(db.session(), body.name, lead=lead, by=current.member))


def person(user_id: int, field: str) -> Membership:
    member: Membership = referred(active_member(current.member, user_id), field, NOBODY)
    return member


@teams.get("/teams/<int:team_id>", "teams.lead", gives=TeamShown)
def show_team(team_id: int) -> Team:
    """Get a team.

    For owners, admins and its leads.
    """
    team = one_or_404(team_with_people(current.member, team_id))
    refuse_unled(db.session(), team, by=current.member)
    return team


@teams.patch(
    "/teams/<int:team_id>", "teams.edit", gives=TeamShown, shows=show_team,
    statuses={409: "Another version, or there is a team of this name."},
)  # fmt: skip
def change_team(team_id: int, body: TeamChange) -> Any:
    """Rename a team."""
    team = found(team_id)
    rename(db.session(), team, body.given().get("name", team.name), by=current.member, version=body.version)
    return now(team)


@teams.delete("/teams/<int:team_id>", "teams.edit", shows=show_team)
def delete_team(team_id: int) -> Any:
    """Delete a team.

    Its people and their records stay.
    """
    team = found(team_id)
    team.expect(if_match())
    dissolve(db.session(), team, by=current.member)
    return saved(None)


@teams.post("/teams/<int:team_id>/members", "teams.lead", gives=TeamShown, statuses={409: "The address has a login."})
def add_to_team(team_id: int, body: Place) -> Any:
    """Put somebody into a team.

    A member by `user_id`, or a new call manager by `email`, `name` and `password`, who can sign in at once. For owners
    and admins; a team's lead creates call managers.
    """
    team = found(team_id)
    refuse_unled(db.session(), team, by=current.member)
    if body.user_id is None:
        hire(team, body)
    else:
        refuse_both(body)
        current.member.must("teams.edit", words=NOT_ALLOWED)
        join(team, person(body.user_id, "user_id"), body.is_lead)
    return now(team)


def join(team: Team, member: Membership, lead: bool) -> None:
    put_in(db.session(), team, member, by=current.member)
    if lead:
        make_lead(db.session(), team, member, lead, by=current.member)


def refuse_both(body: Place) -> None:
    if extra := sorted({"email", "name", "password"} & body.given().keys()):
        raise Invalid("Leave this out for a member.", errors={one: ["Leave this out for a member."] for one in extra})


def hire(team: Team, body: Place) -> None:
    """Raises Invalid at what a new call manager lacks."""
    new, me = body.model_dump(include={"email", "name", "password"}), current.member
    if missing := [name for name, value in new.items() if value is None]:
        words = "This field is required."
        raise Invalid(words, errors={name: [words] for name in (["user_id"] if len(missing) == 3 else missing)})
    if body.is_lead:
        me.must("teams.edit")
    member = create_call_manager(db.session(), team, **new, by=me, timezone=me.user.timezone)
    if body.is_lead:
        make_lead(db.session(), team, member, True, by=me)


@teams.patch("/teams/<int:team_id>/members/<int:user_id>", "teams.edit", gives=TeamShown)
def change_place(team_id: int, user_id: int, body: PlaceChange) -> Any:
    """Make a team's member a lead, or no lead any more."""
    team = found(team_id)
    make_lead(db.session(), team, inside(team, user_id), body.is_lead, by=current.member)
    return now(team)


@teams.delete("/teams/<int:team_id>/members/<int:user_id>", "teams.edit")
def take_from_team(team_id: int, user_id: int) -> Any:
    """Take somebody out of a team."""
    team = found(team_id)
    take_out(db.session(), team, inside(team, user_id), by=current.member)
    return saved(None)


def inside(team: Team, user_id: int) -> Membership:
    """Raises Missing for who is not in the team."""
    one_or_404(place_in(team, user_id))
    return one_or_404(active_member(current.member, user_id))

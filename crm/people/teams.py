"""Teams: a list, a page for each; and a lead's new call managers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.passwords import SHORTEST
from crm.database import db
from crm.errors import Invalid
from crm.hypermedia import one_or_404, render
from crm.organizations.models import Membership, Team
from crm.organizations.queries import members_of
from crm.people.forms import CallManagerForm, TeamForm
from crm.people.queries import membership_of, people_in, team_of, teams_led_by
from crm.people.teamwork import add_team, create_call_manager, dissolve, make_lead, put_in, refuse_unled, take_out
from crm.people.teamwork import rename as rename_team
from crm.sessions import current
from crm.tenancy import names, requires

teams = Blueprint("teams", __name__, url_prefix="/settings/teams")
names("team_id", team_of)


def found(team_id: int) -> Team:
    return one_or_404(team_of(current.member, team_id))


def led(team_id: int) -> Team:
    """Raises Forbidden for a team that this member doesn't look after."""
    team = found(team_id)
    refuse_unled(db.session(), team, by=current.member)
    return team


def person(user_id: int) -> Membership:
    return one_or_404(membership_of(current.member, user_id))


def chosen() -> Membership:
    """The person whom the form names. Raises Invalid for nobody of this organization."""
    found = db.session.scalars(membership_of(current.member, request.form.get("user_id", 0, type=int))).one_or_none()
    if found is None:
        raise Invalid("Choose one from the list.", field="user_id")
    return found


def home(team: Team) -> ResponseReturnValue:
    return redirect(url_for("teams.show", team_id=team.id), 303)


@teams.get("/")
@requires("teams.lead")
def index() -> ResponseReturnValue:
    """All teams for owners and admins, their own for leads."""
    shown = db.session.scalars(teams_led_by(current.member, "teams.lead")).all()
    people = [(team, db.session.execute(people_in(team)).all()) for team in shown]
    return render("teams/index.html", teams=people)


@teams.route("/new", methods=["GET", "POST"])
@requires("teams.edit")
def new() -> ResponseReturnValue:
    form, me, made = TeamForm(db.session.scalars(members_of(current.member)).all()), current.member, list[Team]()
    if form.saved_by(lambda: made.append(add_team(db.session(), form.name.data or "", lead=form.chosen, by=me))):
        db.session.commit()
        return home(made[0])
    return render("teams/new.html", form=form, status=form.http_status)


@teams.get("/<int:team_id>")
@requires("teams.lead")
def show(team_id: int) -> ResponseReturnValue:
    team = led(team_id)
    return page(team, TeamForm(formdata=None, name=team.name))


def page(team: Team, form: TeamForm) -> ResponseReturnValue:
    inside = db.session.execute(people_in(team)).all()
    here = {one.user_id for one, _lead in inside}
    others = [one for one in db.session.scalars(members_of(current.member)) if one.user_id not in here]
    return render("teams/show.html", team=team, form=form, inside=inside, others=others, status=form.http_status)


@teams.post("/<int:team_id>/rename")
@requires("teams.edit")
def rename(team_id: int) -> ResponseReturnValue:
    team, form, me = found(team_id), TeamForm(), current.member
    version = request.form.get("version", type=int)
    if form.saved_by(lambda: rename_team(db.session(), team, form.name.data or "", by=me, version=version)):
        db.session.commit()
        return home(team)
    return page(team, form)


@teams.post("/<int:team_id>/members")
@requires("teams.edit")
def add(team_id: int) -> ResponseReturnValue:
    team = found(team_id)
    put_in(db.session(), team, chosen(), by=current.member)
    db.session.commit()
    return home(team)


@teams.post("/<int:team_id>/members/<int:user_id>/remove")
@requires("teams.edit")
def remove(team_id: int, user_id: int) -> ResponseReturnValue:
    team = found(team_id)
    take_out(db.session(), team, person(user_id), by=current.member)
    db.session.commit()
    return home(team)


@teams.post("/<int:team_id>/members/<int:user_id>/lead")
@requires("teams.edit")
def lead(team_id: int, user_id: int) -> ResponseReturnValue:
    team, leads = found(team_id), request.form.get("lead") == "1"
    make_lead(db.session(), team, person(user_id), leads, by=current.member)
    db.session.commit()
    return home(team)


@teams.post("/<int:team_id>/delete")
@requires("teams.edit")
def delete(team_id: int) -> ResponseReturnValue:
    team = found(team_id)
    dissolve(db.session(), team, by=current.member)
    db.session.commit()
    flash(_("%(name)s is deleted. Its people and their records stay.", name=team.name), "good")
    return redirect(url_for("teams.index"), 303)


@teams.route("/<int:team_id>/people/new", methods=["GET", "POST"])
@requires("teams.lead")
def hire(team_id: int) -> ResponseReturnValue:
    """A new call manager, who can sign in at once."""
    team, form, me = led(team_id), CallManagerForm(), current.member
    if form.saved_by(lambda: create_call_manager(db.session(), team, **form.data, by=me, timezone=me.user.timezone)):
        db.session.commit()
        flash(_("%(name)s can sign in now.", name=form.name.data), "good")
        return home(team)
    return render("teams/hire.html", team=team, form=form, shortest=SHORTEST, status=form.http_status)

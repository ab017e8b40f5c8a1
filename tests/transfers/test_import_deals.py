"""flask crm import-deals: the Maven CRM data set, all of it or nothing, and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.columns import computed, kept
from crm import cli
from crm.accounts.models import User
from crm.contacts.models import Company, Tag
from crm.deals.models import Deal
from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.models import Membership, Team, TeamMember
from crm.pipelines.models import LostReason, Pipeline, Stage
from crm.timeline.models import Activity
from crm.transfers.operations import Imported, import_deals
from crm.transfers.people import address_of
from crm.transfers.reading import BadRows
from tests.world import World

MAVEN = Path(__file__).resolve().parents[1] / "data" / "maven-crm" / "sales_pipeline.csv"
HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
WON = "W1,Moses Frase,GTXPro,Acme Corporation,Won,10/20/2016,3/1/2017,1054"
LOST = "L1,Moses Frase,MG Special,Cancity,Lost,10/25/2016,3/7/2017,0"
ENGAGING = "E1,Zane Levy,GTX Pro,Cancity,Engaging,11/3/2016,,"
PROSPECTING = "P1,Zane Levy,GTK 500,,Prospecting,,,"
ACCOUNTS = """account,sector,year_established,revenue,employees,office_location,subsidiary_of
Acme Corporation,technolgy,1996,1100.04,2822,United States,
Cancity,retail,2001,718.62,2448,Kenya,Acme Corporation
"""
PRODUCTS = "product,series,sales_price\nGTX Pro,GTX,4821\nMG Special,MG,55\n"
TEAMS = """sales_agent,manager,regional_office
Moses Frase,Dustin Brinkmann,Central
Zane Levy,Summer Sewald,West
Carl Lin,Summer Sewald,West
"""
EVERYTHING = (Deal, Activity, Company, Tag, Team, TeamMember, Membership, Pipeline, Stage, LostReason)


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "sales_pipeline.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The lists that stand beside the main file."""
    for name, text in {"accounts.csv": ACCOUNTS, "products.csv": PRODUCTS, "sales_teams.csv": TEAMS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def imported(world: World, folder: Path) -> Imported:
    done = import_deals(world.session, written(folder, WON, LOST, ENGAGING, PROSPECTING), by=world.olga)
    world.session.commit()
    return done


def deal(session: Session, number: str) -> Deal:
    return session.scalars(select(Deal).where(Deal.external_id == f"maven:{number}")).one()


def counts(session: Session) -> dict[str, int]:
    return {kind.__name__: session.scalar(select(func.count()).select_from(kind)) or 0 for kind in EVERYTHING}


def problems_of(world: World, file: Path) -> list[str]:
    """What is refused. Whoever called rolls back, and nothing is there."""
    before = counts(world.session)
    with pytest.raises(BadRows) as refused:
        import_deals(world.session, file, by=world.olga)
    world.session.rollback()
    assert counts(world.session) == before
    return refused.value.listing()


def test_the_whole_data_set_comes_in_with_its_sums(world: World) -> None:
    assert import_deals(world.session, MAVEN, by=world.olga) == Imported(8800, 0)
    mine = select(Stage.slug, func.count(), func.sum(Deal.amount)).join(Deal.stage)
    query = mine.where(Deal.external_id.is_not(None)).group_by(Stage.slug)
    sums = {slug: (count, total) for slug, count, total in world.session.execute(query)}
    assert sums["won"] == (4238, Decimal(10_005_534))
    assert sums["lost"] == (2473, Decimal(0))
    assert (sums["engaging"][0], sums["prospecting"][0]) == (1589, 500)
    assert kept(world.session, world.olga) == computed(world.session, world.olga)
    new = Counter(world.session.scalars(select(Activity.type).where(Activity.type == "imported")))
    assert new["imported"] == 8800 + 85
    assert world.session.scalar(select(func.count()).where(Team.name.contains(": "))) == 6
    assert import_deals(world.session, MAVEN, by=world.olga) == Imported(0, 8800)


def test_a_second_run_makes_nothing_and_says_so(world: World, folder: Path, imported: Imported) -> None:
    before = counts(world.session)
    again = import_deals(world.session, folder / "sales_pipeline.csv", by=world.olga)
    assert str(again) == "Nothing to import: all 4 deals are here already."
    assert counts(world.session) == before


def test_later_rows_are_added_and_known_deals_stay(world: World, folder: Path, imported: Imported) -> None:
    deal(world.session, "E1").change({"title": "Renamed"}, by=world.olga)
    more = ENGAGING.replace("E1", "E2").replace("Zane Levy", "Carl Lin")
    again = import_deals(world.session, written(folder, WON, ENGAGING, more), by=world.olga)
    assert again == Imported(1, 2)
    assert deal(world.session, "E1").title == "Renamed"
    assert deal(world.session, "E2").rank > deal(world.session, "E1").rank


def test_a_won_deal_has_its_amount_dates_and_company(world: World, imported: Imported) -> None:
    won = deal(world.session, "W1")
    assert (won.title, won.status, won.stage.slug) == ("GTX Pro for Acme Corporation", "won", "won")
    assert (won.amount, won.currency, won.closed_on) == (Decimal(1054), "EUR", date(2017, 3, 1))
    assert won.created_at.date() == date(2016, 10, 20)
    assert won.owner.name == "Moses Frase"
    assert won.company is not None
    assert (won.company.industry, won.company.city) == ("technology", "United States")
    assert won.company.note == "Established in 1996. Revenue: 1100.04 million. Employees: 2822."


def test_a_lost_deal_has_the_reason_that_the_rule_wants(world: World, imported: Imported) -> None:
    lost = deal(world.session, "L1")
    assert (lost.status, lost.amount, lost.closed_on) == ("lost", Decimal(0), date(2017, 3, 7))
    assert lost.lost_reason is not None
    assert lost.lost_reason.name == "Not recorded"


def test_open_deals_take_the_list_price_where_it_is_known(world: World, imported: Imported) -> None:
    engaging, prospecting = deal(world.session, "E1"), deal(world.session, "P1")
    assert (engaging.status, engaging.amount, engaging.chance) == ("in_progress", Decimal(4821), 40)
    assert engaging.stage_entered_at.date() == date(2016, 11, 3)
    assert (prospecting.status, prospecting.amount, prospecting.chance) == ("new", Decimal(0), 10)
    assert (prospecting.title, prospecting.company_id) == ("GTK 500", None)


def test_the_timeline_says_where_a_deal_came_from(world: World, imported: Imported) -> None:
    won = deal(world.session, "W1")
    activity = world.session.scalars(select(Activity).where(Activity.deal_id == won.id)).one()
    assert (activity.type, activity.actor_id) == ("imported", world.olga.user_id)
    assert activity.payload == {"opportunity_id": "W1", "file": "sales_pipeline.csv"}


def test_products_are_tags_whatever_their_blanks_and_case(world: World, imported: Imported) -> None:
    tags = {number: [tag.name for tag in deal(world.session, number).tags] for number in ("W1", "E1", "P1")}
    assert tags == {"W1": ["GTX Pro"], "E1": ["GTX Pro"], "P1": ["GTK 500"]}


def test_agents_are_members_of_their_managers_teams(world: World, imported: Imported) -> None:
    rows = world.session.execute(
        select(Team.name, User.name, Membership.role, TeamMember.is_lead, User.password_hash)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .join(Membership, Membership.user_id == TeamMember.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Team.name.contains(": "))
    )
    assert {tuple(row) for row in rows} == {
        ("Central: Dustin Brinkmann", "Dustin Brinkmann", "manager", True, None),
        ("Central: Dustin Brinkmann", "Moses Frase", "member", False, None),
        ("West: Summer Sewald", "Summer Sewald", "manager", True, None),
        ("West: Summer Sewald", "Zane Levy", "member", False, None),
        ("West: Summer Sewald", "Carl Lin", "member", False, None),
    }
    assert deal(world.session, "W1").owner.user.email == f"moses.frase@org-{world.acme.id}.import.invalid"


def test_names_that_look_alike_get_different_addresses(world: World) -> None:
    names = ("Jose Diaz", "José Díaz", "Иван Петров", "Олег Петров", "O'Brien", "OBrien", "x" * 100)
    addresses = [address_of(name, world.acme) for name in names]
    assert len(set(addresses)) == len(names)
    assert all(len(address.partition("@")[0]) <= 64 and address.isascii() for address in addresses)


def test_the_main_file_alone_is_enough(world: World, tmp_path: Path) -> None:
    assert import_deals(world.session, written(tmp_path, WON, ENGAGING), by=world.olga).made == 2
    assert deal(world.session, "W1").title == "GTXPro for Acme Corporation"
    assert deal(world.session, "E1").amount == 0


def test_two_organizations_do_not_mix(world: World, folder: Path, imported: Imported) -> None:
    acme = {deal(world.session, "W1").owner_id, deal(world.session, "W1").company_id}
    world.in_bolt()
    assert import_deals(world.session, folder / "sales_pipeline.csv", by=world.ruslan) == Imported(4, 0)
    won = deal(world.session, "W1")
    assert won.organization_id == world.bolt.id
    assert not acme & {won.owner_id, won.company_id}
    world.in_acme()
    assert deal(world.session, "W1").organization_id == world.acme.id


BAD = {
    "unknown stage": (WON.replace("Won", "Won?"), "unknown deal_stage 'Won?'"),
    "bad date": (WON.replace("3/1/2017", "2/30/2017"), "close_date '2/30/2017' is no day like 10/20/2016"),
    "date of another form": (WON.replace("10/20/2016", "2016-10-20"), "engage_date '2016-10-20' is no day"),
    "close before engage": (WON.replace("3/1/2017", "3/1/2016"), "close_date lies before engage_date"),
    "no close date": (WON.replace("3/1/2017", ""), "close_date is missing"),
    "no engage date": (ENGAGING.replace("11/3/2016", ""), "engage_date is missing"),
    "missing agent": (WON.replace("Moses Frase", " "), "sales_agent is missing"),
    "agent of no team": (WON.replace("Moses Frase", "Nobody"), "sales_teams.csv has no sales agent 'Nobody'"),
    "bad amount": (WON.replace("1054", "12,5"), "9 columns in place of 8"),
    "amount that is no number": (WON.replace("1054", "NaN"), "close_value 'NaN' is no amount"),
    "three decimals": (WON.replace("1054", "1.005"), "close_value '1.005' is no amount"),
    "negative amount": (LOST.replace(",0", ",-1"), "close_value '-1' is negative"),
    "too large": (WON.replace("1054", "1000000000000"), "Use an amount between 0 and 999,999,999,999.99."),
    "won for nothing": (WON.replace("1054", "0"), "a won deal needs a close_value above zero"),
    "won without amount": (WON.replace("1054", ""), "a won deal needs a close_value above zero"),
    "missing id": (WON.replace("W1", ""), "opportunity_id is missing"),
    "twice in the file": (ENGAGING.replace("E1", "E0"), "'E0' stands in line 2 already"),
    "unknown account": (WON.replace("Acme Corporation", "Umbrella"), "accounts.csv has no account 'Umbrella'"),
    "too few columns": ("W1,Moses Frase", "2 columns in place of 8"),
    "too many columns": (WON + ",", "9 columns in place of 8"),
    "no text": (WON.replace("W1", "W\0"), "opportunity_id is not UTF-8 text"),
    "too long": (WON.replace("W1", "W" * 71), "opportunity_id has more than 70 characters"),
    "broken quotes": (WON.replace("W1", '"W"1'), "not CSV"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_named_and_nothing_is_loaded(kind: str, world: World, folder: Path) -> None:
    row, reason = BAD[kind]
    good = ENGAGING.replace("E1", "E0")
    (problem,) = problems_of(world, written(folder, good, row))
    assert problem.startswith(f"sales_pipeline.csv, line 3: {reason}")


def test_a_row_in_another_encoding_is_named(world: World, folder: Path) -> None:
    file = written(folder, ENGAGING)
    file.write_bytes(file.read_bytes() + WON.replace("Moses", "Moïse").encode("latin-1"))
    assert problems_of(world, file) == ["sales_pipeline.csv, line 3: sales_agent is not UTF-8 text"]


def test_every_bad_row_is_named_up_to_fifty(world: World, folder: Path) -> None:
    rows = [WON.replace("W1", f"W{number}").replace("1054", "x") for number in range(60)]
    listing = problems_of(world, written(folder, *rows))
    assert listing[0].startswith("sales_pipeline.csv, line 2: ")
    assert (len(listing), listing[-1]) == (51, "… and 10 more")


def test_bad_rows_of_the_lists_beside_are_named_too(world: World, folder: Path) -> None:
    (folder / "accounts.csv").write_text(ACCOUNTS + "CANCITY,retail,2001,1,1,Kenya,\n")
    (folder / "products.csv").write_text(PRODUCTS + "MG Advanced,MG,\n")
    assert problems_of(world, written(folder, WON, LOST.replace("MG", ""), "W1")) == [
        "sales_pipeline.csv, line 4: 1 columns in place of 8",
        "accounts.csv, line 4: 'CANCITY' stands in line 3 already",
        "products.csv, line 4: sales_price is missing",
    ]


NO_FILE = {
    "missing": (None, "can't be read: No such file or directory."),
    "empty": ("", "is empty."),
    "blank": (" \n\n", "is empty."),
    "header only": (HEADER, "has no rows below its header."),
    "no header": (WON, "the header has to name each of these columns once: opportunity_id, sales_agent"),
    "missing column": (
        HEADER.replace(",close_value", ""),
        "the header has to name each of these columns once: close_value.",
    ),
    "column twice": (HEADER + ",product", "columns once: product."),
}


@pytest.mark.parametrize("kind", NO_FILE)
def test_what_is_no_such_file_is_refused_in_one_sentence(kind: str, world: World, tmp_path: Path) -> None:
    text, words = NO_FILE[kind]
    file = tmp_path / "sales.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Invalid) as refused:
        import_deals(world.session, file, by=world.olga)
    said = refused.value.message % refused.value.values
    assert words in said
    assert "\n" not in said


def test_a_folder_is_no_file(world: World, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="can't be read"):
        import_deals(world.session, tmp_path, by=world.olga)


def test_only_owners_and_admins_import(world: World, folder: Path) -> None:
    file = written(folder, WON)
    with pytest.raises(Forbidden):
        import_deals(world.session, file, by=world.mona)
    assert import_deals(world.session, file, by=world.adam).made == 1


def test_a_stranger_who_took_an_agents_address_gets_nothing(world: World, folder: Path) -> None:
    world.session.add(User(email=address_of("Moses Frase", world.acme).upper(), name="Mallory"))
    world.session.flush()
    with pytest.raises(Conflict):
        import_deals(world.session, written(folder, WON), by=world.olga)


def test_a_removed_agent_stays_removed(world: World, folder: Path, imported: Imported) -> None:
    agent = deal(world.session, "W1").owner
    agent.ended_at = func.now()  # type: ignore[assignment]
    world.session.flush()
    import_deals(world.session, written(folder, WON, WON.replace("W1", "W2")), by=world.olga)
    world.session.refresh(agent)
    assert agent.ended_at is not None


def test_the_stages_rules_hold_for_imports_too(world: World, folder: Path, imported: Imported) -> None:
    stage = deal(world.session, "P1").stage
    stage.change({"required": ["company_id"]}, by=world.olga)
    world.session.commit()
    more = PROSPECTING.replace("P1", "P2")
    assert problems_of(world, written(folder, more)) == ["sales_pipeline.csv, line 2: Choose a company."]
    stage.change({"required": [], "wip_limit": 1, "wip_strict": True}, by=world.olga)
    with pytest.raises(Conflict, match="is full"):
        import_deals(world.session, written(folder, more), by=world.olga)


@pytest.fixture
def runner(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> FlaskCliRunner:
    """Commands look for organizations with a connection of their own, which can't see the test's."""

    def seen(query: Any) -> Sequence[Any]:
        return [world.acme.id] if "Acme" in str(query.compile(compile_kwargs={"literal_binds": True})).title() else []

    monkeypatch.setattr(cli, "seen_by_operator", seen)
    return app.test_cli_runner()


def test_the_command_commits_and_tells_how_many(runner: FlaskCliRunner, world: World, folder: Path) -> None:
    result = runner.invoke(args=["crm", "import-deals", str(written(folder, WON)), "--organization", "acme"])
    assert (result.exit_code, result.output) == (0, "Deals imported into Maven sales: 1.\n")
    assert deal(world.session, "W1").organization_id == world.acme.id


def test_the_command_lists_bad_rows_and_fails(runner: FlaskCliRunner, world: World, folder: Path) -> None:
    file = written(folder, WON, LOST.replace("Lost", "Gone"))
    result = runner.invoke(args=["crm", "import-deals", str(file), "--organization", "Acme"])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "sales_pipeline.csv, line 3: unknown deal_stage 'Gone'",
        "Error: Nothing was imported. Bad rows: 1.",
    ]


def test_the_command_knows_no_such_organization(runner: FlaskCliRunner, folder: Path) -> None:
    result = runner.invoke(args=["crm", "import-deals", str(written(folder, WON)), "--organization", "Nowhere"])
    assert (result.exit_code, result.output) == (1, "Error: There is no organization 'Nowhere'.\n")

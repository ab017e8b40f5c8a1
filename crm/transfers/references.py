"""What imported deals point at: found by name, made when there is none."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.contacts.models import Company
from crm.contacts.tags import Tag
from crm.errors import Conflict
from crm.organizations.models import COLOURS, Membership
from crm.pipelines.models import LostReason, Pipeline, Stage
from crm.pipelines.operations import make_pipeline
from crm.transfers.maven import Book
from crm.transfers.maven_rows import Account, key_of

PIPELINE = "Maven sales"
# The data set is from 2017: with a limit of days every card would be rotting from the start.
STAGES = (
    ("Prospecting", "prospecting", "slate", 10, "open", None),
    ("Engaging", "engaging", "blue", 40, "open", None),
    ("Won", "won", "green", 100, "won", None),
    ("Lost", "lost", "red", 0, "lost", None),
)
REASON = "Not recorded"
QUIET = [color for color in COLOURS if color not in ("red", "green", "slate")]


def stages_for(session: Session, by: Membership) -> dict[str, Stage]:
    """By slug, the stages of the import's own pipeline. Raises Conflict when one of them was taken away."""
    mine = select(Pipeline).where(Pipeline.organization_id == by.organization_id)
    pipeline = session.scalar(mine.where(func.lower(Pipeline.name) == PIPELINE.lower()))
    if pipeline is None:
        pipeline = make_pipeline(session, by.organization_id, PIPELINE, STAGES)
    stages = {stage.slug: stage for stage in pipeline.stages}
    for name, slug, _, _, kind, _ in STAGES:
        if slug not in stages or stages[slug].kind != kind:
            raise Conflict("The pipeline %(pipeline)s has no stage %(name)s any more.", pipeline=PIPELINE, name=name)
    return {slug: stages[slug] for _, slug, *_ in STAGES}


def lost_reason_for(session: Session, by: Membership) -> LostReason:
    """The data set doesn't tell why a deal was lost; the rule wants a reason."""
    mine = LostReason.organization_id == by.organization_id
    found = session.scalar(select(LostReason).where(mine, func.lower(LostReason.name) == REASON.lower()))
    if found is None:
        last = session.scalar(select(func.max(LostReason.position)).where(mine)) or 0
        found = LostReason(organization_id=by.organization_id, name=REASON, position=last + 1)
        session.add(found)
        session.flush()
    return found


def companies_for(session: Session, book: Book, by: Membership) -> dict[str, int]:
    """Ids by name without regard to case. Of several companies of one name the first is meant."""
    wanted = accounts_of(book)
    names = {account.name.lower() for account in wanted.values()}
    known = select(func.lower(Company.name), Company.id).where(Company.organization_id == by.organization_id)
    found = session.execute(known.where(func.lower(Company.name).in_(names)).order_by(Company.id.desc()))
    ids = {name.casefold(): number for name, number in found}
    made = [company_of(account, by) for key, account in wanted.items() if key not in ids]
    session.add_all(made)
    session.flush()
    for company in made:
        company.record("imported", by=by, file=book.file)
    return ids | {company.name.casefold(): company.id for company in made}


def accounts_of(book: Book) -> dict[str, Account]:
    """The accounts' own list, or the names in the main file when there is none."""
    if book.accounts is not None:
        return book.accounts
    named = {one.account.casefold(): one for one in book.opportunities if one.account}
    return {key: Account(one.line, one.account, "", "", "") for key, one in named.items()}


def company_of(account: Account, by: Membership) -> Company:
    """A new company that belongs to whoever imports."""
    return Company(
        organization_id=by.organization_id,
        owner_id=by.user_id,
        name=account.name,
        industry=account.industry or None,
        city=account.city or None,
        note=account.note or None,
    )


def tags_for(session: Session, book: Book, by: Membership) -> dict[str, int]:
    """Ids of the products' tags by key: the price list's spelling, and one tag for GTXPro and GTX Pro."""
    known = session.execute(select(Tag.name, Tag.id).where(Tag.organization_id == by.organization_id))
    ids = {key_of(name): number for name, number in known}
    wanted = {key_of(one.product): book.product_name(one) for one in book.opportunities}
    made = [
        Tag(organization_id=by.organization_id, name=name, color=QUIET[place % len(QUIET)])
        for place, (key, name) in enumerate(wanted.items())
        if key not in ids
    ]
    session.add_all(made)
    session.flush()
    return ids | {key_of(tag.name): tag.id for tag in made}

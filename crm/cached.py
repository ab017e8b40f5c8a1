"""Numbers kept in this process until a change could have altered them: never old, on however many instances.

A change of an organization's numbers leaves a row in `activities` or `audit_entries`, in its own transaction and with
that one's number, `txid`. An entry keeps the snapshot S (which transactions had ended) of the statement sent before its
numbers were computed. It is served while the organization has no row that is visible now and whose transaction S does
not see. Then every transaction that is visible now and changed a number was visible in S; and as what is visible only
grows from statement to statement (READ COMMITTED), the numbers saw neither less nor more: they are those of now.

- The newest id can't say this: a row with a lower id may be committed after one with a higher.
- A change between S and the numbers is in the numbers and not in S: the entry is thrown away early, never late.
- S leaves out its own transaction, so who has written something gets numbers computed anew, and none are kept: what is
  not committed is nobody else's, and a rollback would leave no row.
- Rows that go with a deleted record are no loss: the deletion has left its audit entry.
- Restored into another cluster, rows may carry numbers of its future: until it has come so far nothing is served from
  here. That is right, only slower. A process doesn't outlive the database beneath it: restart it after restoring.
- Only for the primary: a standby doesn't tell which transactions are under way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Row, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.database import tenant_of

T = TypeVar("T")

# The comparison finds the few rows by index; a function alone could not, under row-level security.
LOOK = text("""
    select cast(pg_current_snapshot() as text) as snapshot, pg_current_xact_id_if_assigned() is not null as writing,
      exists (
        select from activities where organization_id = :organization
          and txid >= pg_snapshot_xmin(cast(:snapshot as pg_snapshot))::text::bigint
          and not pg_visible_in_snapshot(txid::text::xid8, cast(:snapshot as pg_snapshot))
      ) or exists (
        select from audit_entries where organization_id = :organization
          and txid >= pg_snapshot_xmin(cast(:snapshot as pg_snapshot))::text::bigint
          and not pg_visible_in_snapshot(txid::text::xid8, cast(:snapshot as pg_snapshot))
      ) as changed
""")


class Telling:
    """A row that tells of a change. `txid` is the transaction that wrote it."""

    txid: Mapped[int] = mapped_column(BigInteger, server_default=text("pg_current_xact_id()::text::bigint"))


@dataclass(frozen=True)
class Kept(Generic[T]):
    """An answer, and the snapshot before it."""

    snapshot: str
    answer: T


class Cache:
    """The latest `size` answers. What is put in must be immutable: all threads share it."""

    def __init__(self, size: int = 1000) -> None:
        self.size = size
        self.entries: OrderedDict[Hashable, Kept[Any]] = OrderedDict()
        self.lock = Lock()

    def get(self, key: Hashable) -> Kept[Any] | None:
        with self.lock:
            if key in self.entries:
                self.entries.move_to_end(key)
            return self.entries.get(key)

    def put(self, key: Hashable, kept: Kept[Any]) -> None:
        with self.lock:
            self.entries[key] = kept
            self.entries.move_to_end(key)
            while len(self.entries) > self.size:
                self.entries.popitem(last=False)

    def clear(self) -> None:
        with self.lock:
            self.entries.clear()


cache = Cache()


def kept(session: Session, organization_id: int, key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` gives now. It may read only the organization's rows and what `key` names, and give no mutables."""
    place = (session.get_bind().engine.url, *tenant_of(session)[:1], organization_id, key)
    known = cache.get(place)
    now = look(session, organization_id, known.snapshot if known else None)
    if known is not None and not (now.writing or now.changed):
        return known.answer  # type: ignore[no-any-return]
    answer = compute()
    if not now.writing:
        cache.put(place, Kept(now.snapshot, answer))
    return answer


def look(session: Session, organization_id: int, snapshot: str | None) -> Row[Any]:
    """The snapshot now, whether this transaction has written, and whether the organization changed since that one.

    What waits in the session is written first, as before every statement, so it counts.
    """
    return session.execute(LOOK, {"organization": organization_id, "snapshot": snapshot}).one()

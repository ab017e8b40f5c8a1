"""Several messages on their way at once, each in a thread that knows nothing of the database."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Self

from crm.webhooks.delivering import Parcel
from crm.webhooks.sending import Outcome, Post
from crm.webhooks.signing import headers

THREADS = 32
"""More than all twenty endpoints need while each of them fails: then each has one."""


class Crew:
    """Sends parcels and hands back how each went."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        self.under_way: dict[Future[Outcome], Parcel] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    @property
    def flying(self) -> dict[int, int]:
        """How many are on their way to each endpoint."""
        return Counter(parcel.endpoint_id for parcel in self.under_way.values())

    def take(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            self.under_way[self.pool.submit(self.send, parcel)] = parcel

    def send(self, parcel: Parcel) -> Outcome:
        """Signed for this attempt: the time is of now."""
        signed = headers(parcel.secrets, parcel.message_id, int(time.time()), parcel.body)
        return self.post.send(parcel.url, parcel.body, signed)

    def back(self, *, within: float) -> Iterator[tuple[Parcel, Outcome]]:
        """Those that are done, after waiting so many seconds at most for the first."""
        done, _ = wait(self.under_way, timeout=within, return_when=FIRST_COMPLETED)
        for one in done:
            yield self.under_way.pop(one), one.result()

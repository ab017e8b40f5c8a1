"""The time zones that people can choose."""

from __future__ import annotations

import functools
from zoneinfo import available_timezones

OLD = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


@functools.cache
def zones() -> frozenset[str]:
    """Every IANA name that this machine knows; reading them touches the disk once."""
    return frozenset(available_timezones() | {"UTC"})


@functools.cache
def offered_zones() -> tuple[str, ...]:
    """UTC and the places, by name: what a list shows. Names kept for old machines are left out."""
    return ("UTC", *sorted(zone for zone in zones() if "/" in zone and not zone.startswith(OLD)))

"""Lanes are only drawn; a lane that names nobody who works here is a sign that its tasks have nobody either."""

import re

from ..reasons import suggested
from ..types import Finding
from .checker import Checker


def check_lanes(checker: Checker) -> None:
    known = checker.registry.groups
    if not known:
        return
    names = {_plain(name) for name in (*known, *checker.registry.trade.lanes)}
    for lane in checker.bundle.lanes:
        if lane.name and _plain(lane.name) not in names:
            params = {"lane": lane.name, "known": suggested(_plain(lane.name), sorted(known))}
            checker.findings.append(Finding("warning", lane.file, lane.id, "lane-without-role", params, lane.name))


def _plain(name: str) -> str:
    """`Shift supervisor` as `shift_supervisor`."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())

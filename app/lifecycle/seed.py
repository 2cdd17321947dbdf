"""The demo city's past: finished cases and a dozen that still run, made through the same doors that people use, in
simulated time. The same number makes the same past."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import city
from app.cases.models import CaseFile
from app.identity import SEED, Actor, actor_of_user, all_users
from app.lifecycle.seed_plan import FINISHED_FROM, Place, Script, Teller
from app.lifecycle.seed_play import Player
from app.workflow import Runtime

NUMBER = 12319
OPEN: tuple[tuple[str, Script, float], ...] = (
    ("judge", "plain", 0.4), ("judge", "plain", 1.2), ("confirm_unit", "return", 20), ("dispatch", "plain", 1.5),
    ("sign", "plain", 1.0), ("sign", "plain", 3.5), ("handle", "plain", 6), ("handle", "late", 30),
    ("report_back", "late", 52), ("review_objection", "return", 8), ("verify", "plain", 26), ("reply", "plain", 28),
    ("return_visit", "plain", 100), ("return_visit", "unreached", 120), ("instruct", "leader", 5),
)  # fmt: skip
"""Cases that still run: the task that waits, the story, hours since the report."""


def is_seeded(runtime: Runtime) -> bool:
    """Is there any case? Then the city has a past of its own."""
    with runtime.sessions() as session:
        return session.scalar(select(CaseFile.id).limit(1)) is not None


def seed(
    runtime: Runtime, cases: int = 300, progress: Callable[[int], None] = lambda _: None, *, number: int = NUMBER
) -> int:
    """Make the demo city, `cases` finished cases over the past nine weeks, and some that run. Returns how many of the
    former are over. `progress` hears how many are done.

    The diagrams must be deployed. Nothing is sent anywhere: the runtime's queue is left out, time is simulated."""
    now = runtime.clock.now().astimezone(runtime.zone)
    start = now - FINISHED_FROM - timedelta(days=1)
    with runtime.sessions.begin() as session:
        city.load_demo_city(session, SEED, start)
    with runtime.sessions() as session:
        places, people = _places(session), _people(session)
    teller = Teller(number, places, now)
    quiet = replace(runtime, queue=None, committed=[])
    player = Player(quiet, people, teller.words, teller.chance, runtime.zone, now)
    finished = 0
    for done, story in enumerate(teller.finished(cases), 1):
        finished += player.play(story)
        progress(done)
    for story in teller.open_ones(OPEN if cases >= len(OPEN) else OPEN[:cases]):
        player.play(story)
    return finished


def _places(session: Session) -> list[Place]:
    return [
        Place(place.code, [street["names"]["zh-CN"] for street in place.streets])
        for place in city.districts(session, depth=2)
        if place.streets
    ]


def _people(session: Session) -> dict[str, Actor]:
    return {user.username: actor_of_user(session, user.username) for user in all_users(session)}


__all__ = ["NUMBER", "is_seeded", "seed"]

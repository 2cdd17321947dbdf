"""The demo city's past: finished cases and a dozen that still run, made through the same doors that people use, in
simulated time. The same number makes the same past."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import city, knowledge
from app.cases.models import CaseFile
from app.identity import SEED, Actor, actor_of_user, all_users
from app.lifecycle.seed_forms import Forms
from app.lifecycle.seed_plan import FINISHED_FROM, Place, Teller, Waiting
from app.lifecycle.seed_play import Kept, Player
from app.workflow import Runtime

NUMBER = 12319
OPEN = (
    Waiting("judge", 0.3), Waiting("judge", 0.8, district="jz/dongcheng"), Waiting("judge", 2, script="answer"),
    Waiting("instruct", 5, script="leader"), Waiting("confirm_unit", 20, "DIRTY_PUBLIC_TOILET", "return"),
    Waiting("dispatch", 2.5, "DIRTY_ROAD"), Waiting("dispatch", 6, "ROAD_DAMAGE", district="jz/dongcheng"),
    Waiting("sign", 3, "WATER_LEAK"), Waiting("sign", 4, "BUILDING_DEFECT"), Waiting("sign", 5, "PROPERTY_SERVICE"),
    Waiting("sign", 75, "POWER_STOPPED"), Waiting("handle", 3, "GAS_LEAK"), Waiting("handle", 22, "GAS_STOPPED"),
    Waiting("handle", 7, "OVERFLOWING_BIN"), Waiting("handle", 30, "NOISE"), Waiting("handle", 9, "OTHER_MATTER"),
    Waiting("note_answer", 60, "FARE_GOUGING"),
    Waiting("handle", 55, "HEATING_TOO_LOW"), Waiting("handle", 100, "ILLEGAL_ADVERTISING"),
    Waiting("handle", 210, "UNAUTHORISED_STRUCTURE_CHANGE"), Waiting("inspect", 30, "ILLEGAL_BUILDING"),
    Waiting("report_back", 28, "FALLEN_TREE"), Waiting("report_back", 52, "STREET_LAMP"),
    Waiting("review_objection", 9, "LIFT", "return"), Waiting("verify", 26, "EXPOSED_RUBBISH"),
    Waiting("verify", 80, "WATER_POLLUTION"), Waiting("reply", 29, "BUILDING_RUBBLE"), Waiting("return_visit", 170),
    Waiting("return_visit", 190, script="unreached"),
)  # fmt: skip
"""Each department, each supervisor, the agents and the leader find work; some of it is due soon, some is overdue."""


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
        knowledge.load_demo_phrases(session, SEED, start)
        knowledge.load_demo_articles(session, SEED, start)
    with runtime.sessions() as session:
        places, people = places_of(session), _people(session)
    teller = Teller(number, places, now)
    quiet = replace(runtime, queue=Kept(), committed=[])
    player = Player(quiet, people, Forms(teller.words, teller.chance), teller.chance, runtime.zone, now)
    finished = 0
    for done, story in enumerate(teller.finished(cases), 1):
        finished += player.play(story)
        progress(done)
    for story in teller.open_ones(OPEN if cases >= len(OPEN) else OPEN[:cases]):
        player.play(story)
    return finished


def places_of(session: Session) -> list[Place]:
    """Parts of the city with their streets: where things happen."""
    return [
        Place(place.code, [street["names"]["zh-CN"] for street in place.streets])
        for place in city.districts(session, depth=2)
        if place.streets
    ]


def _people(session: Session) -> dict[str, Actor]:
    return {user.username: actor_of_user(session, user.username) for user in all_users(session)}


__all__ = ["NUMBER", "is_seeded", "seed"]

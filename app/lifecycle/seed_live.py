"""A few more reports while the demo city is looked at, so that something arrives before a visitor's eyes."""

from sqlalchemy import select

from app.cases.models import Registration
from app.core.ids import derived_id
from app.identity import actor_of_user
from app.lifecycle.reporting import register
from app.lifecycle.seed import NUMBER, places_of
from app.lifecycle.seed_plan import Teller
from app.workflow import Runtime

MOST = 10
"""So many in a database's life: each has a command id of its own, which no dispatcher can use twice."""


def report_one_more(runtime: Runtime) -> bool:
    """Register the next of them. False when all are there, or when there is no demo city."""
    commands = [derived_id("seed", "live", number) for number in range(MOST)]
    with runtime.sessions() as session:
        used = set(session.scalars(select(Registration.command_id).where(Registration.command_id.in_(commands))))
        number = next((number for number, command in enumerate(commands) if command not in used), None)
        places = places_of(session)
        if number is None or not places:
            return False
        agent = actor_of_user(session, ("agent", "agent2")[number % 2])
    teller = Teller(NUMBER + number, places, runtime.clock.now())
    register(runtime, teller.next_report(), actor=agent, command_id=commands[number])
    return True

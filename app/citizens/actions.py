"""Writing citizens."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.citizens.masking import normalise_phone
from app.citizens.models import Citizen, CitizenPhone
from app.citizens.queries import citizens_at
from app.core.ids import new_id


def find_or_create(session: Session, phone: str, name: str, now: datetime) -> Citizen:
    """The citizen with this number and name. Without a name: whoever called last from that number; a nameless
    caller's record takes the first name given. Without a number, always somebody new.

    Two registrations of one caller at the same moment wait for each other, so that only one record is made. The
    history of the case that needs the citizen records it.
    """
    number, name = normalise_phone(phone), name.strip()
    if not number:
        return _add(session, "", name, now)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"citizen:{number}", 0))))
    known = citizens_at(session, number)
    found = next((citizen for citizen in known if not name or citizen.name == name), None)
    nameless = next((citizen for citizen in known if not citizen.name), None)
    if (citizen := found or nameless) is None:
        return _add(session, number, name, now)
    citizen.name = citizen.name or name
    citizen.last_contact_at = max(citizen.last_contact_at, now)
    session.flush()
    return citizen


def _add(session: Session, number: str, name: str, now: datetime) -> Citizen:
    citizen = Citizen(id=new_id(), name=name, created_at=now, last_contact_at=now)
    citizen.phones = [CitizenPhone(phone=number, added_at=now)] if number else []
    session.add(citizen)
    session.flush()
    return citizen

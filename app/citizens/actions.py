"""Writing citizens."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.citizens.masking import normalise_phone
from app.citizens.models import Citizen, CitizenPhone
from app.citizens.queries import citizens_at
from app.core.errors import Invalid
from app.core.ids import new_id


def find_or_create(session: Session, phone: str, name: str, now: datetime) -> Citizen:
    """The citizen who is known by this number and this name together: a number alone says who may be calling, not
    who is, so a nameless caller is not taken for a named one. Without a number, always somebody new.

    Two registrations of one caller at the same moment wait for each other, so that only one record is made. The
    history of the case that needs the citizen records it. Raises Invalid for a number that cannot be one.
    """
    number, name = normalise_phone(phone), name.strip()
    if not number:
        return _add(session, "", name, now)
    if not 3 <= len(number.lstrip("+")) <= 20:
        raise Invalid("citizens.phone.form")
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"citizen:{number}", 0))))
    citizen = next((known for known in citizens_at(session, number) if known.name == name), None)
    if citizen is None:
        return _add(session, number, name, now)
    citizen.last_contact_at = max(citizen.last_contact_at, now)
    session.flush()
    return citizen


def _add(session: Session, number: str, name: str, now: datetime) -> Citizen:
    citizen = Citizen(id=new_id(), name=name, created_at=now, last_contact_at=now)
    citizen.phones = [CitizenPhone(phone=number, added_at=now)] if number else []
    session.add(citizen)
    session.flush()
    return citizen

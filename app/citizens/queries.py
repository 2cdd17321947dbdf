"""Reading citizens."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.citizens.masking import normalise_phone
from app.citizens.models import Citizen, CitizenPhone


def citizens_at(session: Session, phone: str) -> list[Citizen]:
    """Everybody known at this number, the last caller first."""
    query = (
        select(Citizen)
        .join(CitizenPhone, CitizenPhone.citizen_id == Citizen.id)
        .where(CitizenPhone.phone == normalise_phone(phone))
        .order_by(Citizen.last_contact_at.desc(), Citizen.id.desc())
    )
    return list(session.scalars(query))

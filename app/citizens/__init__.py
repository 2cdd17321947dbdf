"""People and their numbers. Caller id is never identity: a number says who may be calling, not who is."""

from app.citizens.actions import find_or_create
from app.citizens.masking import masked_email, masked_name, masked_phone, masked_text, normalise_phone
from app.citizens.models import Citizen, CitizenPhone
from app.citizens.queries import citizens_at

__all__ = [
    "Citizen",
    "CitizenPhone",
    "citizens_at",
    "find_or_create",
    "masked_email",
    "masked_name",
    "masked_phone",
    "masked_text",
    "normalise_phone",
]

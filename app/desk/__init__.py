"""What stands on a seat's page: bulletins for everybody (S18-S20), and a person's own plan, which reminds them
(S21-S23)."""

from app.desk.actions import NOTICE, finish, plan, publish, remind, withdraw
from app.desk.models import AgendaItem, Bulletin
from app.desk.queries import agenda_of, bulletins_now, newest_title

__all__ = [
    "NOTICE", "AgendaItem", "Bulletin", "agenda_of", "bulletins_now", "finish", "newest_title", "plan", "publish",
    "remind", "withdraw",
]  # fmt: skip

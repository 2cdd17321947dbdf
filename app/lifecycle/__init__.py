"""The seven stages of a case: what people do to it, and what its diagrams call.

`register` and `complete_task` are the doors of pages and API; `wiring` registers what diagrams name."""

from app.lifecycle.further import FurtherKind, ask_department, choosable
from app.lifecycle.history import Sentence, history_of
from app.lifecycle.merging import join_case
from app.lifecycle.order_asks import PauseKind, ask_extension, ask_pause, askable, resume_order
from app.lifecycle.reopening import may_reopen, reopen
from app.lifecycle.reporting import Registered, register
from app.lifecycle.return_visit import bring_visit_forward
from app.lifecycle.tasks import claim, complete_task, release
from app.lifecycle.withdrawal import VOID_CAUSES, void_case, withdraw_case, withdraw_order

__all__ = [
    "VOID_CAUSES",
    "FurtherKind",
    "PauseKind",
    "Registered",
    "Sentence",
    "ask_department",
    "ask_extension",
    "ask_pause",
    "askable",
    "bring_visit_forward",
    "choosable",
    "claim",
    "complete_task",
    "history_of",
    "join_case",
    "may_reopen",
    "register",
    "release",
    "reopen",
    "resume_order",
    "void_case",
    "withdraw_case",
    "withdraw_order",
]

"""A return visit by telephone: what the citizen answered by key is the visit's result (O02, O05).

The answer counts where the call was made for the visit: about the case, to the caller whose turn it is, while the
visit's task was open. With both answers, how content and whether solved, the task is done by them, so that nobody
rates themself; with one the form begins with it, and a person does the rest."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import CaseFile
from app.citizens import normalise_phone
from app.contacts.guard import TELEPHONE
from app.contacts.models import Call, CallSurvey
from app.contacts.surveys import VISIT_ANSWERED
from app.core.errors import Conflict, Invalid
from app.core.ids import derived_id
from app.lifecycle import complete_task
from app.lifecycle.forms import RETURN_VISIT
from app.lifecycle.return_visit import caller_to_ask
from app.workflow import Busy, OutboxRow, Runtime, TaskView, Temporary, tasks_of

log = logging.getLogger(__name__)

SKEW = timedelta(seconds=2)
"""Between the clocks of the telephone's machine and the worker's."""


def record_answer(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: the visit's task is done by what was typed. Told twice, or too late (a person has done the task,
    another caller's turn has come), nothing happens."""
    call_id = UUID(row.body["call_id"])
    with runtime.sessions() as session:
        call, survey = session.get_one(Call, call_id), session.get_one(CallSurvey, call_id)
        case = session.get(CaseFile, call.case_id) if call.case_id else None
        task = next(_visits_open(session, case, call), None) if case is not None else None
    if task is None:
        log.info("call %s was made for no return visit", call_id)
        return
    values = {"visit_result": survey.satisfaction, "resolved": survey.resolved, "processing_result": None,
              "opinion": None}  # fmt: skip
    try:
        complete_task(
            runtime, task.task_id, values, actor=TELEPHONE, command_id=derived_id(VISIT_ANSWERED, call_id),
            instance_id=task.instance_id,
        )  # fmt: skip
    except Busy as error:
        raise Temporary(error.key) from error
    except (Conflict, Invalid) as error:  # somebody was faster, or the city's own form asks for more
        log.info("the visit of call %s is left to a person: %s", call_id, error.key)


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """What a citizen typed, and when; `values` by the fields of the visit's form."""

    at: datetime
    values: Mapping[str, str]


def answer_by_key(session: Session, case: CaseFile, task: TaskView) -> KeyedAnswer | None:
    """What the visit's form begins with: the answer of the newest call that was made for it."""
    made = Call.case_id == case.id, Call.direction == "OUT", Call.began_at >= task.created_at
    query = (
        select(Call, CallSurvey)
        .join(CallSurvey, CallSurvey.call_id == Call.id)
        .where(*made, CallSurvey.rated_at.is_not(None))
    )
    for call, survey in session.execute(query.order_by(Call.began_at.desc()).limit(5)):
        if _is_for(session, case, call):
            said = {"visit_result": survey.satisfaction, "resolved": survey.resolved}
            values = {key: value for key, value in said.items() if value is not None}
            return KeyedAnswer(survey.rated_at, values) if survey.rated_at is not None else None
    return None


def _visits_open(session: Session, case: CaseFile, call: Call) -> Iterator[TaskView]:
    if _is_for(session, case, call):
        for task in tasks_of(session, case.id):
            if task.form_id == RETURN_VISIT and task.created_at <= call.began_at + SKEW:
                yield task


def _is_for(session: Session, case: CaseFile, call: Call) -> bool:
    """Was the one called whose turn it is?"""
    phone = caller_to_ask(session, case)[0].caller_phone
    return phone is not None and normalise_phone(phone) == normalise_phone(call.called)

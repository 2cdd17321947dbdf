"""Puts the product together. Web, worker, dispatcher, command line and tests start through `build_runtime`.

Registers and decides nothing: what an operation does stands with its stage, who may call it stands here."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import city, contacts, desk, documents, identity, messaging, supervision, workflow, worklist
from app.contacts import VOICE_OPERATIONS, VOICE_STARTS, code_attempts, visits
from app.contacts import jobs as copying
from app.contacts.surveys import VISIT_ANSWERED
from app.core.clock import Clock, SystemClock
from app.core.db import Sessions, make_engine, make_sessions
from app.core.i18n import load_texts
from app.core.settings import QUIET_HOURS, Settings
from app.identity import Actor, Role
from app.lifecycle import (
    acceptance,
    asking,
    assignment,
    calendar_change,
    combining,
    feedback,
    functions,
    further,
    handling,
    leaving,
    limits,
    moving_limits,
    notices,
    numbering,
    progress,
    reopening,
    reporting,
    return_visit,
    seed_live,
    tasks,
    vocabulary,
)
from app.reports import KIND as REPORT
from app.reports import carry_out
from app.reports.actions import FOLDER
from app.reports.imports import forget_uploads
from app.reports.rollup import roll_up
from app.web.live.publisher import Publisher
from app.workflow import OnInstance, Runtime
from app.workflow.engine.types import Operation, Registry, Trade, Variables
from app.workflow.jobs import RqQueue
from app.workflow.runtime import OutboxHandler, Queue
from app.workflow.sweep import forget_done

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

LIFECYCLE = ("lifecycle",)
DEPARTMENTS = ("department_*",)
ORDERS = ("order_*",)
"""What departments' diagrams call."""
BOTH = LIFECYCLE + DEPARTMENTS + ORDERS
ANY = ("*",)


def build_app(settings: Settings) -> "Flask":
    """The web application, for a WSGI server."""
    from app.web.app import create_app

    return create_app(build_runtime(settings), settings)


def build_runtime(settings: Settings, clock: Clock | None = None, *, queue: Queue | None = None) -> Runtime:
    """Everything registered, nothing running. `queue` carries ids of outbox rows to workers; without one it is the
    one at `settings.redis_url`."""
    load_texts(Path(__file__).parent)
    sessions = make_sessions(make_engine(settings.database_url), contacts.with_vault(settings.secret_key))
    registry = Registry(groups=groups(sessions))
    runtime = Runtime(sessions, clock or SystemClock(), registry, settings.city_zone)
    runtime.queue = queue or RqQueue(settings.redis_url)
    publisher = Publisher(settings.redis_url)
    runtime.committed.append(publisher)
    event.listen(sessions, "after_commit", partial(_tell_pages, publisher))
    register(runtime)
    runtime.outbox(messaging.OUTBOX_KIND, _carrier(settings))
    runtime.outbox(REPORT, partial(carry_out, folder=settings.data_dir / FOLDER))
    _copy_recordings(runtime, settings)
    unsaved = partial(_forget_unsaved, folder=documents.Folder(settings.data_dir / documents.FOLDER))
    runtime.every(timedelta(days=1), "forget files of unsaved reports", unsaved)
    uploads = partial(forget_uploads, folder=settings.data_dir / FOLDER)
    runtime.every(timedelta(days=1), "forget uploads nobody imported", uploads)
    if settings.demo:
        runtime.every(timedelta(minutes=3), "demo reports", seed_live.report_one_more)
    return runtime


def _copy_recordings(runtime: Runtime, settings: Settings) -> None:
    """To the place outside that the settings name; without one, what was ordered before is forgotten."""
    place = contacts.place_of(settings.recording_backup, settings.store_url, settings.store_key, settings.store_secret)
    runtime.outbox(copying.OUTBOX_KIND, partial(copying.copy_out, data=settings.data_dir, place=place))
    if place is not None:
        runtime.every(timedelta(minutes=1), "copy new recordings", partial(copying.order_recent, place=place))
        runtime.every(timedelta(days=1), "copy all recordings", partial(copying.order_all, place=place))


def build_registry(settings: Settings | None = None) -> Registry:
    """What diagrams may name, for `citydesk check` on files: in the city of these settings, with what administrators
    allowed there; without one, or while it is away, in the city that ships."""
    load_texts(Path(__file__).parent)
    sessions = make_sessions(make_engine(settings.database_url if settings else "postgresql://"))
    known = groups(sessions) if settings else frozenset()
    runtime = Runtime(sessions, SystemClock(), Registry(groups=known or city.shipped_groups()), ZoneInfo("UTC"))
    register(runtime)
    if not known:
        codes = _trade(city.shipped_codes("catalogue/categories"), city.shipped_codes("demo/departments"))
        return replace(runtime.registry, trade=codes)
    with sessions() as session:
        matters = frozenset(matter.code for matter in city.categories(session))
        departments = frozenset(department.code for department in city.departments(session))
        absent = {} if city.has_calendar(session) else dict.fromkeys(city.FUNCTIONS, "no-calendar")
        people = frozenset(str(one.id) for one in identity.all_users(session))
        registry = workflow.with_grants(session, runtime.registry)
    return replace(registry, trade=_trade(matters or None, departments or None, absent), people=people)


def _trade(*city_codes: Any) -> Trade:
    """The lifecycle's, and what voice diagrams begin with."""
    trade = vocabulary.trade(*city_codes)
    return replace(trade, starts={**trade.starts, **VOICE_STARTS})


def register(runtime: Runtime) -> None:
    """Teach a runtime the trade: operations, FEEL functions, listeners, outbox handlers, message starts."""
    _register_operations(runtime)
    runtime.registry = replace(runtime.registry, trade=_trade())
    runtime.functions(functions.calendar_functions, city.FUNCTIONS)
    runtime.on_steps(progress.follow)
    runtime.on_steps(supervision.follow)
    runtime.on_steps(supervision.announce)
    runtime.on_steps(partial(_number, runtime))  # last: it locks the counters (W14)
    runtime.prepare("complete_task", tasks.prepare_completion)
    runtime.outbox("message", workflow.deliver_sent)
    runtime.outbox("signal", workflow.deliver_signal)
    runtime.outbox(notices.OUTBOX_KIND, notices.deliver_notice)
    runtime.outbox(messaging.OUTBOX_KIND, _carrier())
    runtime.outbox(supervision.OUTBOX_KIND, supervision.tell_of_demand)
    runtime.outbox(supervision.RESULT_KIND, supervision.tell_result)
    runtime.outbox(feedback.OUTBOX_KIND, feedback.deliver_reply)
    runtime.outbox(calendar_change.OUTBOX_KIND, calendar_change.recount_limits)
    runtime.outbox(combining.OUTBOX_KIND, combining.deliver_merge)
    runtime.outbox(leaving.OUTBOX_KIND, leaving.hand_on)
    runtime.outbox(VISIT_ANSWERED, visits.record_answer)
    for interval, name, job in _RECURRING:
        runtime.every(interval, name, job)
    runtime.message_start("contact_arrived", partial(_contact_arrived, zone=runtime.zone))
    runtime.message_start(reopening.MESSAGE, reopening.only_people_ask)


def _contact_arrived(
    session: Session, payload: Mapping[str, Any], actor: Actor, now: datetime, *, zone: tzinfo
) -> dict[str, Any]:
    """The case that a message, a fax or the automatic acceptance makes has its call, and what was said or sent."""
    case = reporting.contact_arrived(session, payload, actor, now, zone=zone)
    with suppress(ValueError):  # mail and the web have ids of their own, which are no call's
        contacts.link_case(session, UUID(str(payload.get("contact_id"))), case["subject_id"])
    return case


def _tell_pages(publisher: Publisher, session: Session) -> None:
    """Whoever was told something in this transaction hears of it on their open pages."""
    if people := session.info.pop(messaging.TOLD, None):
        publisher.told(people)


def _carrier(settings: Settings | None = None) -> OutboxHandler:
    """Messages leave by the providers that the settings name; the others stay in the local outbox."""
    providers, quiet = messaging.shipped_providers(), settings.quiet_hours if settings else QUIET_HOURS
    if settings and settings.smtp_url:
        providers[messaging.Channel.EMAIL] = messaging.Smtp(settings.smtp_url, settings.mail_from)
    if settings and settings.sms_url:
        gateway = messaging.GatewaySettings(
            settings.sms_url, settings.sms_body, settings.sms_header, settings.sms_secret, settings.sms_accepted
        )
        providers[messaging.Channel.SMS] = messaging.HttpGateway(gateway)
    return partial(messaging.carry_out, providers=providers, quiet=messaging.QuietHours(*quiet))


def groups(sessions: Sessions) -> frozenset[str]:
    """Roles and departments: what diagrams may name as candidates. Empty (anything goes) while there is no city."""
    try:
        with sessions() as session:
            known = city.known_groups(session)
    except DBAPIError as error:
        log.info("candidate groups are not checked: %s", error.orig)
        return frozenset()
    return known if known - frozenset(Role) else frozenset()


def _number(runtime: Runtime, session: Session, on: OnInstance, *_: object) -> None:
    numbering.give_numbers(session, on, runtime.zone)


def _register_operations(runtime: Runtime) -> None:
    """Name, who may call it, inputs it must have, inputs it may have."""
    dispatch = partial(assignment.dispatch_orders, zone=runtime.zone)
    dispatch_one = partial(further.dispatch_further, zone=runtime.zone)
    for handler, name, processes, inputs, optional in _OPERATIONS:
        runtime.operation(Operation(name, "local", processes, inputs, optional, **vocabulary.operation(name)), handler)
    for operation in VOICE_OPERATIONS:  # telephony does them, on a caller's line
        runtime.operation(operation)
    runtime.operation(
        Operation(
            "dispatch_orders", "local", LIFECYCLE, ("lead_department",),
            ("assist_departments", "method", "urgency", "processing_content"),
            **vocabulary.operation("dispatch_orders"),
        ),
        dispatch,
    )  # fmt: skip
    runtime.operation(
        Operation(
            "dispatch_further", "local", LIFECYCLE + ORDERS, ("kind", "department", "order"), ("reason",),
            **vocabulary.operation("dispatch_further"),
        ),
        dispatch_one,
    )  # fmt: skip


def _forget_attempts(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        identity.forget_attempts(session, runtime.clock.now())


def _forget_sessions(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        identity.forget_sessions(session, runtime.clock.now())


def _remind_of_plans(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        desk.remind(session, runtime.clock.now())


def _forget_drafts(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        worklist.forget_old_drafts(session, runtime.clock.now())


def _forget_unsaved(runtime: Runtime, *, folder: documents.Folder) -> None:
    with runtime.sessions.begin() as session:
        documents.forget_unsaved(session, folder, actor=identity.CLOCK, now=runtime.clock.now())


def _refresh_calendars(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        clock, now = identity.CLOCK, runtime.clock.now()
        for kind, owner, calendar, years in city.refresh_published_years(session, actor=clock, now=now):
            calendar_change.order_recount(session, calendar, kind, owner, reason=years, actor=clock, now=now)


def _forget_codes(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        code_attempts.forget_attempts(session, runtime.clock.now())


_RECURRING: tuple[tuple[timedelta, str, Callable[[Runtime], object]], ...] = (
    (timedelta(seconds=10), "remind of plans", _remind_of_plans),
    (timedelta(minutes=1), "figures by day", roll_up),
    (timedelta(hours=1), "supervise what is overdue", supervision.raise_for_overdue),
    (timedelta(hours=1), "forget delivered outbox rows", forget_done),
    (timedelta(days=1), "forget sign-in attempts", _forget_attempts),
    (timedelta(days=1), "forget codes that were typed", _forget_codes),
    (timedelta(days=1), "forget ended sessions", _forget_sessions),
    (timedelta(days=1), "forget old drafts", _forget_drafts),
    (timedelta(days=1), "take over published holidays", _refresh_calendars),
)
"""All recurring work but the sweep itself; the leading dispatcher does it."""


_Names = tuple[str, ...]
_OPERATIONS: tuple[tuple[Callable[..., Variables], str, _Names, _Names, _Names], ...] = (
    (acceptance.file_case, "file_case", LIFECYCLE, (), ()),
    (acceptance.void_case, "void_case", LIFECYCLE, ("reason",), ()),
    (acceptance.report_to_leader, "report_to_leader", LIFECYCLE, ("reason",), ()),
    (acceptance.record_instruction, "record_instruction", LIFECYCLE, ("instruction",), ("text",)),
    (reopening.reopen_case, "reopen_case", LIFECYCLE, (), ()),
    (handling.count_orders, "count_orders", LIFECYCLE, (), ()),
    (handling.end_order, "end_order", DEPARTMENTS, ("outcome",), ()),
    (handling.alarm, "alarm", BOTH, ("kind",), ("text",)),
    (supervision.raise_by_diagram, "raise_supervision", BOTH, ("level",), ("reason",)),
    (supervision.answer_by_diagram, "answer_supervision", DEPARTMENTS + ORDERS, ("supervision_id",), ()),
    (notices.notify, "notify", BOTH, ("kind", "to"), ("rung", "due")),
    (limits.start_limit, "start_limit", BOTH, ("kind", "due"), ()),
    (limits.end_limit, "end_limit", BOTH, ("kind",), ()),
    (moving_limits.extend_limit, "extend_limit", BOTH, ("kind", "value"), ("unit", "reason")),
    (moving_limits.pause_limit, "pause_limit", BOTH, ("kind",), ("reason",)),
    (moving_limits.resume_limit, "resume_limit", BOTH, ("kind",), ()),
    (feedback.start_rework, "start_rework", LIFECYCLE, (), ("reason",)),
    (feedback.reply_sent, "reply_sent", LIFECYCLE, (), ("way",)),
    (return_visit.record_visit, "record_visit", LIFECYCLE, ("result",), ("resolved",)),
    (return_visit.evaluate_case, "evaluate_case", LIFECYCLE, (), ()),
    (return_visit.close_case, "close_case", LIFECYCLE, ("outcome",), ()),
    (asking.send_message, "send_message", ANY, ("name",), ("key", "variables")),
)

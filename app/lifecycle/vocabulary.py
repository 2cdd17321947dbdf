"""What checks of diagrams, tables and forms know of the trade: what an operation gives and takes, what instances begin
with, which messages there are, what forms may write. Names here are those of the stages' own code beside this file."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from app.cases import enums
from app.cases.form_fields import FIXED, FORM_WRITABLE
from app.city import FUNCTIONS, Unit
from app.lifecycle.assignment import NO_DEPARTMENT
from app.lifecycle.city_lists import LISTS
from app.lifecycle.further import NOT_POSSIBLE, FurtherKind
from app.lifecycle.notices import RECIPIENTS
from app.workflow.engine.types import FormRules, MessageKind, Trade, Values


def cell(values: Iterable[str]) -> str:
    """Values as a cell of a decision table asks for them."""
    return ", ".join(f'"{value}"' for value in values)


def _of(values: type[StrEnum]) -> frozenset[str]:
    return frozenset(value.value for value in values)


_LIMIT = dict.fromkeys(("started_at", "warn_at", "due_at", "escalate_at"), "date and time")
RESULTS: Mapping[str, Mapping[str, Values]] = {
    "count_orders": dict.fromkeys(("open_orders", "returned_orders"), "number"),
    "dispatch_orders": {"order_ids": "list", "open_orders": "number", "round": "number"},
    "dispatch_further": {"order_ids": "list"},
    "end_limit": {"state": _of(enums.LimitState)},
    "evaluate_case": {"score": "number", "on_time": "boolean"},
    "file_case": {"filed": "boolean"},
    "reopen_case": dict.fromkeys(("reopened", "filed"), "boolean"),
    "record_visit": dict.fromkeys(
        ("attempts", "unasked", "unreached", "fewest_attempts", "discontent", "reached"), "number"
    ),
    **{name: {"id": "string", **_LIMIT} for name in ("start_limit", "extend_limit", "pause_limit", "resume_limit")},
    "start_rework": {"rework_count": "number"},
    **{name: {} for name in (
        "alarm", "answer_supervision", "close_case", "end_order", "notify", "raise_supervision", "record_instruction",
        "reply_sent", "report_to_leader", "send_message", "void_case",
    )},
}  # fmt: skip
"""Variables that an operation returns."""
_ONE_OF = (
    "if ? instance of list<string> then every one in ? satisfies list contains([{all}], one)"
    " else list contains([{all}], ?)"
)
_TIME = "? instance of date and time, ? instance of days and time duration, ? instance of years and months duration"
TESTS: Mapping[str, Mapping[str, str]] = {
    "close_case": {"outcome": cell(enums.Outcome)},
    "dispatch_orders": {"method": cell(enums.ProcessingMethod), "urgency": cell(enums.Urgency)},
    "dispatch_further": {"kind": cell(FurtherKind)},
    **{name: {"kind": cell(enums.LimitKind)} for name in ("end_limit", "pause_limit", "resume_limit")},
    "extend_limit": {"kind": cell(enums.LimitKind), "unit": cell(Unit), "value": "? > 0"},
    "end_order": {"outcome": cell(enums.OrderOutcome)},
    "notify": {"to": _ONE_OF.replace("{all}", cell(RECIPIENTS))},
    "raise_supervision": {"level": cell(enums.SupervisionLevel)},
    "record_instruction": {"instruction": cell(enums.LeaderInstructionKind)},
    "record_visit": {"result": cell(enums.VisitResult), "resolved": cell(enums.Resolved)},
    "reply_sent": {"way": cell(enums.ReplyWish)},
    "start_limit": {"kind": cell(enums.LimitKind), "due": _TIME},
}
"""What an input must satisfy."""
ERRORS: Mapping[str, tuple[str, ...]] = {"dispatch_orders": (NO_DEPARTMENT,), "dispatch_further": (NOT_POSSIBLE,)}

_MATTER: Mapping[str, Values] = {
    **dict.fromkeys(("case_id", "category", "sub_category", "district")),
    "kind": _of(enums.MatterKind),
    "service_type": _of(enums.ServiceType),
    "urgency": _of(enums.Urgency),
}
STARTS: Mapping[str, Mapping[str, Values]] = {
    "lifecycle": {
        **_MATTER,
        **dict.fromkeys(("registration_id", "component_owner")),
        "chosen_method": _of(enums.ProcessingMethod),
        **dict.fromkeys(("machine_made", "automatic", "may_decide"), "boolean"),
        "origin": _of(enums.Origin),
        "channel": _of(enums.Channel),
        "appeal_type": _of(enums.AppealType),
    },
    "department_*": {
        **_MATTER,
        **dict.fromkeys(("order_id", "order_no", "department")),
        **dict.fromkeys(("emergency", "complex", "supervised"), "boolean"),
        "round": "number",
        "role": _of(enums.OrderRole),
    },
}
"""What a case's and an order's diagram are given (`reporting`, `assignment`), and what deeds may set later."""

_REASON: Mapping[str, Values] = {"reason": None}
MESSAGES: Mapping[str, MessageKind] = {
    "contact_arrived": MessageKind(sent=True, senders=(), variables={}),
    "reopening_asked": MessageKind(sent=True, senders=(), variables={}),
    "case_withdrawn": MessageKind(sent=True, senders=(), variables=_REASON),
    "case_voided": MessageKind(sent=True, senders=(), variables={"void_reason": None, **_REASON}),
    "department_asked": MessageKind(sent=True, senders=(), variables={"further": None}),
    "bring_visit_forward": MessageKind(sent=True, senders=(), variables={}),
    "withdraw_order": MessageKind(sent=True, senders=("lifecycle",), variables=_REASON),
    "return_order": MessageKind(sent=True, senders=("lifecycle",), variables=_REASON),
    "supervision_raised": MessageKind(
        sent=True,
        senders=(),
        variables={
            "level": _of(enums.SupervisionLevel),
            **dict.fromkeys(("reason", "supervision_id", "answer_due_at")),
        },
    ),
    "supervision_settled": MessageKind(sent=True, senders=(), variables={}),
    "extension_asked": MessageKind(sent=True, senders=(), variables={"extension": None}),
    "pause_asked": MessageKind(sent=True, senders=(), variables={"pause": None}),
    "resume_order": MessageKind(sent=True, senders=(), variables=_REASON),
    "order_ended": MessageKind(senders=("department_*",), variables={"order_id": None}),
}

FORMS = FormRules(
    fixed=FIXED,
    writable={"registration": frozenset({"district", "confidential", "origin"})},
    values={key: _of(attribute.values) for key, attribute in FORM_WRITABLE.items() if attribute.values is not None},
    lists={**dict.fromkeys(LISTS), "open_orders": None},
    alone=True,
    context=frozenset({*FORM_WRITABLE, "case_no", "district", "origin", "confidential", "now"}),
)


def trade(categories: Values = None, departments: Values = None, absent: Mapping[str, str] | None = None) -> Trade:
    """All of it. `categories` and `departments`: codes of the city's catalogue, where they are known."""
    lists = {**FORMS.lists, "categories": categories, "sub_categories": categories, "departments": departments}
    matter = {"category": categories, "sub_category": categories}
    return Trade(
        arguments={name: {"value": ">= 0", "unit": cell(Unit)} for name, of in FUNCTIONS.items() if "unit" in of},
        results={**dict.fromkeys(FUNCTIONS, "date and time"), "working time between": "days and time duration"},
        starts={pattern: {**given, **matter} for pattern, given in STARTS.items()},
        messages=MESSAGES,
        forms=replace(FORMS, lists=lists),
        absent=absent or {},
        dated=tuple(STARTS),
    )


def operation(name: str) -> dict[str, Any]:
    """What checks know of an operation, as arguments of `Operation`."""
    return {
        "results": RESULTS.get(name),
        "tests": TESTS.get(name, {}),
        "errors": ERRORS.get(name, ()),
        "message": "name" if name == "send_message" else None,
    }

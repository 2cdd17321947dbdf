"""A small trade for checks of small diagrams, and words to draw them with."""

import json
from typing import Any

from app.workflow.engine import Operation, Registry, check_files
from app.workflow.engine.types import FormRules, MessageKind, Trade
from tests.unit.engine.writing import end, one, start, zeebe

REGISTRY = Registry(
    operations={
        "count": Operation("count", "local", ("*",), results={"total": "number"}, errors=()),
        "decide": Operation("decide", "local", ("*",), results={"verdict": frozenset({"YES", "NO"})}, errors=("FULL",)),
        "limit": Operation(
            "limit", "local", ("*",), ("kind",), ("due",), results={}, tests={"kind": '"SIGN", "HANDLE"'}
        ),
        "outside": Operation("outside", "external", ("*",)),
        "send": Operation("send", "local", ("*",), ("name",), ("key", "variables"), results={}, message="name"),
    },
    functions={"deadline": ("value", "unit"), "working time between": ("start", "end")},
    groups=frozenset({"agent", "gas"}),
    trade=Trade(
        arguments={"deadline": {"value": ">= 0", "unit": '"WORKING_DAY", "WORKING_HOUR"'}},
        results={"deadline": "date and time", "working time between": "days and time duration"},
        starts={"p": {"case_id": None, "urgency": frozenset({"NORMAL", "URGENT"}), "round": "number"}},
        messages={
            "asked": MessageKind(sent=True, variables={"reason": "string"}),
            "private": MessageKind(sent=True, senders=("q",)),
        },
        forms=FormRules(
            fixed=frozenset({"case_no"}),
            values={"urgency": frozenset({"NORMAL", "URGENT"})},
            lists={"departments": None},
            context=frozenset({"now"}),
        ),
        dated=("p",),
    ),
)
GROUP = zeebe("assignmentDefinition", candidateGroups="agent") + zeebe("taskSchedule", dueDate="=now()")


def form(id: str, *fields: dict[str, Any]) -> bytes:
    """Each field gets an id and a label."""
    components = [{"id": f"Field_{n}", "label": f"Field {n}", **field} for n, field in enumerate(fields)]
    return json.dumps({"id": id, "type": "default", "schemaVersion": 19, "components": components}).encode()


def choice(key: str, *values: str) -> dict[str, Any]:
    return {"type": "radio", "key": key, "values": [{"label": value, "value": value} for value in values]}


def around(*nodes: str, flows: str = "s > x > e", top: str = "") -> str:
    return one(start(), *nodes, end(), flows=flows, top=top)


def found(text: str, more: dict[str, bytes] | None = None) -> list[tuple[str, str | None]]:
    """Codes and elements of what is found in the diagram `p` (and other files)."""
    return [(f.code, f.element) for f in check_files({"p.bpmn": text.encode(), **(more or {})}, REGISTRY)]

"""The changed fields of one history row as sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from app import forms
from app.cases.form_fields import FORM_WRITABLE
from app.citizens import masked_email, masked_phone
from app.core.i18n import has_text, text

HIDDEN = "••••••"
_MASKED: Mapping[str, Callable[[str | None], str | None]] = {"caller_phone": masked_phone, "caller_email": masked_email}
"""Told in full by nobody's history: a number or address is looked at in its registration, where the look is logged."""
_ENUMS = {
    "status": "CaseStatus",
    "stage": "CaseStage",
    "order_state": "OrderState",
    "order_outcome": "OrderOutcome",
    "outcome": "Outcome",
    "supervision": "SupervisionLevel",
    "supervision_closed": "SupervisionLevel",
    "supervision_reason": "Reason",
    "replied": "ReplyWish",
    "origin": "Origin",
    "judgement": "Judgement",
    "verification": "Verification",
    "visit_result": "VisitResult",
    "resolved": "Resolved",
    "decision": "SignDecision",
    "instruction": "LeaderInstructionKind",
    "method": "ProcessingMethod",
    "instructed": "LeaderInstructionKind",
    "void_reason": "VoidReason",
    "reported_to_leader": "Reason",
    "rework_reason": "Reason",
    "alarm": "Reason",
}
_UNTOLD = frozenset(
    {
        *("acceptance_no", "case_no", "filed_at", "leader_instruction", "joined", "joined_report", "taken_out"),
        *("took_in", "gave_back", "merged_into", "taken_out_of", "reopening_asked"),
        *("custom.lead_department", "custom.assist_departments", "custom.visit_result", "custom.instruction"),
    }
)
"""Told by the row's own sentence, or by another field of the same row."""


@dataclass(frozen=True, slots=True)
class Words:
    """How values read for one reader."""

    language: str
    labels: Mapping[str, Mapping[str, str]]
    """The city's codes: districts, departments, categories."""
    zone: tzinfo
    personal: bool
    """Whether the reader may see personal values."""
    form: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields by key of the form that was filled in with the row."""
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of the deployed forms by key: what analysts call what their forms record."""

    def say(self, key: str, **params: object) -> str:
        return text(key, self.language, **params)

    def join(self, parts: Sequence[str]) -> str:
        return self.say("lifecycle.history.and").join(parts)

    def label(self, enum: str, value: object) -> str:
        key = f"enum.{enum}.{value}"
        return text(key, self.language) if has_text(key) else str(value)

    def code(self, value: object) -> str:
        """A code of the city by its name."""
        names = self.labels.get(str(value))
        return (names.get(self.language) or names.get("en") or str(value)) if names else str(value)

    def time(self, iso: str) -> str:
        local = datetime.fromisoformat(iso).astimezone(self.zone)
        return f"{local.day} {local:%b %Y, %H:%M}" if self.language == "en" else f"{local:%Y-%m-%d %H:%M}"

    def component(self, name: str) -> Mapping[str, Any] | None:
        """The field of this name: of the form filled in, else of any deployed form."""
        return self.form.get(name) or self.fields.get(name)

    def name_of(self, name: str) -> str:
        """What a field is called: by the product, else by the form that has it, else its key."""
        if has_text(f"cases.field.{name}"):
            return self.say(f"cases.field.{name}")
        component = self.component(name)
        return forms.label(component, self.language) if component else name

    def value(self, field: str, value: object) -> str:
        if value is None or value == "":
            return "—"
        if (masked := _MASKED.get(field)) is not None:
            return masked(str(value)) or "—"
        if isinstance(value, bool):
            return self.say(f"lifecycle.history.{'yes' if value else 'no'}")
        if isinstance(value, list):
            return self.join([self.value(field, one) for one in value]) or "—"
        attribute = FORM_WRITABLE.get(field)
        if attribute is not None and attribute.type == "instant":
            return self.time(str(value))
        enum = attribute.values.__name__ if attribute is not None and attribute.values else _ENUMS.get(field)
        if enum:
            return self.label(enum, value)
        component = self.component(field)
        if component and component.get("subtype") == "datetime" and isinstance(value, str):
            return self.time(value)
        option = forms.option_label(component, value, self.language) if component else None
        return option or self.code(value)


def told_changes(
    fields: Mapping[str, Mapping[str, Any]], personal: Mapping[str, Mapping[str, Any]], words: Words
) -> list[str]:
    """One sentence a change; what a reader may not see is told without its value."""
    told = [_told(field, change, words) for field, change in fields.items()]
    told += [
        _told(field, change if words.personal else {"old": None, "new": HIDDEN}, words)
        for field, change in personal.items()
    ]
    return [sentence for sentence in told if sentence]


def _told(field: str, change: Mapping[str, Any], words: Words) -> str | None:
    name, _, rest = field.partition(".")
    if field in _UNTOLD:
        return words.say("lifecycle.history.filed") if field == "filed_at" else None
    if (special := _SPECIAL.get(name)) is not None:
        return special(rest, change, words)
    key = f"lifecycle.history.field.{field}"
    shown = {side: words.value(rest or field, change.get(side)) for side in ("old", "new")}
    if has_text(key):
        return words.say(key, **shown)
    label = words.name_of(rest or field)
    if change.get("old") in (None, "", [], False):
        empty = change.get("new") in (None, "", [], False)
        return None if empty else words.say("lifecycle.history.set", field=label, **shown)
    return words.say("lifecycle.history.changed", field=label, **shown)


def _limit(kind: str, change: Mapping[str, Any], words: Words) -> str:
    new, limit = change["new"], words.label("LimitKind", kind)
    if isinstance(new, Mapping) and change.get("old"):
        before = words.time(change["old"]["due_at"])
        return words.say("lifecycle.history.limit_moved", limit=limit, due=words.time(new["due_at"]), before=before)
    if isinstance(new, Mapping):
        key = "limit_provisional" if new.get("provisional") else "limit"
        return words.say(f"lifecycle.history.{key}", limit=limit, due=words.time(new["due_at"]))
    return words.say(f"lifecycle.history.limit.{new}", limit=limit)


def _task_due(element: str, change: Mapping[str, Any], words: Words) -> str:
    new, names = change["new"], change["new"]["names"]
    due, before = words.time(new["due_at"]), words.time(change["old"]["due_at"])
    task = names.get(words.language) or names.get("en") or element
    return words.say("lifecycle.history.task_due", task=task, due=due, before=before)


def _dispatched(rest: str, change: Mapping[str, Any], words: Words) -> str:
    orders = [
        words.say(
            "lifecycle.history.order", order_no=order["order_no"], department=words.code(order["department"]),
            role=words.label("OrderRole", order["role"]),
        )
        for order in change["new"]
    ]  # fmt: skip
    return words.say("lifecycle.history.dispatched", orders=words.join(orders))


def _documents(rest: str, change: Mapping[str, Any], words: Words) -> str:
    return words.say("lifecycle.history.documents", n=len(change["new"]))


def _notice(kind: str, change: Mapping[str, Any], words: Words) -> str:
    to, rows = change["new"]["to"], change["new"].get("rows")
    reach: Mapping[str, Any] = to if isinstance(to, dict) else dict.fromkeys([to] if isinstance(to, str) else to, ())
    people = words.join([_reached(who, channels, words) for who, channels in reach.items()])
    if not rows:
        return words.say("lifecycle.history.notice", people=people)
    return words.say("lifecycle.history.notice_by_rows", people=people, rows=words.join([str(row) for row in rows]))


def _reached(who: str, channels: Sequence[str], words: Words) -> str:
    name = words.say(f"lifecycle.history.to.{who}")
    outside = [words.say(f"messaging.channel.{channel}") for channel in channels if channel != "LIVE"]
    return words.say("lifecycle.history.to.by", who=name, channels=words.join(outside)) if outside else name


def _rule(rest: str, change: Mapping[str, Any], words: Words) -> str:
    return words.say("lifecycle.history.supervision_rule", no=change["new"]["no"], note=change["new"]["note"])


def _answer_due(rest: str, change: Mapping[str, Any], words: Words) -> str:
    return words.say("lifecycle.history.field.supervision_due", new=words.time(change["new"]))


def _visit(rest: str, change: Mapping[str, Any], words: Words) -> str:
    new = change["new"]
    result = words.label("VisitResult", new["result"])
    return words.say("lifecycle.history.visit", result=result, attempt=new["attempt"])


_SPECIAL: Mapping[str, Callable[[str, Mapping[str, Any], Words], str]] = {
    "limit": _limit,
    "dispatched": _dispatched,
    "documents": _documents,
    "notice": _notice,
    "supervision_due": _answer_due,
    "supervision_rule": _rule,
    "task_due": _task_due,
    "visit": _visit,
}

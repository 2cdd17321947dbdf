"""Filling a form as a willing person would: known answers first, then what the field's type allows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app import feel

Component = Mapping[str, Any]
Values = dict[str, Any]

ANSWERS: Mapping[str, object] = {
    "judgement": "FILE",
    "judgement_reason": "属于受理范围，情况清楚。",
    "answer_text": "已按规定答复。",
    "instruction": "APPROVAL",
    "instruction_text": "请尽快办理并反馈。",
    "method": "FILE_CASE",
    "processing_content": "请到现场核实并清运，办结后反馈。",
    "decision": "SIGN",
    "note": "已到现场，安排两车清运。",
    "result_text": "垃圾已清运，地面已冲洗，并增加每日一次清运。",
    "responsible_person": "马春梅",
    "verification": "PASSED",
    "verification_note": "照片与描述相符。",
    "reply_way": "PHONE",
    "reply_text": "您反映的问题已处理完毕，感谢您的来电。",
    "visit_result": "SATISFIED",
    "resolved": "SOLVED",
    "processing_result": "SATISFACTORY",
    "opinion": "处理很快，谢谢。",
    "lead_department": "sanitation",
}

_CONTAINERS = ("group", "dynamiclist")
_CHOICES = ("select", "radio")


def fill(form: Component, given: Mapping[str, Any], answers: Mapping[str, object] = ANSWERS) -> Values:
    """Values for a form: what it is pre-filled with, known answers, and something sensible where it is required."""
    values: Values = {}
    for component in fields(form):
        key = component["key"]
        known = given.get(key)
        if known in (None, "", []):
            known = _suitable(component, answers.get(key), {**given, **values})
        if known is None and component.get("validate", {}).get("required") and not component.get("conditional"):
            known = _by_type(component, {**given, **values})
        if known is not None:
            values[key] = known
    return values


def mend(form: Component, values: Values, errors: Iterable[str]) -> Values:
    """After a refusal: give the fields that the server named another value, by their type."""
    wanted = set(errors)
    mended = {component["key"]: _by_type(component, values) for component in fields(form) if component["key"] in wanted}
    return values | mended


def fields(form: Component) -> Iterator[Component]:
    """Every field with a key, those inside groups too."""
    for component in form.get("components", ()):
        if component.get("type") in _CONTAINERS:
            yield from fields(component)
        elif component.get("key") and not component.get("disabled"):
            yield component


def _suitable(component: Component, answer: object | None, given: Mapping[str, Any]) -> object | None:
    """A known answer, if the field offers it."""
    if answer is None or component.get("type") not in _CHOICES:
        return answer
    return answer if answer in _options(component, given) else None


def _options(component: Component, given: Mapping[str, Any]) -> list[Any]:
    """What the field offers, as the page in a browser would work it out."""
    if expression := component.get("valuesExpression"):
        options = feel.evaluate(str(expression).removeprefix("="), given) or []
    else:
        options = component.get("values") or given.get(component.get("valuesKey", ""), [])
    return [option["value"] if isinstance(option, Mapping) else option for option in options]


def _by_type(component: Component, given: Mapping[str, Any]) -> Any:
    rules = component.get("validate", {})
    match component.get("type"):
        case "select" | "radio":
            return next(iter(_options(component, given)), None)
        case "checklist" | "taglist":
            return _options(component, given)[:1]
        case "checkbox":
            return True
        case "number":
            return rules.get("min", 1)
        case "datetime":
            return _moment(component)
        case _:
            text = "按演示流程填写"
            return text.ljust(int(rules.get("minLength") or 0), "。")[: int(rules.get("maxLength") or 4000)]


def _moment(component: Component) -> str:
    return {"date": "2026-12-31", "time": "09:00"}.get(component.get("subtype", ""), "2026-12-31T09:00+08:00")

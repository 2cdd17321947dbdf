"""The few sentences a step may consist of, in English and Chinese, and how long “3 working days” is."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.city import Unit
from app.scenarios.schemas import Span

_WHO = r"(?P<person>[\w.-]+)"
_DEPARTMENT = r"(?P<of>[a-z]\w*)"
_TASK = r"[“\"']?(?P<what>[^“”\"']+?)[”\"']?"


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of deed and how it is said."""

    kind: str
    example: str
    patterns: tuple[re.Pattern[str], ...]


def _form(kind: str, example: str, *patterns: str) -> Form:
    return Form(kind, example, tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns))


DEEDS: tuple[Form, ...] = (
    _form(
        "register", "agent registers the report",
        rf"{_WHO} registers (?:the|a) report", rf"{_WHO}\s*登记(?:诉求|报案)",
    ),
    _form(
        "complete", "supervisor completes Judge",
        rf"{_WHO} completes {_TASK}(?: of {_DEPARTMENT})?", rf"{_WHO}\s*完成\s*{_TASK}(?:\s*[（(]{_DEPARTMENT}[）)])?",
    ),
    _form(
        "join", "agent2 joins a report to the case",
        rf"{_WHO} joins (?:the|a) report to the case", rf"{_WHO}\s*并入(?:本)?案",
    ),
    _form("withdraw_case", "agent withdraws the case", rf"{_WHO} withdraws the case", rf"{_WHO}\s*撤回案件"),
    _form(
        "withdraw_order", "supervisor withdraws the order of gas",
        rf"{_WHO} withdraws the order of {_DEPARTMENT}", rf"{_WHO}\s*撤回\s*{_DEPARTMENT}\s*的?工单",
    ),
    _form(
        "extend", "municipal asks for an extension",
        rf"{_WHO} asks for an extension(?: of the order of {_DEPARTMENT})?",
        rf"{_WHO}\s*申请(?:{_DEPARTMENT}\s*工单)?延期",
    ),
    _form(
        "shelve", "municipal asks to shelve the order",
        rf"{_WHO} asks to shelve the order(?: of {_DEPARTMENT})?", rf"{_WHO}\s*申请(?:{_DEPARTMENT}\s*工单)?挂账",
    ),
    _form(
        "suspend", "supervisor suspends the order of municipal",
        rf"{_WHO} suspends the order of {_DEPARTMENT}", rf"{_WHO}\s*中止\s*{_DEPARTMENT}\s*的?工单",
    ),
    _form(
        "assist", "municipal asks for the help of power",
        rf"{_WHO} asks for the help of (?P<what>[a-z]\w*)(?: with the order of {_DEPARTMENT})?",
        rf"{_WHO}\s*申请\s*(?P<what>[a-z]\w*)\s*协办(?:\s*[（(]{_DEPARTMENT}[）)])?",
    ),
    _form(
        "reassign", "municipal asks to reassign the order to power",
        rf"{_WHO} asks to reassign the order(?: of {_DEPARTMENT})? to (?P<what>[a-z]\w*)",
        rf"{_WHO}\s*申请(?:\s*{_DEPARTMENT}\s*工单)?改派\s*(?P<what>[a-z]\w*)",
    ),
    _form(
        "reopen", "agent asks to reopen the case",
        rf"{_WHO} (?:asks to reopen|reopens) the case", rf"{_WHO}\s*(?:申请)?重启案件",
    ),
    _form(
        "supervise", "supervisor supervises the order of municipal",
        rf"{_WHO} supervises (?:the (?P<case>case)|the order of {_DEPARTMENT})",
        rf"{_WHO}\s*督办\s*(?:(?P<case>案件)|{_DEPARTMENT}\s*的?工单)",
    ),
    _form(
        "answer", "municipal answers the supervision", rf"{_WHO} answers the supervision", rf"{_WHO}\s*回复督办",
    ),
    _form("settle", "supervisor closes the supervision", rf"{_WHO} closes the supervision", rf"{_WHO}\s*办结督办"),
    _form("void_case", "supervisor voids the case", rf"{_WHO} voids the case", rf"{_WHO}\s*作废案件"),
    _form(
        "resume", "supervisor resumes the order of municipal",
        rf"{_WHO} resumes the order of {_DEPARTMENT}", rf"{_WHO}\s*恢复\s*{_DEPARTMENT}\s*的?工单",
    ),
    _form(
        "bring_forward", "agent brings the return visit forward",
        rf"{_WHO} brings the (?:return )?visit forward", rf"{_WHO}\s*提前回访",
    ),
    _form("contact", "a contact arrives", r"an? contact arrives", r"(?:有)?来件到达"),
    _form(
        "message", "message return_order arrives for the order of gas",
        rf"(?:the )?message {_TASK} arrives(?: for (?:the (?P<case>case)|the order of {_DEPARTMENT}))?",
        rf"消息\s*{_TASK}\s*到达(?:\s*[（(](?:(?P<case>案件)|{_DEPARTMENT})[）)])?",
    ),
    _form("signal", "signal storm_warning is sent", rf"(?:the )?signal {_TASK} is sent", rf"发出信号\s*{_TASK}"),
    _form(
        "correct", "the variables of the case are corrected",
        r"the variables of the case are corrected", r"更正案件变量",
    ),
    _form("start", "process inspection_round starts", r"process (?P<what>\w+) starts", r"流程\s*(?P<what>\w+)\s*启动"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A deed's sentence taken apart."""

    kind: str
    person: str | None
    what: str
    of: str | None


def deed(sentence: str) -> Said | None:
    """None: no sentence we know."""
    text = " ".join(sentence.split())
    for form in DEEDS:
        for pattern in form.patterns:
            if found := pattern.fullmatch(text):
                parts = found.groupdict()
                of = "case" if parts.get("case") else parts.get("of")
                return Said(form.kind, parts.get("person"), (parts.get("what") or "").strip(), of)
    return None


_UNITS: dict[str, tuple[Unit | None, int]] = {
    "second": (None, 1), "minute": (None, 60), "hour": (None, 3600), "day": (Unit.CALENDAR_DAY, 1),
    "working day": (Unit.WORKING_DAY, 1), "working hour": (Unit.WORKING_HOUR, 1),
    "emergency hour": (Unit.EMERGENCY_HOUR, 1), "calendar day": (Unit.CALENDAR_DAY, 1),
    "秒": (None, 1), "分钟": (None, 60), "小时": (None, 3600), "天": (Unit.CALENDAR_DAY, 1),
    "自然日": (Unit.CALENDAR_DAY, 1), "工作日": (Unit.WORKING_DAY, 1), "工作时": (Unit.WORKING_HOUR, 1),
    "紧急工作时": (Unit.EMERGENCY_HOUR, 1),
}  # fmt: skip
_SPAN = re.compile(rf"(\d+(?:\.\d+)?)\s*个?\s*([^\d\W][\w ]*?)(?: of {_DEPARTMENT})?", re.IGNORECASE)
MOST_DAYS = 3660


def span(text: str) -> Span | None:
    """`3 working days`, `90 minutes`, `5 working hours of sanitation`, `3 个工作日`; None: not understood."""
    found = _SPAN.fullmatch(" ".join(text.split()))
    if found is None:
        return None
    word = found.group(2).lower()
    known = _UNITS.get(word) or _UNITS.get(word.removesuffix("s"))
    if known is None:
        return None
    unit, seconds = known
    value = Decimal(found.group(1)) * seconds
    too_long = value > MOST_DAYS * (86400 if unit is None else 24)
    return None if too_long else Span(value, unit, found.group("of"))


_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M")


def moment(text: object) -> datetime | None:
    """`2026-10-09 17:30`, local time without a zone; None: not understood."""
    for pattern in _FORMATS:
        try:
            return datetime.strptime(str(text).strip(), pattern)
        except ValueError:
            continue
    return None

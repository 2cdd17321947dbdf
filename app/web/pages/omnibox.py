"""What the box in the top bar answers: recent cases, places, deeds on a case, and what is found, in groups."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.listing import CaseLine, lines_of, readable
from app.cases.models import CaseFile
from app.cases.queries import find_case_id
from app.cases.routes import today
from app.cases.search import Kind, search
from app.core.errors import Invalid
from app.core.http import language, site
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.lifecycle.worklist import may_work_on, tasks_of_case
from app.web import formats
from app.web.navigation import places
from app.web.pages.frame import blueprint
from app.web.templating import label, t

MOST_RECENT = 8
MOST_FOUND = 5
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One line: where it leads, and what stands beside it."""

    icon: str
    name: str
    url: str
    beside: str = ""
    status: str = ""
    seal: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: list[Answer]


@blueprint.post("/omnibox")
@permits("case.read")
def omnibox() -> str:
    """Asked by POST: a telephone stands in no address and no log. Callers are masked."""
    body = request.get_json()
    asked, recent = body.get("asked"), body.get("recent", [])
    if not isinstance(asked, str) or not isinstance(recent, list):
        raise Invalid("web.form.unreadable")
    asked = asked.strip()[:LONGEST]
    with site().sessions() as session:
        groups = _found(session, asked) if asked else [_recent(session, recent)]
    groups = [*groups, Group(t("web.omnibox.places"), _places(asked))]
    return render_template("_omnibox.html", groups=[group for group in groups if group.rows], asked=asked)


def _recent(session: Session, numbers: list[object]) -> Group:
    """Cases this person had open, the last first; those that may be read no more are left out."""
    wanted = [number for number in numbers if isinstance(number, str)][:MOST_RECENT]
    ids = select(CaseFile.id).where(CaseFile.case_no.in_(wanted), readable(actor()))
    lines = {line.case_no: line for line in lines_of(session, ids)} if wanted else {}
    return Group(t("web.omnibox.recent"), [_case(lines[no], "history") for no in wanted if no in lines])


def _found(session: Session, asked: str) -> list[Group]:
    """A number alone leads to its case; all else is looked for as caller, place and words."""
    deeds = _deeds(session, asked)
    shown: set[str] = set()
    groups = [Group(t("web.omnibox.deeds"), deeds)]
    for kind in (Kind.NUMBER, *_callers(asked), Kind.ADDRESS, Kind.TEXT):
        hits = search(session, actor(), asked, today=today(), kind=kind, limit=MOST_FOUND).hits
        rows = [
            _case(hit.line, _ICONS[kind], " ".join(filter(None, (hit.caller_name, hit.caller_phone)))
                  if kind in (Kind.TELEPHONE, Kind.PERSON) else "")
            for hit in hits if hit.line.case_no not in shown
        ]  # fmt: skip
        shown |= {hit.line.case_no for hit in hits}
        groups.append(Group(label("SearchKind", kind), rows))
        if rows and kind is Kind.NUMBER:
            break
    return groups


def _callers(asked: str) -> tuple[Kind, ...]:
    digits = "".join(asked.split()).lstrip("+").replace("-", "")
    return (Kind.TELEPHONE,) if digits.isdigit() else (Kind.PERSON,)


_ICONS = {
    Kind.NUMBER: "folders", Kind.TELEPHONE: "phone", Kind.PERSON: "user", Kind.ADDRESS: "map-pin", Kind.TEXT: "list",
}  # fmt: skip


def _case(line: CaseLine, icon: str, beside: str = "") -> Answer:
    number = formats.short_number(line.acceptance_no)
    return Answer(icon, line.incident_summary, f"/cases/{line.case_no}", beside or number, line.status,
                  line.supervision_level)  # fmt: skip


def _places(asked: str) -> list[Answer]:
    """Pages whose names begin so; all of them where nothing is asked."""
    named = [(place, t(f"web.nav.{place.key}")) for place in places(actor(), "")]
    wanted = asked.lower()
    return [
        Answer(place.icon, name, place.url, f"G {place.go}" if place.go else "")
        for place, name in named
        if name.lower().startswith(wanted) or place.key.startswith(wanted)
    ]


def _deeds(session: Session, asked: str) -> list[Answer]:
    """“dispatch 0335”: this person's open tasks of that case whose names begin so, in either language."""
    verb, _, number = asked.rpartition(" ")
    if not verb or (case_id := _case_of(session, number, today())) is None:
        return []
    case = session.get(CaseFile, case_id)
    rows = []
    for item in tasks_of_case(runtime(), session, case_id):
        names = (item.name_zh, item.name_en.lower())
        if case and may_work_on(actor(), item.task) and any(verb.lower() in name for name in names):
            rows.append(
                Answer("player-play", f"{item.name(language())} · {case.incident_summary}",
                       f"/tasks/{item.task.task_id}", case.case_no or "")
            )  # fmt: skip
    return rows


def _case_of(session: Session, number: str, day: date) -> UUID | None:
    """A number in full, as lists show it, or only today's count: 0335."""
    for written in _written(number, day):
        if (found := find_case_id(session, written, day)) is not None:
            return found
    return None


def _written(number: str, day: date) -> Iterable[str]:
    yield number
    if number.isascii() and number.isdigit() and len(number) <= 5:
        yield f"{day:%m%d}-{int(number):05d}"

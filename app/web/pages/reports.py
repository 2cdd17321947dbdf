"""Exports with their progress, the classified print of complaint calls, and the import of former registrations."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, flash, make_response, redirect, request
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from app.cases.conditions import Day
from app.cases.fields import known_fields
from app.cases.routes import now, today
from app.core.errors import CitydeskError, Invalid
from app.core.http import language, site
from app.core.ids import new_id
from app.identity.guard import actor, permits
from app.reports.actions import FOLDER
from app.reports.complaints import complaint_calls
from app.reports.imports import HEADINGS, UPLOAD, ask_for_import, try_out
from app.reports.models import ReportJob
from app.reports.queries import job_of, jobs_of
from app.reports.routes import enqueue, order_export, send_export
from app.web.pages.frame import blueprint, page
from app.web.pages.search import rows_from, tree_of, way_from
from app.web.problems import sentence
from app.web.templating import t

LARGEST_UPLOAD = 20 * 1024 * 1024
REFRESH = "2"
"""Seconds after which a page about unfinished work asks again, by itself and without a script."""


@blueprint.app_url_value_preprocessor
def allow_a_file(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A table may be larger than a form; said before anything reads the request."""
    if endpoint == "pages.try_import":
        request.max_content_length = LARGEST_UPLOAD


@blueprint.post("/exports")
@permits("case.export")
def ask_export() -> AnyResponse:
    with site().sessions() as session:
        tree = tree_of(rows_from(request.form), way_from(request.form), known_fields(session))
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    return redirect(f"/exports/{order_export(tree, None, form).id}", 303)


@blueprint.get("/exports")
@permits("case.export")
def exports() -> str:
    with site().sessions() as session:
        return page("exports.html", jobs=jobs_of(session, actor(), "EXPORT"), job=None)


@blueprint.get("/exports/<uuid:job_id>")
@permits("case.export")
def export_page(job_id: UUID) -> Response:
    with site().sessions() as session:
        job = job_of(session, job_id, actor(), "EXPORT")
        return _progress("exports.html", job, jobs=jobs_of(session, actor(), "EXPORT"))


@blueprint.get("/exports/<uuid:job_id>/file")
@permits("case.export")
def export_file(job_id: UUID) -> Response:
    return send_export(job_id)


@blueprint.get("/reports/complaints")
@permits("case.read")
def complaints() -> str:
    """This month unless the address says otherwise."""
    since, until = _day("from", today().replace(day=1)), _day("until", today())
    day = Day(now(), site().settings.city_zone)
    with site().sessions() as session:
        found = complaint_calls(session, actor(), day.start_of(since), day.start_of(until + timedelta(days=1)))
    return page("complaints.html", found=found, since=since, until=until)


@blueprint.get("/imports")
@permits("case.import")
def imports() -> str:
    with site().sessions() as session:
        jobs = jobs_of(session, actor(), "IMPORT")
    return page("imports.html", jobs=jobs, trial=None, job=None, fields=list(HEADINGS))


@blueprint.post("/imports/trial")
@permits("case.import")
def try_import() -> AnyResponse | str:
    """A dry run: the file is kept under a name of its own, nothing is saved from it."""
    try:
        file_id = UUID(request.form["file_id"]) if request.form.get("file_id") else new_id()
        path, mapping = _upload(file_id), _mapping()
        with site().sessions() as session:
            trial = try_out(session, path, site().settings.city_zone, mapping)
            jobs = jobs_of(session, actor(), "IMPORT")
    except (CitydeskError, ValueError) as error:
        flash(sentence(error) if isinstance(error, CitydeskError) else t("web.form.unreadable"), "error")
        return redirect("/imports", 303)
    return page("imports.html", jobs=jobs, trial=trial, file_id=file_id, job=None, fields=list(HEADINGS))


@blueprint.post("/imports/<uuid:file_id>")
@permits("case.import")
def start_import(file_id: UUID) -> AnyResponse:
    """A file is brought in once: pressed twice, or again from the page before, it leads to the same import."""
    path = _upload_path(file_id)
    try:
        with site().sessions.begin() as session:
            if session.get(ReportJob, file_id) is None:
                if not path.is_file():
                    raise Invalid("reports.import.gone")
                ask_for_import(
                    session, file_id, path.name, _mapping() or {}, actor=actor(), language=language(), now=now()
                )
    except IntegrityError:
        pass  # the other press was quicker
    else:
        enqueue(file_id)
    return redirect(f"/imports/{file_id}", 303)


@blueprint.get("/imports/<uuid:job_id>")
@permits("case.import")
def import_page(job_id: UUID) -> Response:
    with site().sessions() as session:
        job = job_of(session, job_id, actor(), "IMPORT")
        jobs = jobs_of(session, actor(), "IMPORT")
    return _progress("imports.html", job, jobs=jobs, trial=None, fields=list(HEADINGS))


def _progress(template: str, job: Any, **content: Any) -> Response:
    answer = make_response(page(template, job=job, **content))
    if job.state in ("WAITING", "RUNNING"):
        answer.headers["Refresh"] = REFRESH
    return answer


def _day(name: str, otherwise: date) -> date:
    try:
        given = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return given if 1980 <= given.year <= 2100 else otherwise


def _upload_path(file_id: UUID) -> Path:
    """Whose upload it is is part of the name, so nobody tries another's."""
    return site().settings.data_dir / FOLDER / f"{UPLOAD}{actor().id.hex}-{file_id.hex}"


def _upload(file_id: UUID) -> Path:
    """The file just sent, or the one sent before under this id. Raises Invalid."""
    path, sent = _upload_path(file_id), request.files.get("file")
    if sent is not None and sent.filename:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sent.save(path)
    if not path.is_file():
        raise Invalid("reports.import.no_file")
    return path


def _mapping() -> dict[str, int] | None:
    """The columns as chosen in the page; None when they are to be guessed. Raises ValueError."""
    chosen = {field: int(place) for field in HEADINGS if (place := request.form.get(f"column.{field}", ""))}
    if any(not 0 <= place < 100 for place in chosen.values()):
        raise ValueError("no such column")
    return chosen or None

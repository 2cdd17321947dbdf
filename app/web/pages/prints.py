"""A case's sheet as PDF: ordered on the case's page, made by a worker, fetched where its progress stands."""

from uuid import UUID

from flask import Response, make_response, redirect, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from app.cases.routes import find, now
from app.core.http import language, site
from app.identity.guard import actor, permits
from app.reports.actions import FOLDER
from app.reports.case_sheet import KIND, ask_for_sheet
from app.reports.models import ReportJob
from app.reports.queries import file_of, job_of
from app.reports.routes import enqueue
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.pages.reports import REFRESH


@blueprint.post("/cases/<case_no>/prints")
@permits("case.read")
def print_case(case_no: str) -> AnyResponse:
    """`full`: with the callers' telephones; each counts as a look. Sent twice, it is made once."""
    job_id = form_command_id()
    with site().sessions.begin() as session:
        found = find(session, case_no)
        if session.get(ReportJob, job_id) is None:
            full = request.form.get("full") == "1"
            ask_for_sheet(session, job_id, found, full=full, actor=actor(), language=language(), now=now())
    enqueue(job_id)
    return redirect(f"/cases/{found.case_no}/prints/{job_id}", 303)


@blueprint.get("/cases/<case_no>/prints/<uuid:print_id>")
@permits("case.read")
def print_page(case_no: str, print_id: UUID) -> Response:
    with site().sessions() as session:
        found, job = find(session, case_no), job_of(session, print_id, actor(), KIND)
    answer = make_response(page("print.html", case=found, job=job))
    if job.state in ("WAITING", "RUNNING"):
        answer.headers["Refresh"] = REFRESH
    return answer


@blueprint.get("/cases/<case_no>/prints/<uuid:print_id>/file")
@permits("case.read")
def print_file(case_no: str, print_id: UUID) -> Response:
    """Raises NotFound: another's, not ready, or expired."""
    with site().sessions() as session:
        found, job = find(session, case_no), file_of(session, print_id, actor(), KIND, now())
    path = site().settings.data_dir / FOLDER / str(job.file)
    sent = send_file(path, mimetype="application/pdf", download_name=f"{found.case_no}.pdf")
    sent.headers["Cache-Control"] = "private, no-store"
    return sent

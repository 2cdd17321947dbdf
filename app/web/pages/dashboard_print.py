"""The dashboard as PDF: ordered where it is read, made by a worker, fetched where its progress stands."""

from uuid import UUID

from flask import Response, make_response, redirect, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from app.cases.routes import now, today
from app.core.http import language, site
from app.identity.guard import actor, permits
from app.reports.actions import FOLDER
from app.reports.dashboard_sheet import KIND, ask_for_dashboard
from app.reports.models import ReportJob
from app.reports.queries import file_of, job_of
from app.reports.routes import enqueue
from app.web.pages.dashboard import PERIODS, span_of
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.pages.reports import REFRESH


@blueprint.post("/dashboard/prints")
@permits("figures.read")
def print_dashboard() -> AnyResponse:
    """Sent twice, it is made once."""
    job_id, period = form_command_id(), request.form.get("period", "")
    span = span_of(period if period in PERIODS else PERIODS[0], today())
    with site().sessions.begin() as session:
        if session.get(ReportJob, job_id) is None:
            ask_for_dashboard(session, job_id, span, actor=actor(), language=language(), now=now())
    enqueue(job_id)
    return redirect(f"/dashboard/prints/{job_id}", 303)


@blueprint.get("/dashboard/prints/<uuid:board_id>")
@permits("figures.read")
def dashboard_print(board_id: UUID) -> Response:
    with site().sessions() as session:
        job = job_of(session, board_id, actor(), KIND)
    answer = make_response(page("dashboard_print.html", job=job))
    if job.state in ("WAITING", "RUNNING"):
        answer.headers["Refresh"] = REFRESH
    return answer


@blueprint.get("/dashboard/prints/<uuid:board_id>/file")
@permits("figures.read")
def dashboard_file(board_id: UUID) -> Response:
    """Raises NotFound: another's, not ready, or expired."""
    with site().sessions() as session:
        job = file_of(session, board_id, actor(), KIND, now())
    path = site().settings.data_dir / FOLDER / str(job.file)
    sent = send_file(path, mimetype="application/pdf", download_name=f"citydesk-{job.params['last']}.pdf")
    sent.headers["Cache-Control"] = "private, no-store"
    return sent

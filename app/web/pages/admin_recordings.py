"""Copies of recordings outside: how far they are, what could not be copied, and once more by hand (S13)."""

from flask import flash, redirect
from werkzeug.wrappers import Response

from app import contacts
from app.contacts.copies import AT_ONCE
from app.core.db import transaction
from app.core.http import site
from app.core.i18n import has_text
from app.identity.guard import actor, permits
from app.web.pages.admin_frame import admin_page
from app.web.pages.frame import blueprint
from app.web.templating import t


@blueprint.get("/admin/recordings")
@permits("settings.read")
def recording_copies() -> str:
    place = _place()
    if not place:
        return admin_page("recordings.html", "recordings", place="")
    with site().sessions() as session:
        progress, failures = contacts.progress(session, place), contacts.failures(session, place)
    rows = [(each, t(each.error) if has_text(each.error) else each.error) for each in failures]
    return admin_page("recordings.html", "recordings", place=place, progress=progress, rows=rows, at_once=AT_ONCE)


@blueprint.post("/admin/recordings/retry")
@permits("telephone.manage")
def retry_copies() -> Response:
    with transaction(site().sessions) as session:
        ordered = contacts.try_failed_again(session, _place(), actor=actor(), now=site().clock.now())
    if (queue := site().runtime.queue) is not None:
        queue.enqueue(ordered)
    flash(t("web.recordings.retried", n=len(ordered)))
    return redirect("/admin/recordings", 303)


def _place() -> str:
    """As copies are noted under it."""
    settings = site().settings
    place = contacts.place_of(settings.recording_backup, settings.store_url, settings.store_key, settings.store_secret)
    return place.name if place else ""

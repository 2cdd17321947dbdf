"""`/live`: the stream of news of one open page."""

import socket
from typing import cast

from flask import Response, current_app, request

from app.core.errors import Unavailable
from app.identity.guard import actor, signed_in
from app.web.live import Hub
from app.web.live.hub import Full
from app.web.pages.frame import blueprint


@blueprint.get("/live")
@signed_in
def live() -> Response:
    hub = cast(Hub, current_app.extensions["citydesk-live"])
    try:
        events = hub.events(actor(), _connection(), chunked=request.environ["SERVER_PROTOCOL"] == "HTTP/1.1")
    except Full:
        raise Unavailable("web.live.full") from None
    return Response(events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _connection() -> socket.socket | None:
    """The request's own, where the server lets an answer take it over: `app.web.live.worker`, without TLS."""
    connection = request.environ.get("gunicorn.socket")
    return connection if type(connection) is socket.socket else None

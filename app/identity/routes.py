"""REST: sign in, see one's sessions, end one."""

from dataclasses import asdict
from uuid import UUID

from flask import request

from app.core.db import transaction
from app.core.http import ApiBlueprint, site
from app.identity.actors import Actor
from app.identity.guard import actor, public, signed_in, token
from app.identity.schemas import PersonSchema, SessionsSchema, SignedInSchema, SignInSchema
from app.identity.sessions import admit, revoke, session_id_of, sessions_of

blueprint = ApiBlueprint("sessions", __name__, url_prefix="/sessions", description="Sign in and out")
people = ApiBlueprint("people", __name__, url_prefix="/people", description="Who asks")


@blueprint.operation("", "POST")
@public
@blueprint.takes(SignInSchema)
@blueprint.gives(SignedInSchema, 201)
def create(body: dict[str, str]) -> dict[str, object]:
    """Sign in: a token for programs"""
    given, person = open_session(body["username"], body["password"])
    return {"token": given, "person": person}


@blueprint.operation("")
@signed_in
@blueprint.gives(SessionsSchema)
def list_all() -> dict[str, object]:
    """One's own open sessions, last used first"""
    return {"sessions": own_sessions()}


@blueprint.operation("/<uuid:session_id>", "DELETE")
@signed_in
@blueprint.gives(None, 204)
def end(session_id: UUID) -> None:
    """End one of one's own sessions; one that is over is no error"""
    end_session(session_id)


@people.operation("/me")
@signed_in
@people.gives(PersonSchema)
def me() -> Actor:
    """Who this token belongs to, and what they were granted"""
    return actor()


def open_session(username: str, password: str) -> tuple[str, Actor]:
    """Token and person. Raises what `identity.admit` raises. What a proxy hands on did not begin on this machine, so
    the demo's public passwords do not open by it."""
    here = site()
    demo = here.settings.demo and "X-Forwarded-For" not in request.headers
    return admit(
        here.sessions, username, password, now=here.clock.now(),
        address=request.remote_addr, agent=request.user_agent.string, demo=demo,
    )  # fmt: skip


def own_sessions() -> list[dict[str, object]]:
    """As `SessionSchema` says."""
    here = site()
    with here.sessions() as session:
        current = session_id_of(session, token())
        found = sessions_of(session, actor().id, here.clock.now())
    return [asdict(each) | {"current": each.id == current} for each in found]


def end_session(session_id: UUID) -> None:
    here = site()
    with transaction(here.sessions) as session:
        revoke(session, actor().id, actor=actor(), now=here.clock.now(), session_id=session_id)

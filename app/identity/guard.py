"""Each route says who may use it; the web's one `before_request` asks. A route that says nothing is closed."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from flask import g

from app.core.errors import Forbidden, Unauthenticated
from app.identity.actors import Actor
from app.identity.permissions import ACTIONS, require

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC: Literal["public"] = "public"
SIGNED_IN: Literal["signed-in"] = "signed-in"


def permits(action: str) -> Callable[[View], View]:
    """Only people who may do `action` somewhere; the domain judges the particular thing. Innermost or outermost
    among a view's decorators, it does not matter."""
    if action not in ACTIONS:
        raise KeyError(action)
    return _declare(action)


def signed_in(view: View) -> View:
    """Anybody who has signed in: their own things, or things whose own scope decides (a task's groups)."""
    return _declare(SIGNED_IN)(view)


def public(view: View) -> View:
    """Anybody at all."""
    return _declare(PUBLIC)(view)


def permission_of(view: Callable[..., Any] | None) -> str | None:
    """What the route declared, or None when it was forgotten."""
    return cast(str | None, getattr(view, "permission", None))


def check(view: Callable[..., Any] | None, actor: Actor | None) -> None:
    """Raise Unauthenticated or Forbidden unless `actor` may use this view."""
    permission = permission_of(view)
    if permission == PUBLIC:
        return
    if actor is None:
        raise Unauthenticated("identity.sign_in_first")
    if permission is None:
        raise Forbidden("identity.closed_route")
    if permission != SIGNED_IN:
        require(actor, permission)


def actor() -> Actor:
    """Who asks. Only behind `permits` or `signed_in`."""
    return cast(Actor, g.actor)


def token() -> str:
    """The token by which they ask."""
    return cast(str, g.token)


def _declare(permission: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark

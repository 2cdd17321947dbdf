"""Users, roles, sessions, permissions.

The web signs people in by `admit` (which counts attempts), finds them by `actor_of_token`, and asks `can` or
`require` with the thing's `Scope`. Administration is in `actions`; each change stands in the person's history.
"""

from app.identity.actions import (
    add_user,
    change_name,
    change_password,
    change_reach,
    deactivate_user,
    reactivate_user,
    reset_password,
    set_grants,
)
from app.identity.actors import CLOCK, OPERATOR, SEED, WORKER, Actor, Grant, Role, Scope
from app.identity.attempts import forget_attempts
from app.identity.errors import LastAdministrator, TooManyAttempts, UsernameTaken, WrongPassword
from app.identity.passwords import DEMO_PASSWORD
from app.identity.permissions import ACTIONS, can, district_prefixes, group_labels, require
from app.identity.queries import (
    UserRef,
    actor_of_user,
    all_users,
    demo_users_exist,
    user_by_name,
    user_names,
    users_with,
)
from app.identity.scopes import format_grant, parse_grant
from app.identity.sessions import (
    SessionRef,
    actor_of_token,
    admit,
    forget_sessions,
    revoke,
    session_id_of,
    sessions_of,
    sign_in,
    sign_out,
)

__all__ = [
    "ACTIONS",
    "CLOCK",
    "DEMO_PASSWORD",
    "OPERATOR",
    "SEED",
    "WORKER",
    "Actor",
    "Grant",
    "LastAdministrator",
    "Role",
    "Scope",
    "SessionRef",
    "TooManyAttempts",
    "UserRef",
    "UsernameTaken",
    "WrongPassword",
    "actor_of_token",
    "actor_of_user",
    "add_user",
    "admit",
    "all_users",
    "can",
    "change_name",
    "change_password",
    "change_reach",
    "deactivate_user",
    "demo_users_exist",
    "district_prefixes",
    "forget_attempts",
    "forget_sessions",
    "format_grant",
    "group_labels",
    "parse_grant",
    "reactivate_user",
    "require",
    "reset_password",
    "revoke",
    "session_id_of",
    "sessions_of",
    "set_grants",
    "sign_in",
    "sign_out",
    "user_by_name",
    "user_names",
    "users_with",
]

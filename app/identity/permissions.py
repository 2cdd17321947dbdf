"""Who may do what. One table of actions and roles; a thing's `Scope` says where it belongs.

Pure: an `Actor` carries its grants, a `Scope` the paths and codes to compare them with. Districts are paths
("jz/dongcheng/xinhe"): a grant for "jz/dongcheng" covers all that lies in it, without asking the city's tree.
"""

from collections.abc import Mapping

from app.core.errors import Forbidden
from app.core.i18n import text
from app.identity.actors import Actor, Grant, Role, Scope

DEPARTMENT_ROLES = frozenset({Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD})
EVERYONE = frozenset(Role)
_ROLE_VALUES = frozenset(role.value for role in Role)
_READERS = frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR}) | DEPARTMENT_ROLES
_REPAIRERS = frozenset({Role.ANALYST, Role.ADMINISTRATOR})

ACTIONS: Mapping[str, frozenset[Role]] = {
    "case.register": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "case.amend": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "case.merge": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "case.combine": frozenset({Role.SHIFT_SUPERVISOR}),
    "case.withdraw": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "case.reopen": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "case.reopen_at_once": frozenset({Role.SHIFT_SUPERVISOR}),
    "case.read": _READERS,
    "case.void": frozenset({Role.SHIFT_SUPERVISOR}),
    "case.export": frozenset({Role.SHIFT_SUPERVISOR, Role.DEPARTMENT_HEAD, Role.LEADER, Role.AUDITOR}),
    "case.import": frozenset({Role.SHIFT_SUPERVISOR, Role.ADMINISTRATOR}),
    "phrase.share": frozenset({Role.SHIFT_SUPERVISOR, Role.ADMINISTRATOR}),
    "knowledge.edit": frozenset({Role.SHIFT_SUPERVISOR, Role.ANALYST, Role.ADMINISTRATOR}),
    "query.share": frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER}),
    "field.manage": frozenset({Role.ADMINISTRATOR}),
    "case.instruct": frozenset({Role.LEADER}),
    "figures.read": frozenset({Role.SHIFT_SUPERVISOR, Role.DEPARTMENT_HEAD, Role.LEADER, Role.AUDITOR}),
    "bulletin.publish": frozenset({Role.SHIFT_SUPERVISOR, Role.ADMINISTRATOR}),
    "hotspots.publish": frozenset({Role.LEADER}),
    "case.supervise": frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER}),
    "supervision.answer": DEPARTMENT_ROLES,
    "spotcheck.read": frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR}) | DEPARTMENT_ROLES,
    "spotcheck.draw": frozenset({Role.SHIFT_SUPERVISOR}),
    "spotcheck.appeal": frozenset({Role.DEPARTMENT_HEAD}),
    "spotcheck.decide": frozenset({Role.LEADER}),
    "citizen.read": _READERS,
    "history.read": _READERS,
    "history.replay": frozenset({Role.SHIFT_SUPERVISOR, Role.AUDITOR}),
    "task.claim": EVERYONE,
    "task.complete": EVERYONE,
    "task.release": EVERYONE,
    "order.assign": frozenset({Role.DEPARTMENT_HEAD, Role.SHIFT_SUPERVISOR}),
    "order.withdraw": frozenset({Role.SHIFT_SUPERVISOR}),
    "order.remind": frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER}),
    "order.assist": DEPARTMENT_ROLES | {Role.SHIFT_SUPERVISOR},
    "order.reassign": DEPARTMENT_ROLES | {Role.SHIFT_SUPERVISOR},
    "order.extend": frozenset({Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD}),
    "order.shelve": frozenset({Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD}),
    "order.suspend": frozenset({Role.SHIFT_SUPERVISOR}),
    "order.resume": frozenset({Role.DEPARTMENT_HEAD, Role.SHIFT_SUPERVISOR}),
    "visit.bring_forward": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "audit.read": frozenset({Role.AUDITOR}),
    "incident.read": _REPAIRERS | {Role.SHIFT_SUPERVISOR},
    "incident.retry": _REPAIRERS,
    "bundle.read": EVERYONE,
    "bundle.deploy": _REPAIRERS,
    "call.answer": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR}),
    "call.monitor": frozenset({Role.SHIFT_SUPERVISOR}),
    "call.read": frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR}),
    "call.supervise": frozenset({Role.SHIFT_SUPERVISOR}),
    "recording.listen": frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR}),
    "telephone.manage": frozenset({Role.ADMINISTRATOR}),
    "calendar.manage": frozenset({Role.ADMINISTRATOR}),
    "city.manage": frozenset({Role.ADMINISTRATOR}),
    "user.manage": frozenset({Role.ADMINISTRATOR}),
    "settings.read": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    "message.read": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    "message.resend": frozenset({Role.ADMINISTRATOR}),
    "message.word": frozenset({Role.ANALYST, Role.ADMINISTRATOR}),
    "metrics.read": frozenset({Role.ADMINISTRATOR}),
}
"""Action → the roles that may. Tasks are judged by their candidate groups instead (`_may_work_on`)."""

_TASK_ACTIONS = frozenset({"task.claim", "task.complete", "task.release"})
_NEED_TO_KNOW = frozenset({"case.read", "citizen.read", "history.read", "history.replay"})


def can(actor: Actor, action: str, scope: Scope | None = None) -> bool:
    """May this person do `action` to a thing that belongs to `scope`? Without a scope: anywhere at all?

    Raises KeyError for an action that is not in `ACTIONS`: a typing error must not look like a refusal.
    """
    roles = ACTIONS[action]
    if actor.system:
        return True
    if scope is None:
        return any(grant.role in roles for grant in actor.grants)
    if action in _TASK_ACTIONS:
        return _may_work_on(actor, action, scope)
    return any(grant.role in roles and _reaches(grant, action, scope) for grant in actor.grants)


def require(actor: Actor, action: str, scope: Scope | None = None) -> None:
    """Raise Forbidden unless `can`. The sentence names who may: the roles, or the place the thing belongs to."""
    if can(actor, action, scope):
        return
    if scope is not None and action in _TASK_ACTIONS:
        names = ", ".join(_label(group, actor.language) for group in sorted(scope.groups))
        held = scope.assignee is not None and any(_in_groups(grant, scope) for grant in actor.grants)
        held = held or bool(scope.assignee and not scope.groups)
        key = "identity.refused.task.assigned" if held else "identity.refused.task"
        raise Forbidden(key, who=names, groups=sorted(scope.groups))
    if scope is not None and can(actor, action):
        raise Forbidden(f"identity.elsewhere.{'confidential' if scope.confidential else 'place'}", action=action)
    raise Forbidden(f"identity.refused.{action}", action=action)


def covers(grant: str | None, district: str | None) -> bool:
    """Does a grant for this district path reach a thing there? None as a grant is the whole city;
    a thing that belongs to the whole city is reached by such grants only."""
    if grant is None:
        return True
    return district is not None and (district == grant or district.startswith(f"{grant}/"))


def group_labels(actor: Actor) -> frozenset[str]:
    """What a task's candidate groups are compared with: role values and department codes."""
    return frozenset(grant.role.value for grant in actor.grants) | actor.departments()


def district_prefixes(actor: Actor) -> tuple[str, ...] | None:
    """District paths in which this person works; None is the whole city, () is nowhere.

    Grants that touch no case (analyst, administrator) do not widen it.
    """
    if actor.system:
        return None
    districts = {grant.district for grant in actor.grants if grant.role not in _REPAIRERS}
    return None if None in districts else tuple(sorted(d for d in districts if d is not None))


def _reaches(grant: Grant, action: str, scope: Scope) -> bool:
    """A department's people reach only what their own department has a part in. A confidential case stays with
    supervisors, leaders and auditors, and with whoever has a task of it to do."""
    if not covers(grant.district, scope.district):
        return False
    needs_department = grant.role in DEPARTMENT_ROLES or grant.department is not None
    if needs_department and grant.department not in scope.departments:
        return False
    if scope.confidential and action in _NEED_TO_KNOW:
        trusted = grant.role in (Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR)
        return trusted or _in_groups(grant, scope) or (grant.role in DEPARTMENT_ROLES and action != "citizen.read")
    return True


def _may_work_on(actor: Actor, action: str, scope: Scope) -> bool:
    """A task assigned to somebody is theirs; otherwise it belongs to its candidate groups.

    Supervisors, and heads within their department, may release what another holds, so that it does not lie.
    """
    if scope.assignee is not None:
        if scope.assignee in (str(actor.id), actor.id.hex):
            return True
        if action != "task.release":
            return False
        return any(_may_take_back(grant, scope) for grant in actor.grants)
    return any(_in_groups(grant, scope) for grant in actor.grants)


def _may_take_back(grant: Grant, scope: Scope) -> bool:
    if not covers(grant.district, scope.district):
        return False
    if grant.role is Role.DEPARTMENT_HEAD:
        return grant.department in scope.groups | scope.departments
    return grant.role is Role.SHIFT_SUPERVISOR and grant.department is None


def _in_groups(grant: Grant, scope: Scope) -> bool:
    """A department's code as a group means its people; a role as a group means that role, where a department
    is given only for things that department has a part in."""
    if not covers(grant.district, scope.district):
        return False
    if grant.department is not None and grant.department in scope.groups:
        return True
    return grant.role.value in scope.groups and (
        grant.department in scope.departments if grant.department is not None else grant.role not in DEPARTMENT_ROLES
    )


def _label(group: str, language: str) -> str:
    """A role's name; a department's code stays as it is, its name belongs to the city."""
    return text(f"identity.role.{group}", language) if group in _ROLE_VALUES else group

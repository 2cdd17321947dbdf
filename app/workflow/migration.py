"""Moving one running instance onto the current bundle."""

from typing import Any

from app.core.errors import Conflict
from app.workflow.attempt import Attempt
from app.workflow.engine import Compiled
from app.workflow.engine.types import ArmNew, Fault, Place, Surface
from app.workflow.errors import Gone
from app.workflow.queries import current_bundle_id
from app.workflow.running import compiled_of, context_of, guarded, listen


def migrate(attempt: Attempt) -> object:
    """Allowed when all that is open exists in the current bundle with the same type; then the tokens go on there.

    Ids, due times and drafts stay. Boundary events and event sub-processes that the new diagram adds begin to wait now
    (a duration counts from now). Raises Conflict with the elements that stand in the way."""
    locked, session, runtime = attempt.locked, attempt.session, attempt.runtime
    if locked.state is None:
        raise Gone("workflow.ended")
    target = current_bundle_id(session)
    if target is None or target == locked.view.bundle_id:
        raise Conflict("workflow.already_current")
    old = compiled_of(runtime, session, attempt.on)
    new = runtime.bundles.get(session, target, runtime.registry)
    before = old.surface(locked.state)
    try:
        after = new.surface(locked.state)
    except Fault as fault:
        raise Conflict("workflow.cannot_migrate", reason=fault.message) from fault
    _same(old, new, before, after)
    _arm(attempt, locked.state, new, edges(new) - edges(old))
    attempt.draft.bundle_id = target
    attempt.draft.changes["bundle"] = {"old": str(locked.view.bundle_id), "new": str(target)}
    if reason := attempt.content.get("reason"):
        attempt.draft.changes["reason"] = reason
    return None


def kinds(compiled: Compiled) -> dict[Place, str]:
    """What every element is, as BPMN calls it."""
    every = (element for process in compiled.processes.values() for element in process.elements.values())
    return {(element.process, element.id): element.type for element in every}


def edges(compiled: Compiled) -> frozenset[Place]:
    """Elements that wait beside others: boundary events, and the starts of event sub-processes among all starts."""
    return frozenset(place for place, kind in kinds(compiled).items() if kind in ("boundaryEvent", "startEvent"))


def _arm(attempt: Attempt, state: bytes, new: Compiled, added: frozenset[Place]) -> None:
    if not added:
        return
    context = context_of(attempt.runtime, attempt.session, attempt.on)
    moved = guarded(None, lambda: new.move(state, ArmNew(added), context))
    attempt.draft.take(moved, attempt.locked.holds)
    listen(attempt.runtime, attempt.session, attempt.on, moved.steps, new)


def _same(old: Compiled, new: Compiled, before: Surface, after: Surface) -> None:
    """The state was read with the new diagram: does it mean the same there?"""
    open_then: dict[str, Any] = {**before.tasks, **before.timers, **before.waits, **before.jobs}
    open_now: dict[str, Any] = {**after.tasks, **after.timers, **after.waits, **after.jobs}
    lost = sorted({item.element for key, item in open_then.items() if key not in open_now})
    then, now = kinds(old), kinds(new)
    places = {(item.process, item.element) for item in open_then.values()}
    changed = sorted({place[1] for place in places if then.get(place) != now.get(place)})
    if lost or changed:
        raise Conflict("workflow.cannot_migrate", reason=", ".join(dict.fromkeys(lost + changed)))

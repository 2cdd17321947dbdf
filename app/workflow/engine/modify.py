"""Repair by hand: cancel tokens, start others before elements; and what a migration adds."""

from .activities import CallSpec, SubProcessSpec
from .events import AttachedSpec, StartSpec
from .instance import Instance, Run
from .multi import MultiSpec
from .spec import ElementSpec, ScopeSpec
from .token import STARTED, Token
from .types import Fault, Modify, NotOpen, Place

CAUSE = "modify"


def modify(instance: Instance, command: Modify) -> None:
    """Start first, then cancel, so that a scope does not end in between. Raises NotOpen for a token that is gone, Fault
    for an element that cannot be started."""
    for token_id in command.cancel_tokens:
        if instance.find(token_id) is None:
            raise NotOpen(token_id)
    doomed = [instance.find(token_id) for token_id in command.cancel_tokens]
    for element in command.start_before:
        run, spec = _place(instance, element)
        run.enter(spec, CAUSE)
    for token in doomed:
        if token is not None and token.live:
            token.cancel(CAUSE)
            token.workflow.settle()


def arm_new(instance: Instance, elements: frozenset[Place]) -> None:
    """Let these boundary events and starts of event sub-processes begin to wait wherever they may."""
    for run in list(instance.runs()):
        if not run.interrupted:
            for listener in run.spec.listeners:
                if (listener.node.process, listener.node.id) in elements:
                    listener.arm(run)
        for token in list(run.tasks.values()):
            for boundary in token.task_spec.boundaries:
                if (boundary.node.process, boundary.node.id) in elements:
                    boundary.arm(token)


def _place(instance: Instance, element: str) -> tuple[Run, ElementSpec]:
    """The innermost running scope that holds the element; scopes in between are opened."""
    for run in reversed(list(instance.runs())):
        if run.owner is not None and isinstance(run.owner.task_spec, MultiSpec):
            continue  # instances belong to their items
        path = _path(run.spec, element)
        if path is not None:
            for owner in path[:-1]:
                assert isinstance(owner, SubProcessSpec)
                run = _open(run, owner)
            return run, path[-1]
    raise Fault(element, "no running scope holds this element")


def _path(spec: ScopeSpec, element: str) -> list[ElementSpec] | None:
    """Sub-processes to go through and the element itself."""
    found = spec.task_specs.get(element)
    if found is not None and not isinstance(found, (AttachedSpec, StartSpec)):
        return [found]
    for inner in spec.task_specs.values():
        if isinstance(inner, SubProcessSpec) and not isinstance(inner, CallSpec | MultiSpec):
            path = _path(inner.content, element)
            if path is not None:
                return [inner, *path]
    return None


def _open(run: Run, spec: SubProcessSpec) -> Run:
    """The sub-process without its start event."""
    token = Token(run, spec)
    token.note("entered", CAUSE)
    spec.prepare(token)
    token._set_state(STARTED)
    content = run.top_workflow.open_content(token, spec.content, None)
    for listener in spec.content.listeners:
        listener.arm(content)
    return content

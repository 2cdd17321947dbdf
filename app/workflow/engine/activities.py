"""Tasks, sub-processes and call activities."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs import defaults as spiff

from . import scopes, throwing, userwork
from .expressions import Expr
from .instance import Run
from .spec import ElementSpec, ScopeSpec
from .token import READY, STARTED, Token
from .types import BpmnError, Call, Fault
from .values import settled
from .versions import resolved

if TYPE_CHECKING:
    from .model import Node


class PassSpec(ElementSpec):
    """`task` and `manualTask`: nothing to wait for in Camunda 8."""


class UserTaskSpec(ElementSpec, spiff.UserTask):
    """Open until a person completes it. Assignment and dates are evaluated once, when it opens."""

    fields: Mapping[str, Expr]
    form_id: str | None

    def arrive(self, token: Token) -> bool:
        work = userwork.evaluate(token, self.fields)
        token.internal_data["task"] = work
        token.note("waiting", due=userwork.instant(work, "due"))
        return True


class OperationSpec(ElementSpec):
    """A service or send task or a message throw or end event: a local operation runs inside the step, an external one
    waits (STARTED) for its worker."""

    operation: str
    local: bool
    accepts: frozenset[str]
    """Inputs it knows: a header of such a name gives one that the input mapping does not."""

    def _run_hook(self, my_task: Token) -> bool | None:
        if not self.local:
            my_task.note("waiting")
            return None
        inputs = self.inputs(my_task)
        call = Call(self.operation, self.node.id, my_task.id, inputs, self.node.zeebe.headers)
        try:
            result = my_task.journal.perform(call)
        except BpmnError as error:
            throwing.throw_error(my_task, error.code, error.variables)
            return None
        except Fault:
            raise
        except my_task.journal.passing:
            raise
        except Exception as error:
            message = f"{self.operation}: {type(error).__name__}: {error}"
            raise Fault(self.node.id, message, inputs) from error
        my_task.internal_data["payload"] = scopes.admit(self.node.id, result or {})
        return True

    def inputs(self, token: Token) -> dict[str, Any]:
        """What the input mapping gave: a copy, with values as they are; constants may stand in headers instead."""
        scope = token.internal_data.get("scope") or {}
        constants = {name: text for name, text in self.node.zeebe.headers.items() if name in self.accepts}
        return constants | {
            name: scope[name] for name in dict.fromkeys(target.partition(".")[0] for target, _ in self.inputs_map)
        }


class ScriptSpec(ElementSpec):
    """A FEEL expression assigned to `resultVariable`."""

    expression: Expr
    result: str

    def _run_hook(self, my_task: Token) -> bool:
        my_task.internal_data["payload"] = {self.result: scopes.evaluate(my_task, self.expression)}
        return True


class DecisionSpec(ElementSpec):
    """A business rule task: a decision of the same bundle."""

    decision: Expr
    result: str
    decide: userwork.Decide

    def _run_hook(self, my_task: Token) -> bool:
        name = scopes.evaluate(my_task, self.decision)
        value = self.decide(my_task, str(name), scopes.visible(scopes.chain(my_task)))
        my_task.internal_data["payload"] = {self.result: settled(value)}
        return True


class SubProcessSpec(ElementSpec, spiff.SubWorkflowTask):
    """An embedded sub-process, or an event sub-process once its listener has fired. Tokens inside see the scopes
    outside."""

    content: ScopeSpec

    def __init__(self, wf_spec: ScopeSpec, node: "Node") -> None:
        super().__init__(wf_spec, node, subworkflow_spec=node.id)

    def arrive(self, token: Token) -> bool:
        token._set_state(STARTED)
        token.workflow.top_workflow.open_content(token, self.content, None).begin()
        return False

    def content_finished(self, token: Token, content: Run) -> None:
        token._set_state(READY)
        self._on_ready(token)

    def after(self, token: Token) -> None:
        token.workflow.top_workflow.subprocesses.pop(token.id, None)

    def cancelled(self, token: Token, cause: str | None) -> None:
        content = token.workflow.top_workflow.subprocesses.pop(token.id, None)
        if content is not None:
            content.stop(cause)
        super().cancelled(token, cause)


class CallSpec(SubProcessSpec):
    """A called process has variables of its own. Which one may be an expression; it is chosen on arrival, from the same
    bundle, and remembered in the token."""

    process: Expr
    tag: str | None
    """Of the version that is called; None: the bundle's own."""
    tags: Mapping[str, str | None]
    pass_all: bool
    """Hand all visible variables in (else only the input mapping's)."""
    return_all: bool
    """Hand all its variables out (else only the output mapping's)."""
    callable: Mapping[str, ScopeSpec]

    def arrive(self, token: Token) -> bool:
        name = scopes.evaluate(token, self.process)
        if isinstance(name, str):
            name = resolved(name, self.tag, self.tags)
        spec = self.callable.get(name) if isinstance(name, str) else None
        if spec is None:
            raise Fault(self.node.id, f"the called process {name!r} is not in this bundle")
        token._set_state(STARTED)
        token.internal_data["called"] = name
        scope = token.internal_data.get("scope") or {}
        variables = dict(scopes.visible(scopes.chain(token)) if self.pass_all else scope)
        content = token.workflow.top_workflow.open_content(token, spec, variables)
        for variable in variables:
            token.journal.wrote(token.id, variable, None)
        content.begin()
        return False

    def content_finished(self, token: Token, content: Run) -> None:
        if self.outputs_map or self.return_all:
            token.internal_data["payload"] = dict(content.variables or {})
        super().content_finished(token, content)

"""Multi-instance activities: a body that stands for the whole, and inside it one token for each item of a list."""

import re
from typing import TYPE_CHECKING, Any

from . import scopes
from .activities import SubProcessSpec
from .expressions import Expr
from .instance import Run
from .spec import ElementSpec, ScopeSpec
from .token import STARTED, Token
from .types import Fault

if TYPE_CHECKING:
    from .model import Node

MAX_ITEMS = 2000
"""Instances one parallel multi-instance activity may have at once."""

VARIABLE = re.compile(r"=\s*([^\W\d]\w*)(\.[^\W\d]\w*)*\s*")
"""An output element that only names a variable, or an entry of one."""


class MultiSpec(SubProcessSpec):
    """The body. Boundary events hang on it, and its end is the end of all instances. Its tokens hold `total`, `done`,
    `results` (by index), and for a sequential one the `items` still to come."""

    inner: ElementSpec
    sequential: bool
    collection: Expr
    item: str | None
    """The instance's variable for its item."""
    output: str | None
    """The variable for the list of results, seen inside while it grows."""
    result: Expr | None
    completion: Expr | None

    def __init__(self, wf_spec: ScopeSpec, node: "Node", content: ScopeSpec, inner: ElementSpec) -> None:
        super().__init__(wf_spec, node)
        self.content, self.inner = content, inner
        inner.multi = self

    # ---------------------------------------------------------------- the body
    def arrive(self, token: Token) -> bool:
        items = scopes.evaluate(token, self.collection)
        if not isinstance(items, list):
            raise Fault(self.node.id, f"{self.collection.text} gives {items!r}: a list is wanted")
        if not self.sequential and len(items) > MAX_ITEMS:
            raise Fault(self.node.id, f"{len(items)} instances at once: at most {MAX_ITEMS}")
        data = token.internal_data
        data["total"], data["done"] = len(items), 0
        if self.output is not None:
            data["results"] = [None] * len(items)
            data.setdefault("scope", {})
            self._show(token)
        if not items:
            return True
        token._set_state(STARTED)
        content = token.workflow.top_workflow.open_content(token, self.content, None)
        if self.sequential:
            data["items"] = items[1:]
            self._open(content, 0, items[0])
        else:
            for index, item in enumerate(items):
                self._open(content, index, item)
        return False

    def _run_hook(self, my_task: Token) -> bool:
        if self.output is not None:
            del my_task.internal_data["scope"][self.output]
            my_task.internal_data["payload"] = {self.output: my_task.internal_data["results"]}
        return True

    def _show(self, token: Token) -> None:
        assert self.output is not None
        scope = token.internal_data["scope"]
        token.journal.wrote(token.id, self.output, scope.get(self.output))
        scope[self.output] = token.internal_data["results"]

    # ---------------------------------------------------------------- its instances
    def _open(self, content: Run, index: int, item: Any) -> None:
        token = Token(content, self.inner)
        local: dict[str, Any] = {"loopCounter": index + 1}
        if self.item is not None:
            local[self.item] = item
        own = None if self.result is None else VARIABLE.fullmatch(self.result.text)
        if own is not None:
            local.setdefault(own.group(1), None)
        for name in local:
            token.journal.wrote(token.id, name, None)
        token.internal_data.update(index=index, scope=local)
        token.note("entered", self.node.id)
        self.inner._update(token)

    def collect(self, token: Token) -> None:
        """An instance is about to end: keep its result, and see whether that is enough."""
        body = token.workflow.owner
        assert body is not None
        data = body.internal_data
        data["done"] += 1
        if self.result is not None and self.output is not None:
            results = list(data["results"])
            results[token.internal_data["index"]] = scopes.evaluate(token, self.result)
            data["results"] = results
            self._show(body)
        if self.completion is not None and self._enough(token, data["total"], data["done"]):
            data["enough"] = True

    def _enough(self, token: Token, total: int, done: int) -> bool:
        assert self.completion is not None
        active = 1 if self.sequential else total - done
        counts = {
            "numberOfInstances": total,
            "numberOfActiveInstances": active if done < total else 0,
            "numberOfCompletedInstances": done,
            "numberOfTerminatedInstances": 0,
        }
        return scopes.holds(token, self.completion, extra=counts)

    def instance_done(self, content: Run) -> None:
        """An instance has ended: end the others, or open the next."""
        body = content.owner
        assert body is not None
        if not body.live:
            return
        if body.internal_data.get("enough"):
            for other in list(content.tasks.values()):
                other.cancel(self.node.id)
        elif self.sequential and (items := body.internal_data["items"]):
            body.internal_data["items"] = items[1:]
            self._open(content, body.internal_data["total"] - len(items), items[0])

"""Where tokens meet: joins that wait for a token that never comes, and paths that two tokens take at once.

Plays a scope's tokens through, every gateway deciding as it likes, within a budget; beyond it nothing is told. A token
stands in an activity or on the sequence flow to something else. Boundary events that do not interrupt are left out:
theirs are tokens of their own."""

from collections.abc import Iterator
from itertools import combinations

from ..model import ACTIVITIES, GATEWAYS, Flow, Node, Scope
from .checker import Checker

MOST_MARKINGS = 4000
WIDEST = 6
"""Flows of an inclusive gateway whose every choice is tried."""
Marking = frozenset[str]
"""Ids of the sequence flows that hold a token; `@id` is a token inside an activity."""


def check_tokens(checker: Checker, scope: Scope) -> None:
    joins = [n for n in scope.nodes.values() if n.type == "parallelGateway" and len(n.incoming) > 1]
    splits = any(len(n.outgoing) > 1 and n.type not in ("exclusiveGateway", "eventBasedGateway")
                 for n in scope.nodes.values())  # fmt: skip
    if not joins and not splits:
        return
    game = _Game(scope)
    starts = scope.starts()
    if not all(game.play(start) for start in starts):
        return
    for join in joins:
        if join.id in game.stuck and not game.aside(join):
            missing = ", ".join(sorted(game.stuck[join.id]))
            if join.id in game.fired or game.doubled:
                checker.warn(join, "join-may-wait", flows=missing)
            else:
                checker.error(join, "join-never-fires", flows=missing)
    for id_ in game.doubled:
        checker.warn(scope.nodes[id_], "runs-twice")


class _Game:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.flows = {flow.id: flow for node in scope.nodes.values() for flow in node.outgoing}
        self.fired: set[str] = set()
        self.stuck: dict[str, set[str]] = {}
        """Joins at which a token stays for ever → the flows that it waits for."""
        self.doubled: list[str] = []
        self._reach: dict[str, set[str]] = {}

    def play(self, start: Node) -> bool:
        """Every marking that can come. False: too many."""
        first = self._leave(frozenset(), start.outgoing)
        todo = [first] if first is not None else []
        seen = set(todo)
        while todo:
            marking = todo.pop()
            moves = list(self._moves(marking))
            if not moves:
                self._note_stuck(marking)
            for after in moves:
                if after is not None and after not in seen:
                    if len(seen) > MOST_MARKINGS:
                        return False
                    seen.add(after)
                    todo.append(after)
        return True

    def aside(self, join: Node) -> bool:
        """Whether a token from a boundary event that does not interrupt may come to the join."""
        edges = [n for n in self.scope.nodes.values() if n.type == "boundaryEvent" and not n.interrupting]
        return any(join.id in self._reachable(edge.id) for edge in edges)

    # ---------------------------------------------------------------- moves
    def _moves(self, marking: Marking) -> Iterator[Marking | None]:
        for token in sorted(marking):
            if token.startswith("@"):
                yield from self._complete(marking, self.scope.nodes[token[1:]])
            elif token in self.flows:
                yield from self._arrive(marking, self.flows[token])

    def _arrive(self, marking: Marking, flow: Flow) -> Iterator[Marking | None]:
        node = self.scope.nodes[flow.target]
        rest = marking - {flow.id}
        if node.type == "parallelGateway" and len(node.incoming) > 1:
            wanted = {each.id for each in node.incoming}
            if wanted <= marking and flow.id == min(wanted):
                self.fired.add(node.id)
                yield self._leave(marking - wanted, node.outgoing)
        elif node.type == "inclusiveGateway" and len(node.incoming) > 1:
            if flow.id == min(marking & {each.id for each in node.incoming}) and not self._more_to_come(marking, node):
                yield from self._choose(marking - {each.id for each in node.incoming}, node)
        else:
            yield from self._choose(rest, node)

    def _complete(self, marking: Marking, node: Node) -> Iterator[Marking | None]:
        rest = marking - {f"@{node.id}"}
        yield self._leave(rest, node.outgoing)
        for edge in self.scope.boundaries(node.id):
            if edge.interrupting:
                yield self._leave(rest, edge.outgoing)

    def _choose(self, rest: Marking, node: Node) -> Iterator[Marking | None]:
        """What leaves an element that is no activity."""
        if node.type in ("exclusiveGateway", "eventBasedGateway"):
            for flow in node.outgoing:
                yield self._leave(rest, [flow])
        elif node.type == "inclusiveGateway" and 1 < len(node.outgoing) <= WIDEST:
            for count in range(1, len(node.outgoing) + 1):
                for chosen in combinations(node.outgoing, count):
                    yield self._leave(rest, chosen)
        elif node.type == "endEvent" and node.event.kind in ("terminate", "error"):
            yield frozenset()
        else:
            yield self._leave(rest, node.outgoing)

    def _leave(self, rest: Marking, flows: "list[Flow] | tuple[Flow, ...]") -> Marking | None:
        marking: Marking | None = rest
        for flow in flows:
            if marking is not None:
                marking = self._put(marking, flow)
        return marking

    def _put(self, marking: Marking, flow: Flow) -> Marking | None:
        """One more token. Where one is already two run behind each other: told, and not followed."""
        target, source = self.scope.nodes[flow.target], self.scope.nodes[flow.source]
        token = f"@{target.id}" if target.type in ACTIVITIES else flow.id
        if token not in marking:
            return marking | {token}
        merge = source if source.type in GATEWAYS and len(source.incoming) > 1 else target
        if target.type != "endEvent" and merge.id not in self.doubled:
            self.doubled.append(merge.id)
        return None

    # ---------------------------------------------------------------- joins
    def _more_to_come(self, marking: Marking, join: Node) -> bool:
        own = {each.id for each in join.incoming}
        for token in marking - own:
            at = token[1:] if token.startswith("@") else self.flows[token].target
            if at == join.id or join.id in self._reachable(at):
                return True
        return False

    def _reachable(self, id_: str) -> set[str]:
        if id_ not in self._reach:
            todo, seen = [id_], set[str]()
            while todo:
                here = todo.pop()
                nexts = [flow.target for flow in self.scope.nodes[here].outgoing]
                nexts += [edge.id for edge in self.scope.boundaries(here)]
                for each in nexts:
                    if each not in seen:
                        seen.add(each)
                        todo.append(each)
            self._reach[id_] = seen
        return self._reach[id_]

    def _note_stuck(self, marking: Marking) -> None:
        for token in marking:
            flow = self.flows.get(token)
            node = None if flow is None else self.scope.nodes[flow.target]
            if node is not None and node.type == "parallelGateway":
                missing = {each.id for each in node.incoming} - marking
                self.stuck.setdefault(node.id, set()).update(missing)

"""More of what a diagram can show: markers of activities, signals, escalations, conditions, links."""

from xml.sax.saxutils import escape, quoteattr

from tests.unit.engine.writing import FORMAL, element, zeebe


def multi(
    collection: str = "=items",
    item: str = "item",
    output: tuple[str, str] | None = None,
    *,
    sequential: bool = False,
    until: str = "",
) -> str:
    """Loop characteristics. `output`: collection and element."""
    given = {"inputCollection": collection, "inputElement": item}
    if output:
        given |= {"outputCollection": output[0], "outputElement": output[1]}
    enough = f"<bpmn:completionCondition {FORMAL}>{escape(until)}</bpmn:completionCondition>" if until else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics isSequential={quoteattr(str(sequential).lower())}>"
        f"<bpmn:extensionElements>{zeebe('loopCharacteristics', **given)}</bpmn:extensionElements>{enough}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def signal(id: str, name: str = "") -> str:
    return f"<bpmn:signal id={quoteattr(id)} name={quoteattr(name or id)}/>"


def escalation(id: str, code: str) -> str:
    return f"<bpmn:escalation id={quoteattr(id)} name={quoteattr(id)} escalationCode={quoteattr(code)}/>"


def on_signal(id: str) -> str:
    return f"<bpmn:signalEventDefinition signalRef={quoteattr(id)}/>"


def on_escalation(id: str | None = None) -> str:
    return (
        f"<bpmn:escalationEventDefinition escalationRef={quoteattr(id)}/>"
        if id
        else "<bpmn:escalationEventDefinition/>"
    )


def on_condition(text: str) -> str:
    inner = f"<bpmn:condition {FORMAL}>{escape(text)}</bpmn:condition>"
    return f"<bpmn:conditionalEventDefinition>{inner}</bpmn:conditionalEventDefinition>"


def on_link(name: str) -> str:
    return f"<bpmn:linkEventDefinition name={quoteattr(name)}/>"


def throw(id: str, event: str, more: str = "") -> str:
    return element("intermediateThrowEvent", id, event, more)

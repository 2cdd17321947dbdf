"""More of what a diagram can show: markers of activities, signals, escalations, conditions, links."""

from xml.sax.saxutils import escape, quoteattr

from tests.unit.engine.writing import FORMAL, zeebe


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

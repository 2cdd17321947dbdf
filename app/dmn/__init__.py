"""Decision models (DMN 1.1 to 1.5): requirement graphs, decision tables with every hit policy, boxed expressions.

Pure: `parse(xml)` gives a `Model`; `model.evaluate("Responsible department", {...})` gives a value, and
`model.explain(...)` the rules that matched. Expressions are FEEL.
"""

from app.dmn.errors import DmnError, Fault
from app.dmn.model import Decision, Explained, InputData, Model
from app.dmn.modelchecks import check, needs
from app.dmn.reader import parse
from app.dmn.table import MatchedRule, Table, TableTrace
from app.dmn.tablechecks import ModelFinding, check_table

__all__ = [
    "Decision", "DmnError", "Explained", "Fault", "InputData", "MatchedRule", "Model", "ModelFinding", "Table",
    "TableTrace", "check", "check_table", "needs", "parse",
]  # fmt: skip

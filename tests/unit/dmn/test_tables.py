"""Decision tables: hit policies, cells, defaults, and the rules that matched."""

from decimal import Decimal

import pytest

from app import dmn, feel

MODEL = """<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">
  <decision id="unit" name="Responsible unit">{body}</decision>
</definitions>"""


def table(
    policy: str, rules: list[tuple[str, ...]], outputs: str = '<output id="o" name="unit"/>', inputs: int = 1
) -> dmn.Model:
    """A table over the variables `a`, `b` …; each rule's first cells are tests, the others outputs."""
    columns = "".join(
        f'<input id="i{n}"><inputExpression><text>{"abc"[n]}</text></inputExpression></input>' for n in range(inputs)
    )
    rows = ""
    for number, cells in enumerate(rules, 1):
        tests = "".join(f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>" for cell in cells[:inputs])
        results = "".join(f"<outputEntry><text><![CDATA[{cell}]]></text></outputEntry>" for cell in cells[inputs:])
        rows += f'<rule id="r{number}"><description>why {number}</description>{tests}{results}</rule>'
    name = policy.split("/")[0]
    body = f'<decisionTable id="t" hitPolicy="{name}" {_aggregation(policy)}>{columns}{outputs}{rows}</decisionTable>'
    return dmn.parse(MODEL.format(body=body).encode())


def _aggregation(policy: str) -> str:
    return f'aggregation="{policy.split("/")[1]}"' if "/" in policy else ""


RULES = [("> 5", '"high"'), ("> 3", '"middle"'), ("> 10", '"high"')]
RANKED = '<output id="o" name="unit"><outputValues><text>"low", "middle", "high"</text></outputValues></output>'


@pytest.mark.parametrize(
    ("policy", "a", "value"),
    [
        ("UNIQUE", 4, "middle"),
        ("UNIQUE", 7, None),
        ("UNIQUE", 1, None),
        ("ANY", 7, None),
        ("FIRST", 7, "high"),
        ("PRIORITY", 11, "middle"),
        ("RULE ORDER", 11, ["high", "middle", "high"]),
        ("OUTPUT ORDER", 11, ["middle", "high", "high"]),
        ("COLLECT", 7, ["high", "middle"]),
        ("COLLECT", 1, None),
        ("COLLECT/COUNT", 11, 3),
        ("COLLECT/COUNT", 1, 0),
        ("COLLECT/MIN", 11, "high"),
        ("COLLECT/MAX", 11, "middle"),
    ],
)
def test_hit_policies(policy: str, a: int, value: object) -> None:
    assert table(policy, RULES, RANKED).evaluate("Responsible unit", {"a": a}) == value


def test_sums_and_any_with_equal_outputs() -> None:
    assert table("COLLECT/SUM", [("-", "1.5"), ("-", "2")]).evaluate("unit", {}) == Decimal("3.5")
    assert table("ANY", [("-", '"x"'), ("-", '"x"')]).evaluate("unit", {}) == "x"


def test_priority_goes_column_by_column() -> None:
    outputs = (
        '<output name="x"><outputValues><text>"A", "B"</text></outputValues></output>'
        '<output name="y"><outputValues><text>2, 1</text></outputValues></output>'
    )
    rules = [("-", '"B"', "2"), ("-", '"A"', "1"), ("-", '"A"', "2")]
    assert table("PRIORITY", rules, outputs).evaluate("unit", {}) == {"x": "A", "y": 2}
    assert table("OUTPUT ORDER", rules, outputs).evaluate("unit", {})[2] == {"x": "B", "y": 2}


def test_defaults() -> None:
    output = '<output name="unit"><defaultOutputEntry><text>"general"</text></defaultOutputEntry></output>'
    model = table("UNIQUE", [("> 5", '"gas"')], output)
    assert model.evaluate("unit", {"a": 1}) == "general"
    assert model.evaluate("unit", {"a": 6}) == "gas"


@pytest.mark.parametrize(
    ("cell", "a", "hit"),
    [
        ("-", None, True),
        ('"GAS_LEAK", "GAS_STOPPED"', "GAS_STOPPED", True),
        ('not("GAS_LEAK")', "LITTER", True),
        ("b", 3, True),
        ("c", "y", True),
        ("? > b", 4, True),
        ("[b..10)", 10, False),
        ('< date("2026-01-01")', feel.parse_date("2025-12-31"), True),
        ("> 5", None, False),
        ("> 5", "text", False),
    ],
)
def test_cells(cell: str, a: object, hit: bool) -> None:
    value = table("UNIQUE", [(cell, "1")]).evaluate("unit", {"a": a, "b": 3, "c": ["x", "y"]})
    assert (value == 1) is hit


def test_explains_which_rules_matched_and_why() -> None:
    explained = table("COLLECT", RULES).explain("Responsible unit", {"a": 7})
    assert explained.value == ["high", "middle"]
    assert explained.table == "t"
    assert explained.inputs == (("a", 7),)
    assert [(rule.id, rule.number, rule.tests, rule.annotations) for rule in explained.matched] == [
        ("r1", 1, ("> 5",), ("why 1",)),
        ("r2", 2, ("> 3",), ("why 2",)),
    ]
    broken = table("UNIQUE", RULES).explain("unit", {"a": 7})
    assert broken.value is None
    assert [rule.id for rule in broken.matched] == ["r1", "r2"]
    assert "1, 2" in broken.reasons[0].text("en")
    assert "1, 2" in broken.reasons[0].text("zh-CN")


def test_strict_says_why_there_is_no_value() -> None:
    with pytest.raises(feel.FeelError, match="No rule"):
        table("UNIQUE", RULES).evaluate("unit", {"a": 1}, strict=True)


def test_faults_name_the_cell() -> None:
    model = table("UNIQUE", [("> 5 )", '"x"'), ("-", "nosuch(1)"), ("-",)])
    faults = [(fault.element, fault.key) for fault in model.faults()]
    assert faults == [
        ("r1", "feel.syntax.unexpected"),
        ("r2", "feel.syntax.unknown_function"),
        ("r3", "dmn.cells"),
    ]
    assert all(fault.text("zh-CN") != fault.key for fault in model.faults())
    assert model.evaluate("unit", {"a": 6}) is None


def test_functions_of_the_domain() -> None:
    body = "<literalExpression><text>deadline(2)</text></literalExpression>"
    xml = MODEL.format(body=body).encode()
    assert dmn.parse(xml).faults()[0].key == "feel.syntax.unknown_function"
    model = dmn.parse(xml, functions={"deadline": ("value",)})
    assert not model.faults()
    assert model.evaluate("unit", {}, {"deadline": lambda value: value * 2}) == 4

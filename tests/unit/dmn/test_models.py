"""Requirement graphs, boxed expressions, item definitions, services, imports, and files from strangers."""

from pathlib import Path

import pytest

from app import dmn, feel

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="{name}" namespace="urn:{name}">'


def model(body: str, imports: tuple[bytes, ...] = (), name: str = "m") -> dmn.Model:
    return dmn.parse(xml(body, name), imports)


def xml(body: str, name: str = "m") -> bytes:
    return (HEAD.format(name=name) + body + "</definitions>").encode()


def decision(logic: str, name: str = "result", needs: str = "", type_ref: str = "") -> str:
    variable = f'<variable name="{name}" typeRef="{type_ref}"/>' if type_ref else ""
    return f'<decision id="_{name}" name="{name}">{variable}{needs}{logic}</decision>'


def text(expression: str) -> str:
    return f"<literalExpression><text><![CDATA[{expression}]]></text></literalExpression>"


def needs(kind: str, href: str) -> str:
    outer = "knowledgeRequirement" if kind == "requiredKnowledge" else "informationRequirement"
    return f'<{outer}><{kind} href="{href}"/></{outer}>'


def value_of(logic: str, inputs: dict[str, object] | None = None, type_ref: str = "") -> object:
    found = model(decision(logic, type_ref=type_ref))
    assert not found.faults()
    return found.evaluate("result", inputs or {})


def entry(name: str, logic: str) -> str:
    return f'<contextEntry><variable name="{name}"/>{logic}</contextEntry>'


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (f"<context>{entry('a b', text('1'))}{entry('c', text('a b + 1'))}</context>", "{a b: 1, c: 2}"),
        (f"<context>{entry('a', text('2'))}<contextEntry>{text('a * 3')}</contextEntry></context>", "6"),
        (f"<list>{text('1')}{text('n')}</list>", "[1, 5]"),
        (
            '<relation><column name="x"/><column name="y"/>'
            f"<row>{text('1')}{text('2')}</row><row>{text('3')}{text('n')}</row></relation>",
            "[{x: 1, y: 2}, {x: 3, y: 5}]",
        ),
        (
            f"<conditional><if>{text('n > 3')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>",
            "1",
        ),
        (f"<filter><in>{text('[1, 5, 9]')}</in><match>{text('item > n')}</match></filter>", "[9]"),
        (f"<filter><in>{text('[{k: 1}, {k: 7}]')}</in><match>{text('k > n')}</match></filter>", "[{k: 7}]"),
        (f'<for iteratorVariable="i"><in>{text("[1, 2]")}</in><return>{text("i * n")}</return></for>', "[5, 10]"),
        (f'<some iteratorVariable="i"><in>{text("[1, 9]")}</in><satisfies>{text("i > n")}</satisfies></some>', "true"),
        (
            f'<every iteratorVariable="i"><in>{text("[1, 9]")}</in><satisfies>{text("i > n")}</satisfies></every>',
            "false",
        ),
        (
            "<context>"
            + entry("f", f'<functionDefinition><formalParameter name="x"/>{text("x + n")}</functionDefinition>')
            + f"<contextEntry>{text('f(1)')}</contextEntry></context>",
            "6",
        ),
        ('<decisionTable id="t"><output id="o"/></decisionTable>', "null"),
    ],
)
def test_boxed_expressions(logic: str, expected: str) -> None:
    assert value_of(logic, {"n": 5}) == feel.evaluate(expected)


def test_knowledge_models_and_invocations() -> None:
    fact = (
        '<businessKnowledgeModel id="fact" name="fact of"><encapsulatedLogic>'
        '<formalParameter name="n" typeRef="number"/>'
        + text("if n < 2 then 1 else n * fact of(n - 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    call = decision(text("fact of(5)"), "direct", needs("requiredKnowledge", "#fact"))
    invocation = decision(
        f'<invocation>{text("fact of")}<binding><parameter name="n"/>{text("k")}</binding></invocation>',
        "boxed",
        needs("requiredKnowledge", "#fact"),
    )
    found = model(fact + call + invocation)
    assert not found.faults()
    assert found.evaluate("direct", {}) == 120
    assert found.evaluate("_boxed", {"k": 4}) == 24
    assert found.evaluate("boxed", {"k": "x"}) is None


ITEMS = """
<itemDefinition name="tLevel"><typeRef>string</typeRef>
  <allowedValues><text>"LOW", "HIGH"</text></allowedValues></itemDefinition>
<itemDefinition name="tLevels" isCollection="true"><typeRef>tLevel</typeRef></itemDefinition>
<itemDefinition name="tCase"><itemComponent name="level"><typeRef>tLevel</typeRef></itemComponent>
  <itemComponent name="days-left"><typeRef>number</typeRef></itemComponent></itemDefinition>
"""


@pytest.mark.parametrize(
    ("expression", "type_ref", "expected"),
    [
        ('"HIGH"', "tLevel", '"HIGH"'),
        ('"high"', "tLevel", "null"),
        ('"HIGH"', "tLevels", '["HIGH"]'),
        ('["HIGH", "x"]', "tLevels", "null"),
        ('["HIGH"]', "tLevel", '"HIGH"'),
        ('{level: "LOW", days-left: 1}', "tCase", '{level: "LOW", "days-left": 1}'),
        ('{level: "LOW", days-left: "1"}', "tCase", "null"),
        ('@"2026-01-01"', "dateTime", '@"2026-01-01T00:00:00Z"'),
        ("1", "string", "null"),
        ('"a"', "feel:string", '"a"'),
        ('{level: "LOW", days-left: 3} instance of tCase', "boolean", "true"),
        ('{level: "LOW", days-left: 3}.days-left', "number", "3"),
    ],
)
def test_values_are_made_to_fit_their_type(expression: str, type_ref: str, expected: str) -> None:
    found = model(ITEMS + decision(text(expression), type_ref=type_ref))
    assert not found.faults()
    assert found.evaluate("result", {}) == feel.evaluate(expected)


GRAPH = (
    '<inputData id="age" name="Applicant Age"><variable name="Applicant Age" typeRef="number"/></inputData>'
    + decision(text("Applicant Age >= 18"), "Is adult", needs("requiredInput", "#age"), "boolean")
    + decision(text('if Is adult then "yes" else "no"'), "answer", needs("requiredDecision", "urn:m#_Is adult"))
    + '<decisionService id="s" name="Judge"><outputDecision href="#_answer"/><encapsulatedDecision href="#_Is adult"/>'
    '<inputData href="#age"/></decisionService>'
    '<decisionService id="s2" name="Judge later"><outputDecision href="#_answer"/>'
    '<inputDecision href="#_Is adult"/></decisionService>'
    + decision(text("Judge(17)"), "by service", needs("requiredKnowledge", "#s"))
)


def test_requirement_graphs_and_services() -> None:
    found = model(GRAPH)
    assert not found.faults()
    assert found.evaluate("answer", {"Applicant Age": 20}) == "yes"
    assert found.evaluate("answer", {"Applicant Age": "old"}) == "no"
    assert found.evaluate("answer", {}) == "no"
    assert found.evaluate_service("Judge", {"Applicant Age": 20}) == "yes"
    assert found.evaluate_service("Judge later", {"Is adult": True}) == "yes"
    assert found.evaluate("by service", {}) == "no"
    with pytest.raises(dmn.DmnError, match="nothing here"):
        found.evaluate("nothing here", {})


def test_imports_are_addressed_by_their_name() -> None:
    library = xml(
        '<businessKnowledgeModel id="hi" name="say hello"><encapsulatedLogic><formalParameter name="who"/>'
        + text('"Hello " + who')
        + "</encapsulatedLogic></businessKnowledgeModel>"
        + '<itemDefinition name="tName"><typeRef>string</typeRef></itemDefinition>',
        "lib",
    )
    importing = '<import namespace="urn:lib" name="lib" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    body = decision(text('lib.say hello("you")'), needs=needs("requiredKnowledge", "urn:lib#hi"), type_ref="lib.tName")
    found = model(importing + body, (library,))
    assert not found.faults()
    assert found.evaluate("result", {}) == "Hello you"
    missing = model(importing + body)
    assert {fault.key for fault in missing.faults()} >= {"dmn.import", "dmn.requirement"}


def test_imports_without_a_name_need_no_prefix() -> None:
    library = xml(
        decision(text("40 + 2"), "the answer") + '<itemDefinition name="tN"><typeRef>number</typeRef></itemDefinition>',
        "lib",
    )
    importing = '<import namespace="urn:lib" name="" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    wanted = needs("requiredDecision", "urn:lib#_the answer")
    found = model(importing + decision(text("the answer + 1"), needs=wanted, type_ref="tN"), (library,))
    assert not found.faults()
    assert found.evaluate("result", {}) == 43


def test_inputs_of_an_import_may_be_given_under_its_name() -> None:
    library = xml(
        '<inputData id="i" name="x"/>' + decision(text("x * 2"), "double", needs("requiredInput", "#i")), "lib"
    )
    importing = '<import namespace="urn:lib" name="lib" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    found = model(
        importing + decision(text("lib.double"), needs=needs("requiredDecision", "urn:lib#_double")), (library,)
    )
    assert found.evaluate("result", {"lib": {"x": 4}}) == 8
    assert found.evaluate("result", {"x": 5}) == 10


def test_a_decision_sees_only_what_it_requires_of_the_model_and_all_other_variables() -> None:
    found = model('<inputData id="i" name="x"/>' + decision(text("[x, y]")))
    assert found.evaluate("result", {"x": 1, "y": 2}) == [None, 2]


def test_a_decision_that_needs_itself_is_null() -> None:
    cycle = decision(text("b"), "a", needs("requiredDecision", "#_b")) + decision(
        text("a"), "b", needs("requiredDecision", "#_a")
    )
    reasons: list[feel.Reason] = []
    assert model(cycle).evaluate("a", {}, reasons=reasons) is None
    assert "dmn.cycle" in [reason.key for reason in reasons]


def test_logic_in_other_languages_is_refused() -> None:
    java = '<functionDefinition kind="Java"><formalParameter name="x"/></functionDefinition>'
    found = model(decision(java))
    assert found.faults()[0].key == "dmn.function_kind"
    assert found.evaluate("result", {}) is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<definitions", "well-formed"),
        (b"", "well-formed"),
        (b"<html/>", "html"),
        (
            b'<!DOCTYPE a [<!ENTITY x "y">]><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">&x;</definitions>',
            "DOCTYPE",
        ),
        (b"<a>" * 100_000, "well-formed"),
        (b" " * 6_000_000, "larger"),
    ],
)
def test_hostile_files(data: bytes, says: str) -> None:
    with pytest.raises(dmn.DmnError, match=says):
        dmn.parse(data)


def test_no_file_is_read_for_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    data = f'<!DOCTYPE d [<!ENTITY s SYSTEM "file://{secret}">]>'.encode() + xml(decision("&s;"))
    with pytest.raises(dmn.DmnError, match="DOCTYPE"):
        dmn.parse(data)

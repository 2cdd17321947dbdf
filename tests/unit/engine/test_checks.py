"""What a deploy refuses: always with the element, a reason and a remedy, never with a traceback."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import app.workflow.engine as engine
from app.core import i18n
from app.workflow.engine import Finding, Operation, Refused, Registry, check_files, compile_bundle, describe
from tests.unit.engine.marks import on_signal, signal
from tests.unit.engine.refused import FORMED, GROUPS, REFUSED, TWO_WAYS, around
from tests.unit.engine.writing import (
    REGISTRY,
    catch,
    diagram,
    end,
    gateway,
    headers,
    mapping,
    message,
    on_message,
    one,
    process,
    properties,
    script,
    service,
    start,
    user,
)

TEXT = {"type": "textfield", "id": "Field_1", "key": "note", "label": "Note"}
FORM = json.dumps({"id": "f1", "type": "default", "schemaVersion": 16, "components": [TEXT]}).encode()
KNOWN = Registry(
    operations={
        **REGISTRY.operations,
        "void_case": Operation("void_case", "local", ("*",), ("reason",)),
        "lifecycle_only": Operation("lifecycle_only", "local", ("lifecycle",)),
    },
    functions={"deadline": ("value", "unit")},
    groups=frozenset({"agent", "gas"}),
)


def check(text: str, more: Mapping[str, bytes] | None = None) -> list[Finding]:
    return check_files({"p.bpmn": text.encode(), **(more or {})}, KNOWN)


@pytest.mark.parametrize(("code", "where", "text"), REFUSED, ids=[f"{n}-{row[0]}" for n, row in enumerate(REFUSED)])
def test_refused_with_element_reason_and_remedy(code: str, where: str, text: str) -> None:
    errors = [finding for finding in check(text) if finding.severity == "error"]
    assert (code, where) in [(finding.code, finding.element) for finding in errors]
    for finding in errors:
        for language in ("en", "zh-CN"):
            sentence, remedy = describe(finding, language)
            assert remedy
            assert not sentence.startswith("finding.")
    if code != "unknown-group":  # a department that is given up does not stop what runs already
        with pytest.raises(Refused, match=code):
            compile_bundle({"p.bpmn": text.encode()}, KNOWN)


LOOPED_JOIN = around(
    gateway("i"), gateway("f", "parallel"), gateway("j", "inclusive"), gateway("x", default="p_x_e"), user("a", GROUPS),
    flows="s > i > f > j; f > a > j; j > x > e; x > i [=again]",
)  # fmt: skip
PLAIN_JOIN = around(
    gateway("f", "parallel"), gateway("j", "inclusive"), user("a", GROUPS), flows="s > f > j > e; f > a > j"
)
WARNED = [
    ("form-without-output", "x", around(user("x", FORMED)), {"f1.form": FORM}),
    ("nobody-assigned", "x", around(user("x")), {}),
    (
        "no-default",
        "x",
        around(gateway("x"), user("a", GROUPS), flows="s > x; x > a [=true]; x > e [=false]; a > e"),
        {},
    ),
    ("no-default", "x", around(gateway("x", "inclusive"), user("a", GROUPS), flows=TWO_WAYS), {}),
    ("inclusive-join-in-loop", "j", LOOPED_JOIN, {}),
    ("inclusive-join", "j", PLAIN_JOIN, {}),
    ("header-unread", "x", around(service("x", "void_case", mapping({"reason": "=a"}) + headers(raeson="b"))), {}),
    ("signal-without-thrower", "x", around(catch("x", on_signal("S")), top=signal("S")), {}),
    ("operation-input-unknown", "x", around(service("x", "void_case", mapping({"reason": "=a", "raeson": "=b"}))), {}),
    (
        "not-executable",
        "q",
        diagram(
            process("q", start(), flows="", isExecutable="false"), process("p", start("s2"), end(), flows="s2 > e")
        ),
        {},
    ),
]


@pytest.mark.parametrize(("code", "where", "text", "more"), WARNED, ids=[row[0] for row in WARNED])
def test_warned_of(code: str, where: str, text: str, more: Mapping[str, bytes]) -> None:
    assert [(f.severity, f.code, f.element) for f in check(text, more)] == [("warning", code, where)]


FILES = [
    ("not-xml", "a.bpmn", b"this is no diagram"),
    ("not-xml", "a.bpmn", b""),
    ("not-xml", "a.bpmn", b"\xff\xfe\x00"),
    ("not-xml", "a.dmn", b"<definitions>"),
    ("not-bpmn", "a.bpmn", b"<svg/>"),
    ("dtd-refused", "a.bpmn", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    ("dtd-refused", "a.bpmn", b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>'),
    ("dtd-refused", "a.dmn", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
    ("bad-decision", "a.dmn", b"<svg/>"),
    ("not-json", "a.form", b"{"),
    ("not-json", "a.form", b"\xff"),
    ("form-not-a-form", "a.form", b"[]"),
    ("unknown-file", "a.exe", b"MZ"),
]


@pytest.mark.parametrize(("code", "file", "content"), FILES, ids=[f"{n}-{row[0]}" for n, row in enumerate(FILES)])
def test_a_file_that_cannot_be_read_is_a_finding(code: str, file: str, content: bytes) -> None:
    assert (file, code) in [(f.file, f.code) for f in check_files({file: content}, KNOWN)]


def test_entities_never_reach_a_diagram() -> None:
    bomb = (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9))
        + b"]><a>&j;</a>"
    )
    assert {f.code for f in check_files({"a.bpmn": bomb}, KNOWN)} <= {"dtd-refused", "not-xml"}


def test_ids_are_unique_across_the_files_of_a_bundle() -> None:
    text = one(start(), end(), flows="s > e").encode()
    assert [f.code for f in check_files({"a.bpmn": text, "b.bpmn": text}, KNOWN)] == ["duplicate-process"]
    assert [f.code for f in check_files({"a.form": FORM, "b.form": FORM}, KNOWN)] == ["duplicate-form"]


def test_a_message_starts_one_process() -> None:
    def started(name: str) -> bytes:
        return diagram(message("m"), process(name, start("s", on_message("m")), end(), flows="s > e")).encode()

    assert [f.code for f in check_files({"a.bpmn": started("a"), "b.bpmn": started("b")}, KNOWN)] == [
        "duplicate-message-start"
    ]


def test_what_is_only_drawn_is_ignored() -> None:
    drawn = (
        '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/><bpmn:dataStoreReference id="t"/>'
        '<bpmn:textAnnotation id="n"/><bpmn:association id="l" sourceRef="x" targetRef="n"/><bpmn:group id="g"/>'
        '<bpmn:laneSet id="ls"><bpmn:lane id="l1"><bpmn:flowNodeRef>x</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    )
    pool = '<bpmn:collaboration id="c"><bpmn:participant id="citizen" name="Citizen"/></bpmn:collaboration>'
    association = "<bpmn:dataInputAssociation id='d'><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>"
    associated = "<bpmn:property id='q'/>" + association
    assert check(around(user("x", GROUPS, associated), drawn, top=pool)) == []


def test_a_sound_bundle_has_no_findings() -> None:
    more = properties(stage="ACCEPTANCE") + mapping(None, {"ok": "=ok"})
    text = around(user("x", FORMED + more), script("d", '=deadline(2, "WORKING_DAY")', "due"), flows="s > x > d > e")
    assert check(text, {"f1.form": FORM}) == []


def test_a_fault_of_an_expression_is_told_in_both_languages() -> None:
    finding = check(around(script("x", "=1 +", "r")))[0]
    english, chinese = describe(finding, "en")[0], describe(finding, "zh-CN")[0]
    assert "ends too early" in english
    assert "ends too early" not in chinese


def test_every_code_has_its_sentences() -> None:
    folder = Path(engine.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    codes = {key.split(".")[1] for key in texts}
    made = ("-event", "-not-caught", "-never-thrown")  # from the event's kind
    assert {code for code in codes if f'"{code}"' not in source and not code.endswith(made)} == {
        "no-calendar",
        "file-loses",
    }
    for code in codes:
        assert i18n.has_text(f"finding.{code}.remedy")
    raised = re.findall(r'(?:error|warn|_error)\([^"()]*(?:\([^()]*\))?[^"()]*"([a-z-]+)"', source)
    assert {code for code in raised if "-" in code} <= codes


def test_every_code_is_in_the_documentation() -> None:
    root = Path(engine.__file__).parents[3]
    said = (root / "docs" / "checks.md").read_text(encoding="utf-8")
    files = [root / "app" / part / "texts.json" for part in ("workflow/engine", "dmn", "forms")]
    keys = {key for file in files for key in json.loads(file.read_text(encoding="utf-8"))}
    codes = {key.split(".")[1] for key in keys if key.startswith("finding.")}
    families = [family.rstrip("…") for family in re.findall(r"[a-z-]+-…", said)]
    assert {c for c in codes if not re.search(rf"\b{c}\b", said) and not c.startswith(tuple(families))} == set()

"""Analysts' scenario files: what is understood, and how a mistake is told: line, reason, what to do."""

from pathlib import Path

import pytest

from app.city import Unit
from app.core.i18n import LANGUAGES, load_texts, text
from app.scenarios import Files
from app.scenarios.sentences import DEEDS, deed, span

ROOT = Path(__file__).parents[3]
GOOD = """\
scenario: A lamp
given:
  time: 2026-11-16 09:00
  report: {caller_phone: 013800136721, channel: PHONE}
steps:
  - when: agent registers the report
    then: {stage: Acceptance}
"""


@pytest.fixture(scope="module", autouse=True)
def _texts() -> None:
    load_texts(ROOT / "app")


def problems(content: str | bytes, shared: str = "") -> list[tuple[int, str]]:
    body = content if isinstance(content, bytes) else content.encode()
    files = {"s/one.yaml": body} | ({"s/_shared.yaml": shared.encode()} if shared else {})
    found = Files(files).problems
    for problem in found:
        for language in LANGUAGES:
            sentence = text(f"scenario.{problem.code}", language, **problem.params)
            assert sentence != f"scenario.{problem.code}"
            assert "{" not in sentence
    return [(problem.line, problem.code) for problem in found]


def test_a_good_file_is_understood() -> None:
    (one,) = Files({"s/one.yaml": GOOD.encode()}).scenarios
    assert (one.name, one.titles["zh-CN"], one.time.hour) == ("one", "A lamp", 9)
    assert one.report["caller_phone"] == "013800136721", "a leading zero is no number's"
    assert [check.name for check in one.steps[0].checks] == ["stage"]


def test_texts_stay_texts() -> None:
    """YAML's old surprises: 16:30 is no number of 990, `no` no false."""
    (one,) = Files({"s/one.yaml": GOOD.replace("channel: PHONE", "a: 16:30, b: no, c: 2026-11-16").encode()}).scenarios
    assert (one.report["a"], one.report["b"], one.report["c"]) == ("16:30", "no", "2026-11-16")


def test_shared_blocks_are_laid_over_each_other() -> None:
    shared = "call:\n  time: 2026-01-05 08:00\n  report: {a: x, b: y}\n"
    own = "given: {use: call, report: {b: mine}}\nsteps:\n  - when: agent registers the report\n"
    (one,) = Files({"s/_shared.yaml": shared.encode(), "s/one.yaml": own.encode()}).scenarios
    assert (one.report, one.time.year) == ({"a": "x", "b": "mine"}, 2026)


FAULTS = [
    ("steps: [", 1, "not_yaml"),
    ("steps:\n  - when: agent registers the report\n - x", 3, "not_yaml"),
    ("- a\n- b", 1, "no_mapping"),
    (b"\xff\xfe\x00", 1, "not_utf8"),
    ("x: " + "a" * 300_000, 1, "too_large"),
    ("steps: !!python/object/apply:os.system [ls]", 1, "tag_refused"),
    ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)), None, "too_deep"),
    (GOOD + "steps: []\n", 8, "key_twice"),
    (GOOD.replace("given:", "givne:"), 2, "unknown_key"),
    (GOOD.replace("2026-11-16 09:00", "monday"), 3, "bad_time"),
    (GOOD.replace("agent registers the report", "agent dances"), 6, "unknown_deed"),
    (GOOD.replace("stage: Acceptance", "stage: Dancing"), 7, "unknown_value"),
    (GOOD.replace("stage: Acceptance", "stag: Acceptance"), 7, "unknown_key"),
    (GOOD.replace("{stage: Acceptance}", "{limit: {duue: 1}}"), 7, "unknown_check_key"),
    (GOOD.replace("{stage: Acceptance}", "{closed: perhaps}"), 7, "bool_wanted"),
    (GOOD.replace("{stage: Acceptance}", "{}"), 7, "empty_then"),
    (GOOD + "  - after: 3 moons\n", 8, "bad_span"),
    (GOOD + "  - after: 3 working days\n    when: agent registers the report\n", 8, "one_act"),
    (GOOD + "  - after: 1 day\n    with: {a: b}\n", 9, "with_without_when"),
    (GOOD + "  - just text\n", 8, "step_wanted"),
    (GOOD.replace("given:", "given:\n  use: nothing"), 3, "unknown_shared"),
    ("scenario: x\n", 1, "no_steps"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "line", "code"), FAULTS, ids=[code for _, _, code in FAULTS])
def test_a_fault_is_told_with_its_line_and_what_to_do(content: str | bytes, line: int | None, code: str) -> None:
    found = problems(content, shared="a: {time: 2026-11-16 09:00}\n")
    assert code in [one for _, one in found]
    if line is not None:
        assert (line, code) in found


def test_every_sentence_of_the_language_is_understood_as_its_example_says() -> None:
    for form in DEEDS:
        said = deed(form.example)
        assert said is not None
        assert said.kind == form.kind
    assert deed("supervisor 完成 研判") == deed("supervisor completes 研判")
    said = deed('gas completes "Report back" of gas')
    assert said is not None
    assert (said.person, said.what, said.of) == ("gas", "Report back", "gas")


def test_spans() -> None:
    for written, value, unit in (
        ("3 working days", 3, Unit.WORKING_DAY), ("1 working hour of gas", 1, Unit.WORKING_HOUR),
        ("90 minutes", 5400, None), ("3 个工作日", 3, Unit.WORKING_DAY), ("2.5 紧急工作时", 2.5, Unit.EMERGENCY_HOUR),
    ):  # fmt: skip
        found = span(written)
        assert found is not None, written
        assert (float(found.value), found.unit) == (value, unit)
    assert span("99999999 days") is None

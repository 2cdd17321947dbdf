"""Every sentence that people see has a key, and every key both languages: nothing is written into a template."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.core.i18n import LANGUAGES, has_text, load_texts
from app.core.settings import Settings
from app.identity import ACTIONS, Role

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "app").rglob("templates/**/*.html"))
CODE = sorted((ROOT / "app").rglob("*.py"))
MARKS = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<(script|svg|style|kbd|code)\b.*?</\1>", re.S)
SPOKEN = re.compile(r">([^<>]*)<")
SEEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt)=["']([^"'{<>]*)["']""")
NAMES = {"Citydesk", "12319", "English", "中文", "PDF", "XLSX", "CSV", "SVG", "jiangzhou-demo"}
"""What is called the same in every language; keys of the keyboard and logins stand in elements of their own."""
ODD = {"reports.sheet.page.after", "forms.pattern_said"}
"""A suffix that English lacks; a sentence that a form brings in both languages."""
ASKING = "t|text|Invalid|Conflict|NotFound|Forbidden|Unavailable"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"


@pytest.fixture(scope="module", autouse=True)
def texts() -> None:
    load_texts(ROOT / "app")


def test_no_key_is_given_twice() -> None:
    """The later sentence would stand where the earlier one is meant."""
    keys = Counter[str]()
    for path in sorted((ROOT / "app").rglob("texts.json")):
        json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: keys.update(k for k, _ in pairs))
    assert [key for key, times in keys.items() if times > 1 and key not in LANGUAGES] == []


def test_both_languages_have_every_text_and_the_same_blanks() -> None:
    faults = []
    for path in sorted((ROOT / "app").rglob("texts.json")):
        for key, said in json.loads(path.read_text(encoding="utf-8")).items():
            blanks = {language: set(re.findall(r"\{(\w+)", said.get(language, ""))) for language in LANGUAGES}
            if key in ODD:
                continue
            if any(not said.get(language, "").strip(" ") for language in LANGUAGES) or blanks["en"] != blanks["zh-CN"]:
                faults.append(key)
    assert faults == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_sentence_stands_in_a_template(path: Path) -> None:
    written = MARKS.sub(lambda found: "" if found[0].startswith("{") else "<i>", path.read_text(encoding="utf-8"))
    found = [piece.strip() for piece in (*SPOKEN.findall(f">{written}<"), *SEEN.findall(written))]
    words = [piece for piece in found if re.search(r"[A-Za-z\u4e00-\u9fff]{2}", piece)]
    assert [piece for piece in words if piece.strip("· ") not in NAMES and not _is_code(piece)] == []


def _is_code(piece: str) -> bool:
    """Rests of macros and conditions between marks, and characters written as entities."""
    return not re.sub(r"&\w+;|[\w-]+=\S*", "", piece).strip() or "<" in piece


def test_every_text_that_is_asked_for_exists() -> None:
    """Keys written out in templates and code; those put together from parts are shown below."""
    missing = set()
    for path in TEMPLATES:
        asked = re.findall(
            r"""\bt\(['"]((?:web|identity|lifecycle|reports|cases)\.[\w.-]+)['"][,)]""", path.read_text()
        )
        missing |= {key for key in asked if not has_text(key)}
    for path in CODE:
        source = path.read_text(encoding="utf-8")
        asked = re.findall(
            r"""\b(?:t|text|Invalid|Conflict|NotFound|Forbidden|Unavailable)\(\s*"([a-z][\w.-]+\.[\w.-]+)\"""", source
        )
        missing |= {key for key in asked if not has_text(key)}
    assert missing == set()


def test_rights_roles_and_settings_have_words() -> None:
    keys = [f"web.admin.may.{action}" for action in ACTIONS]
    keys += [f"identity.refused.{action}" for action in ACTIONS]
    keys += [f"identity.role.{role.value}" for role in Role]
    keys += [f"web.admin.setting.{field.name}" for field in fields(Settings)]
    assert [key for key in keys if not has_text(key)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "forms").rglob("*.form")), ids=lambda path: path.name)
def test_forms_speak_both_languages(path: Path) -> None:
    assert list(_untranslated(json.loads(path.read_text(encoding="utf-8")))) == []


def _untranslated(component: dict[str, object]) -> Iterator[str]:
    properties = component.get("properties") or {}
    assert isinstance(properties, dict)
    for name in ("label", "text", "description"):
        said = component.get(name)
        if (
            isinstance(said, str)
            and re.search("[A-Za-z]{2}", said)
            and not said.startswith("=")
            and f"{name}:zh-CN" not in properties
        ):
            yield f"{component.get('key') or component.get('id')}: {said}"
    for value in component.get("values") or ():  # type: ignore[attr-defined]
        if "label:zh-CN" not in value and f"{value['value']}:zh-CN" not in properties:
            yield f"{component.get('key')}: {value['label']}"
    for child in component.get("components") or ():  # type: ignore[attr-defined]
        yield from _untranslated(child)


@pytest.mark.parametrize("path", sorted((ROOT / "processes").rglob("*.bpmn")), ids=lambda path: path.name)
def test_diagrams_speak_both_languages(path: Path) -> None:
    """Tasks, events, gateways and sub-processes with a name."""
    spoken = ("Task", "task", "Event", "Gateway", "subProcess", "process")
    faults = []
    for element in ElementTree.parse(path).iter():  # noqa: S314  (our own files)
        kind = element.tag.removeprefix(BPMN)
        if element.tag.startswith(BPMN) and kind.endswith(spoken) and element.get("name"):
            known = {
                each.get("name")
                for each in element.iterfind(f"{BPMN}extensionElements/{ZEEBE}properties/{ZEEBE}property")
            }
            if "label:zh-CN" not in known:
                faults.append(f"{kind} {element.get('id')}: {element.get('name')}")
    assert faults == []

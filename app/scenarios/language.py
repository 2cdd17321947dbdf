"""From an analyst's file to a scenario: keys, sentences and spans; everything wrong with its line and what to do."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from app.scenarios.checks import CHECKS
from app.scenarios.reading import Block, Items, Problem, Unreadable, read
from app.scenarios.schemas import Check, Deed, Scenario, Span, Step
from app.scenarios.sentences import DEEDS, deed, moment, span

SHARED = "_shared"
"""Name of the file whose `given` blocks other files may use."""
DEFAULT_TIME = datetime(2026, 11, 16, 9, 0)
"""Local; a Monday."""

_CHINESE: Mapping[str, str] = {
    "场景": "scenario:zh-CN", "说明": "about", "已知": "given", "步骤": "steps", "引用": "use",
    "时间": "time", "诉求": "report", "流程图": "diagrams", "当": "when", "填写": "with", "被拒绝": "refused",
    "经过": "after", "直到": "until", "那么": "then", "备注": "note",
    "阶段": "stage", "状态": "status", "结果": "outcome", "任务": "task", "无任务": "no task",
    "全部任务": "tasks", "工单": "orders", "时限": "limit", "通知": "notice", "无通知": "no notice", "报警": "alarm",
    "督办": "supervision", "回访": "visits", "评价": "evaluation", "案件": "case", "登记": "registration",
    "结案": "closed", "返工": "rework", "变量": "variables", "故障": "incident", "位置": "at", "批示": "instruction",
}  # fmt: skip
"""Keys may be written in Chinese."""

_FILE = ("scenario", "scenario:zh-CN", "about", "given", "steps")
_GIVEN = ("use", "time", "report", "diagrams")
_STEP = ("when", "with", "refused", "after", "until", "then", "note")


class Files:
    """All scenario files of a folder, read once: the shared blocks, the scenarios, and what is wrong with them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.problems: list[Problem] = []
        self.scenarios: list[Scenario] = []
        self._shared = self._read_shared({path: body for path, body in files.items() if _stem(path) == SHARED})
        for path, body in sorted(files.items()):
            if _stem(path) != SHARED:
                self._add(path, body)

    def _add(self, path: str, body: bytes) -> None:
        parser = _Parser(path, self._shared)
        try:
            made = parser.scenario(read(path, body))
        except Unreadable as error:
            self.problems.append(error.problem)
            return
        self.problems += parser.problems
        if not parser.problems:
            self.scenarios.append(made)

    def _read_shared(self, files: Mapping[str, bytes]) -> dict[str, Block]:
        """Name → `given` block."""
        found: dict[str, Block] = {}
        for path, body in files.items():
            try:
                whole = read(path, body)
            except Unreadable as error:
                self.problems.append(error.problem)
                continue
            parser = _Parser(path, {})
            for name, block in whole.items():
                if not isinstance(block, Block):
                    parser.problem(whole.line_of(name), "given_wanted", name=name)
                    continue
                found[name] = parser.known(block, _GIVEN)
            self.problems += parser.problems
        return found


class _Parser:
    """Of one file."""

    def __init__(self, file: str, shared: Mapping[str, Block]) -> None:
        self.file, self.shared = file, shared
        self.problems: list[Problem] = []

    def problem(self, line: int, code: str, **params: object) -> None:
        self.problems.append(Problem(self.file, line, code, params))

    def known(self, block: Block, keys: Iterable[str]) -> Block:
        """The block with English keys; each key that is not one of `keys` is a problem."""
        allowed, out = tuple(keys), Block(block.line)
        for written, value in block.items():
            name, line = _CHINESE.get(written, written), block.line_of(written)
            if name not in allowed:
                self.problem(line, "unknown_key", field=written, **nearest(written, allowed))
            elif name in out:
                self.problem(line, "key_twice", field=name)
            else:
                out[name], out.lines[name] = value, line
        return out

    # ---------------------------------------------------------------- the file
    def scenario(self, whole: Block) -> Scenario:
        top = self.known(whole, _FILE)
        english, chinese = self._text(top, "scenario"), self._text(top, "scenario:zh-CN")
        titles = {"en": english or chinese or _stem(self.file), "zh-CN": chinese or english or _stem(self.file)}
        given = self._given(top)
        steps = top.get("steps")
        if not isinstance(steps, Items) or not steps:
            self.problem(top.line_of("steps"), "no_steps")
            steps = Items(1)
        made = [self._step(no, item, line) for no, (item, line) in enumerate(steps.with_lines(), 1)]
        return Scenario(
            _stem(self.file), self.file, titles, self._text(top, "about"), self._time(given),
            self._mapping(given, "report"), {k: str(v) for k, v in self._mapping(given, "diagrams").items()},
            tuple(step for step in made if step is not None),
        )  # fmt: skip

    def _text(self, block: Block, key: str) -> str:
        value = block.get(key)
        if isinstance(value, Block | Items):
            self.problem(block.line_of(key), "text_wanted", field=key)
            return ""
        return "" if value is None else str(value).strip()

    def _mapping(self, block: Block, key: str) -> Block:
        value = block.get(key)
        if value is None:
            return Block(block.line)
        if not isinstance(value, Block):
            self.problem(block.line_of(key), "mapping_wanted", field=key)
            return Block(block.line)
        return value

    # ---------------------------------------------------------------- given
    def _given(self, top: Block) -> Block:
        """Used blocks one after the other, then what the scenario itself says; a report is laid over key by key."""
        own = self.known(self._mapping(top, "given"), _GIVEN)
        named = own.get("use")
        names = named if isinstance(named, Items) else [] if named is None else [named]
        whole = Block(own.line)
        for name in names:
            block = self.shared.get(str(name))
            if block is None:
                self.problem(own.line_of("use"), "unknown_shared", name=name, **nearest(str(name), self.shared))
            else:
                _lay_over(whole, block)
        _lay_over(whole, own)
        return whole

    def _time(self, given: Block) -> datetime:
        if "time" not in given:
            return DEFAULT_TIME
        at = moment(given["time"])
        if at is None:
            self.problem(given.line_of("time"), "bad_time", text=given["time"])
        return at or DEFAULT_TIME

    # ---------------------------------------------------------------- steps
    def _step(self, no: int, item: Any, line: int) -> Step | None:
        if not isinstance(item, Block):
            self.problem(line, "step_wanted")
            return None
        step = self.known(item, _STEP)
        acts = [key for key in ("when", "after", "until") if key in step]
        if len(acts) > 1 or not (acts or "then" in step):
            self.problem(line, "one_act")
        for key in ("with", "refused"):
            if key in step and "when" not in step:
                self.problem(step.line_of(key), "with_without_when", field=key)
        checks = self._checks(step)
        return Step(no, line, _said(step), self._text(step, "note"), self._deed(step), self._wait(step), checks)

    def _deed(self, step: Block) -> Deed | None:
        if "when" not in step:
            return None
        line, sentence = step.line_of("when"), self._text(step, "when")
        said = deed(sentence)
        if said is None:
            self.problem(line, "unknown_deed", text=sentence, examples=" · ".join(form.example for form in DEEDS))
            return None
        values = self._mapping(step, "with")
        return Deed(said.kind, line, said.person, said.what, said.of, values, step.get("refused"))

    def _wait(self, step: Block) -> Span | datetime | None:
        if "after" in step:
            text = self._text(step, "after")
            if (found := span(text)) is None:
                self.problem(step.line_of("after"), "bad_span", text=text)
            return found
        if "until" in step:
            at = moment(step["until"])
            if at is None:
                self.problem(step.line_of("until"), "bad_time", text=step["until"])
            return at
        return None

    def _checks(self, step: Block) -> tuple[Check, ...]:
        if "then" not in step:
            return ()
        then = self.known(self._mapping(step, "then"), CHECKS)
        if not then:
            self.problem(step.line_of("then"), "empty_then")
        made = []
        for name, wanted in then.items():
            line = then.line_of(name)
            for code, params in CHECKS[name].problems(wanted):
                self.problem(line, code, **{"field": name, **params})
            made.append(Check(name, wanted, line))
        return tuple(made)


def _lay_over(whole: Block, block: Block) -> None:
    for key, value in block.items():
        if isinstance(value, Block) and isinstance(whole.get(key), Block):
            merged = Block(value.line)
            merged.update(whole[key])
            merged.update(value)
            merged.lines = value.lines
            value = merged
        whole[key] = value
        whole.lines[key] = block.line_of(key)


def _said(step: Block) -> str:
    """The step on one line, for people who read what failed."""
    parts = [f"{key} {step[key]}" for key in ("when", "after", "until") if key in step]
    if isinstance(step.get("then"), Block):
        parts.append("then " + ", ".join(step["then"]))
    return "; ".join(parts)


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


def nearest(word: str, known: Iterable[str]) -> dict[str, object]:
    """What to suggest instead: close words first, else all."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, 3, 0.6)
    return {"known": ", ".join(close or names[:30])}

"""What happens in the demo city: stories drawn from a list by a seeded chance, so that each run makes the same city."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

Script = Literal[
    "plain", "late", "rework", "unsatisfied", "unreached", "answer", "void", "return", "withdrawn", "leader",
    "instruction",
]  # fmt: skip

_SCRIPTS: Mapping[Script, int] = {
    "plain": 56, "late": 12, "rework": 6, "unsatisfied": 4, "unreached": 3, "answer": 7, "void": 4, "return": 3,
    "withdrawn": 1, "leader": 2, "instruction": 2,
}  # fmt: skip
"""How often each happens, in a hundred."""
_SLOW: frozenset[Script] = frozenset({"late", "rework", "unsatisfied", "unreached", "return", "leader"})
_CONTENT = ("VERY_SATISFIED",) * 4 + ("SATISFIED",) * 5 + ("BASICALLY_SATISFIED",) * 2
_HOURS = (1,) * 6 + (3, 8, 12, 12, 10, 8, 6, 8, 10, 9, 8, 7, 7, 6, 5, 4, 3, 2)
"""Calls by the hour of the day."""
_CHANNELS = ("PHONE",) * 14 + ("WEB", "WEB", "SMS", "EMAIL", "LETTER", "VISIT", "TRANSFERRED")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that still runs: where it waits, hours since its report, and what it is about."""

    task: str
    hours: float
    about: str | None = None
    """A sub-category; None: anything."""
    script: Script = "plain"
    district: str = ""
    """Only in this part of the city."""


FINISHED_FROM, FINISHED_UNTIL = timedelta(days=64), timedelta(hours=30)
RECENT = timedelta(days=21)
"""What was reported within this time is something that is soon done."""


@dataclass(frozen=True, slots=True)
class Place:
    district: str
    streets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Story:
    """One case's fate."""

    registered_at: datetime
    script: Script
    values: Mapping[str, Any]
    result: str
    share: float
    """The part of its limit that a department takes to handle an order; above 1 it is late."""
    visits: Sequence[str] = field(default=("SATISFIED",))
    """Results of the return visits, one after the other."""
    stop: str | None = None
    """Leave it open: where this task waits."""


class Teller:
    """Draws stories. The same number gives the same stories for the same city and moment."""

    def __init__(self, number: int, places: Sequence[Place], now: datetime) -> None:
        self.chance = Random(number)  # noqa: S311 (content, no secret)
        self.words: Mapping[str, Any] = json.loads(
            (Path(__file__).parent / "seed_stories.json").read_text(encoding="utf-8")
        )
        self.places, self.now = places, now

    def finished(self, count: int) -> list[Story]:
        """Stories that are over by now, in the order of their reports."""
        span = FINISHED_FROM - FINISHED_UNTIL
        moments = sorted(self._moment(self.now - FINISHED_FROM + span * self.chance.random()) for _ in range(count))
        return [self.story(min(at, self.now - FINISHED_UNTIL)) for at in moments]

    def story(self, at: datetime) -> Story:
        recent = self.now - at < RECENT
        script = self._script(recent, just_now=self.now - at < timedelta(days=9))
        content = self._content(script, recent)
        share = self.chance.uniform(1.05, 1.7) if script == "late" else self.chance.uniform(0.15, 0.85)
        if recent and script == "late":
            share = self.chance.uniform(1.05, 1.3)
        return Story(
            at, script, self._values(content, script), self.chance.choice(content["results"]), share,
            self._visits(script),
        )  # fmt: skip

    def open_ones(self, waiting: Sequence[Waiting]) -> list[Story]:
        """Cases that still run, in the order of their reports."""
        made = []
        for one in waiting:
            about = [content for content in self.words["stories"] if content.get("sub_category") == one.about]
            content = about[0] if about else self._content(one.script, recent=True)
            at = self.now - timedelta(hours=one.hours, minutes=self.chance.randrange(10))
            values = self._values(content, one.script, one.district)
            result = self.chance.choice(content["results"])
            made.append(Story(at, one.script, values, result, 0.5, self._visits(one.script), one.task))
        return sorted(made, key=lambda story: story.registered_at)

    def next_report(self) -> Mapping[str, Any]:
        """What somebody reports at this moment."""
        return self._values(self._content("plain", recent=True), "plain")

    def _moment(self, near: datetime) -> datetime:
        hour = self.chance.choices(range(24), _HOURS)[0]
        return near.replace(hour=hour, minute=self.chance.randrange(60), second=self.chance.randrange(60))

    def _script(self, recent: bool, just_now: bool) -> Script:
        if just_now:
            return self.chance.choice(("answer", "void"))
        names = [name for name in _SCRIPTS if not (recent and name in _SLOW and self.chance.random() < 0.6)]
        return self.chance.choices(names, [_SCRIPTS[name] for name in names])[0]

    def _content(self, script: Script, recent: bool) -> Mapping[str, Any]:
        answered = ("CONSULTATION", "CRITICISM_AND_SUGGESTION", "OTHERS")
        fitting = [
            one
            for one in self.words["stories"]
            if (one["service_type"] in answered) == (script == "answer") and (one["quick"] or not recent)
        ] or [one for one in self.words["stories"] if one["service_type"] in answered]
        return self.chance.choices(fitting, [one["weight"] for one in fitting])[0]  # type: ignore[no-any-return]

    def _values(self, content: Mapping[str, Any], script: Script, district: str = "") -> dict[str, Any]:
        place = self.chance.choice([place for place in self.places if place.district.startswith(district)])
        street = self.chance.choice(place.streets)
        spot = self.chance.choice(self.words["places"]).format(
            street=street, other=self.chance.choice(place.streets), n=self.chance.randrange(1, 260)
        )
        values = {name: content[name] for name in _COPIED if name in content}
        values |= {
            "incident_summary": self.chance.choice(content["summaries"]).format(place=spot),
            "detailed_content": content["detail"].format(place=spot),
            "district": place.district,
            "address": spot,
            "caller_name": self.chance.choice(self.words["surnames"]) + self.chance.choice(self.words["given"]),
            "caller_phone": self.chance.choice(("138", "139", "136", "159", "186", "177"))
            + f"{self.chance.randrange(10**8):08d}",
            "channel": self.chance.choice(_CHANNELS),
            "incident_source": self.chance.choices(("PUBLIC", "FIELD_INSPECTOR", "OTHER_DEPARTMENT"), (88, 8, 4))[0],
            "reply_wish": self.chance.choices(("PHONE", "SMS", "EMAIL", "NONE"), (70, 22, 4, 4))[0],
            "kind": content.get("kind", "EVENT"),
            "urgency": content.get("urgency", "NORMAL"),
            "origin": "PUBLIC_HOTLINE",
        }
        if values["reply_wish"] == "EMAIL":
            values["caller_email"] = f"{values['caller_phone']}@mail.example"
        if script == "instruction":
            text = self.chance.choice(self.words["leader"])
            values |= {"origin": "LEADERS_INSTRUCTION", "incident_source": "LEADERS_MAILBOX"}
            values |= {"channel": "LEADER_MAILBOX", "leader_instruction": "VERIFICATION", "leader_text": text}
        return values

    def _visits(self, script: Script) -> tuple[str, ...]:
        good = self.chance.choice(_CONTENT)
        if script == "unsatisfied":
            return ("UNSATISFIED", good)
        if script == "unreached":
            return ("UNREACHED",) * 3 if self.chance.random() < 0.5 else ("UNREACHED", good)
        return (good,)


_COPIED = (
    "category", "sub_category", "service_type", "appeal_type", "component_class", "component_owner",
    "consultation_topic",
)  # fmt: skip

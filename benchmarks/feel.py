"""Evaluations a second of typical conditions and of a 40-rule table; compiled once against parsed each time.

    python -m benchmarks.feel

prints one JSON object: `conditions` (expression → evaluations a second), `table_40_rules_per_s`, `compiled_per_s`,
`parsed_each_time_per_s`, `ratio`.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import json
import time
from collections.abc import Callable

from app import dmn, feel
from app.feel.expression import _compile

CONTEXT = {
    "judgement": "FILE",
    "rework_count": 2,
    "urgency": "HIGH",
    "case": {"category": "GAS_SUPPLY", "district": "jz/dongcheng", "summary": "Smell of gas in the stairwell"},
    "orders": [{"state": "SIGNED", "department": "gas"}, {"state": "REPORTED_BACK", "department": "water"}],
}
CONDITIONS = (
    'judgement = "FILE"',
    'judgement = "FILE" and rework_count < 3',
    'case.category in ("GAS_SUPPLY", "HEATING_SUPPLY")',
    'count(orders[state != "REPORTED_BACK"]) = 0',
    'contains(lower case(case.summary), "gas")',
    'if urgency = "HIGH" then @"PT2H" else @"P1D"',
)


def per_second(work: Callable[[], object], seconds: float = 0.5) -> int:
    count, end = 0, time.perf_counter() + seconds
    start = time.perf_counter()
    while time.perf_counter() < end:
        for _ in range(20):
            work()
        count += 20
    return round(count / (time.perf_counter() - start))


def table() -> dmn.Model:
    """Forty rules over category, district and urgency."""
    rules = "".join(
        f'<rule id="r{n}"><inputEntry><text>"CATEGORY_{n}", "OTHER_{n}"</text></inputEntry>'
        f"<inputEntry><text>{'-' if n % 3 else 'starts with(?, &quot;jz/&quot;)'}</text></inputEntry>"
        f'<inputEntry><text>[{n}..100]</text></inputEntry><outputEntry><text>"unit {n}"</text></outputEntry></rule>'
        for n in range(40)
    )
    inputs = "".join(f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in "abc")
    return dmn.parse(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:b" name="b">'
        f'<decision id="d" name="d"><decisionTable>{inputs}<output/>{rules}</decisionTable></decision>'
        "</definitions>".encode()
    )


def parsed_each_time(expression: str) -> object:
    _compile.cache_clear()
    return feel.compile(expression)(CONTEXT)


def main() -> None:
    compiled = {text: feel.compile(text) for text in CONDITIONS}
    rates = {text: per_second(lambda each=each: each(CONTEXT)) for text, each in compiled.items()}  # type: ignore[misc]
    model, inputs = table(), {"a": "CATEGORY_39", "b": "jz/dongcheng", "c": 50}
    assert model.evaluate("d", inputs) == "unit 39"
    once, always = rates[CONDITIONS[1]], per_second(lambda: parsed_each_time(CONDITIONS[1]))
    result = {
        "conditions": rates,
        "table_40_rules_per_s": per_second(lambda: model.evaluate("d", inputs)),
        "compiled_per_s": once,
        "parsed_each_time_per_s": always,
        "ratio": round(once / always, 1),
    }
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

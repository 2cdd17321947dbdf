"""A score can be explained to the point."""

from dataclasses import replace

import pytest

from app.lifecycle.scoring import Evidence, score

GOOD = Evidence(("MET", "MET"), ("REPORTED_BACK",), 0, "VERY_SATISFIED", "SOLVED", "PUBLIC_HOTLINE")


@pytest.mark.feature("E01")
@pytest.mark.feature("E04")
def test_everything_right_is_a_hundred() -> None:
    found = score(GOOD)
    assert (found.points, found.on_time, found.weight) == (100.0, True, 1)
    assert [part["part"] for part in found.parts] == ["timeliness", "completion", "return_visit", "satisfaction"]


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"limits": ("MET", "BREACHED")}, 17.5),
        ({"rework_count": 1}, 5.0),
        ({"rework_count": 9}, 20.0),
        ({"resolved": "PARTLY"}, 10.0),
        ({"visit": "UNSATISFIED"}, 35.0),
        ({"visit": "UNREACHED", "resolved": None}, 24.0),
        ({"visit": None, "resolved": None, "limits": (), "outcomes": ()}, 24.0),
    ],
)
def test_what_each_fault_costs(change: dict[str, object], lost: float) -> None:
    found = score(replace(GOOD, **change))
    assert found.points == pytest.approx(100 - lost)
    assert sum(part["points"] for part in found.parts) == pytest.approx(found.points)
    assert sum(part["of"] for part in found.parts) == 100


@pytest.mark.feature("D01")
def test_a_leaders_instruction_counts_double() -> None:
    assert score(replace(GOOD, origin="LEADERS_INSTRUCTION")).weight == 2

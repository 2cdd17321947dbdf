"""The division of duties, the urgency and the limits, row by row as published."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from app import dmn
from app.lifecycle.notices import RECIPIENTS
from app.messaging import Channel

DEPARTMENT_OF = {
    "WATER_SUPPLY": "water",
    "POWER_SUPPLY": "power",
    "GAS_SUPPLY": "gas",
    "HEATING_SUPPLY": "heating",
    "MUNICIPAL_ADMINISTRATION": "municipal",
    "REAL_ESTATE_MANAGEMENT": "housing",
    "ADMINISTRATIVE_LAW_ENFORCEMENT": "enforcement",
    "ENVIRONMENTAL_PROTECTION": "environment",
    "URBAN_PLANNING": "planning",
    "CITY_APPEARANCE_AND_SANITATION": "sanitation",
    "LANDSCAPING": "parks",
    "PROPERTY_MANAGEMENT": "property",
    "BUILDING_QUALITY": "building_quality",
}
FACTS = {"kind": "EVENT", "reported_urgency": "NORMAL", "district": "jz/dongcheng", "origin": "PUBLIC_HOTLINE"}


@pytest.fixture(scope="module")
def duties(files: Mapping[str, bytes]) -> dmn.Model:
    return dmn.parse(files["processes/decisions/responsible_department.dmn"])


@pytest.fixture(scope="module")
def limits(files: Mapping[str, bytes]) -> dmn.Model:
    return dmn.parse(files["processes/decisions/time_limits.dmn"])


def unit(model: dmn.Model, **facts: Any) -> Any:
    asked = {**FACTS, "hour": 10, "sub_category": None, "component_owner": None, **facts}
    return model.evaluate("responsible_department", asked)


def limit(model: dmn.Model, **facts: Any) -> tuple[int, str]:
    asked = {"district": "jz/dongcheng", "service_type": "COMPLAINT", "emergency": False, "round": 1, **facts}
    found = model.evaluate("time_limits", asked)
    return int(found["value"]), found["unit"]


@pytest.mark.feature("D08", "P11")
@pytest.mark.parametrize(("category", "department"), DEPARTMENT_OF.items())
def test_each_category_has_its_department(duties: dmn.Model, category: str, department: str) -> None:
    found = unit(duties, category=category)
    assert (found["lead"], found["assist"], found["method"]) == (department, [], "FILE_CASE")
    assert found["confidence"] >= 0.8


@pytest.mark.feature("P12")
def test_others_are_for_a_person_to_decide(duties: dmn.Model) -> None:
    assert unit(duties, category="OTHERS")["confidence"] < 0.8
    assert unit(duties, category="OTHERS", sub_category="BUS_REFUSING_PASSENGERS")["confidence"] < 0.8
    handed_up = unit(duties, category="OTHERS", sub_category="FARE_GOUGING")
    assert (handed_up["lead"], handed_up["method"], handed_up["confidence"]) == ("higher_authority", "TRANSFER", 1)
    assert unit(duties, category="OTHERS", origin="LEADERS_INSTRUCTION")["confidence"] >= 0.8


def test_a_component_belongs_to_its_owner(duties: dmn.Model) -> None:
    found = unit(duties, category="MUNICIPAL_ADMINISTRATION", kind="COMPONENT", component_owner="power")
    assert (found["lead"], found["rule"]) == ("power", "OWNER")
    assert unit(duties, category="MUNICIPAL_ADMINISTRATION", kind="COMPONENT")["lead"] == "municipal"


@pytest.mark.parametrize(
    ("hour", "lead"), [(5, "enforcement"), (6, "environment"), (21, "environment"), (22, "enforcement")]
)
def test_noise_at_night_is_a_matter_of_law_enforcement(duties: dmn.Model, hour: int, lead: str) -> None:
    assert unit(duties, category="ENVIRONMENTAL_PROTECTION", sub_category="NOISE", hour=hour)["lead"] == lead


def test_district_and_assistance(duties: dmn.Model) -> None:
    lamp = {"category": "MUNICIPAL_ADMINISTRATION", "sub_category": "STREET_LAMP"}
    assert unit(duties, **lamp)["lead"] == "municipal"
    assert unit(duties, **lamp, district="jz/beishan/longtan")["lead"] == "power"
    assert unit(duties, category="WATER_SUPPLY", sub_category="BURST_PIPE")["assist"] == ["municipal"]


@pytest.mark.parametrize(
    ("reported", "sub_category", "urgency"),
    [
        ("NORMAL", "GAS_LEAK", "EMERGENCY"),
        ("EMERGENCY", "LITTERING", "EMERGENCY"),
        ("NORMAL", "WATER_STOPPED", "URGENT"),
        ("URGENT", "LITTERING", "URGENT"),
        ("NORMAL", None, "NORMAL"),
    ],
)
def test_urgency(duties: dmn.Model, reported: str, sub_category: str | None, urgency: str) -> None:
    assert duties.evaluate("urgency", {"reported_urgency": reported, "sub_category": sub_category}) == urgency
    found = unit(duties, category="OTHERS", reported_urgency=reported, sub_category=sub_category)
    assert found["urgency"] == urgency


@pytest.mark.feature("D12")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"sub_category": "GAS_LEAK", "emergency": True}, (2, "EMERGENCY_HOUR")),
        ({"sub_category": "COLLAPSE"}, (2, "EMERGENCY_HOUR")),
        ({"sub_category": "LIVE_WIRE"}, (2, "EMERGENCY_HOUR")),
        ({"sub_category": "WATER_STOPPED"}, (24, "EMERGENCY_HOUR")),
        ({"sub_category": "HEATING_STOPPED"}, (24, "EMERGENCY_HOUR")),
        ({"sub_category": "BURST_PIPE"}, (4, "EMERGENCY_HOUR")),
        ({"sub_category": "MANHOLE_COVER_MISSING"}, (4, "EMERGENCY_HOUR")),
        ({"sub_category": "DIRTY_ROAD"}, (5, "WORKING_HOUR")),
        ({"sub_category": "OVERFLOWING_BIN"}, (5, "WORKING_HOUR")),
        ({"sub_category": "EXPOSED_RUBBISH"}, (1, "WORKING_DAY")),
        ({"sub_category": "POSTING_AND_SCRIBBLING"}, (1, "WORKING_DAY")),
        ({"sub_category": "BUILDING_RUBBLE"}, (4, "WORKING_DAY")),
        ({"sub_category": "STREET_LAMP"}, (3, "WORKING_DAY")),
        ({"sub_category": "ROAD_DAMAGE"}, (3, "WORKING_DAY")),
        ({"service_type": "CONSULTATION"}, (1, "WORKING_DAY")),
        ({"service_type": "CRITICISM_AND_SUGGESTION"}, (1, "WORKING_DAY")),
        ({"service_type": "COMPLAINT"}, (5, "WORKING_DAY")),
        ({"service_type": "OTHERS"}, (5, "WORKING_DAY")),
        ({"round": 2}, (3, "WORKING_DAY")),
        ({"supervised": True}, (3, "WORKING_DAY")),
        ({"complex": True}, (15, "WORKING_DAY")),
        ({"sub_category": "ILLEGAL_BUILDING"}, (15, "WORKING_DAY")),
        ({"sub_category": "ROAD_DAMAGE", "district": "jz/beishan"}, (4, "WORKING_DAY")),
        ({"sub_category": "GAS_LEAK", "district": "jz/beishan"}, (2, "EMERGENCY_HOUR")),
        ({"sub_category": "DIRTY_ROAD", "district": "jz/beishan/longtan"}, (5, "WORKING_HOUR")),
    ],
)
def test_the_limits_that_ship(limits: dmn.Model, facts: dict[str, Any], expected: tuple[int, str]) -> None:
    assert limit(limits, **facts) == expected


@pytest.fixture(scope="module")
def reminders(files: Mapping[str, bytes]) -> dmn.Model:
    return dmn.parse(files["processes/decisions/reminders.dmn"])


def reach(model: dmn.Model, rung: str, **facts: Any) -> dict[str, set[str]]:
    """Whom a rung reaches, by which channels."""
    usual = {"limit_kind": "HANDLE", "urgency": "NORMAL", "category": "LANDSCAPING", "supervision": None,
             "stage": "SIGNED"}  # fmt: skip
    found: dict[str, set[str]] = {}
    for row in model.evaluate("reminders", {**usual, **facts, "rung": rung}):
        found.setdefault(row["whom"], set()).update(row["channels"])
    return found


@pytest.mark.feature("D15", "V03")
def test_reminders_climb_with_lateness_urgency_and_supervision(reminders: dmn.Model) -> None:
    assert reach(reminders, "DUE_SOON") == {"handler": {"LIVE"}}
    assert reach(reminders, "DUE_SOON", urgency="EMERGENCY") == {"handler": {"LIVE", "SMS"}}
    assert reach(reminders, "DUE_SOON", category="GAS_SUPPLY")["head"] == {"LIVE"}
    assert set(reach(reminders, "DUE")) == {"handler", "head", "supervisor"}
    assert "SMS" in reach(reminders, "DUE", limit_kind="SIGN", stage="DISPATCHED")["head"]
    assert reach(reminders, "OVERDUE")["leader"] == {"LIVE"}
    assert reach(reminders, "OVERDUE", supervision="CIRCULAR")["leader"] == {"LIVE", "SMS"}
    assert reach(reminders, "ESCALATED")["leader"] == {"LIVE", "SMS"}
    assert reach(reminders, "EMERGENCY")["leader"] == {"LIVE", "SMS", "VOICE"}


def test_the_reminders_table_names_people_and_channels_that_exist(reminders: dmn.Model) -> None:
    table = reminders.decision("reminders").table
    assert table is not None
    rungs = ("DUE_SOON", "DUE", "OVERDUE", "ESCALATED", "EMERGENCY", "NOT_ON_SITE", "BY_HAND")
    for rung, kind, supervision in product(rungs, ("SIGN", "STAGE_ON_SITE"), (None, "CIRCULAR")):
        told = reach(reminders, rung, limit_kind=kind, supervision=supervision, urgency="EMERGENCY")
        assert told, rung
        assert set(told) <= set(RECIPIENTS)
        assert set().union(*told.values()) <= set(Channel)

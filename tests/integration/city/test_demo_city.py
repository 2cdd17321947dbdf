"""The demo city: complete, loaded once, and a map without gaps."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from app import city, identity
from app.audit import verify
from app.city.geometry import area
from app.core.db import Sessions, transaction
from app.core.errors import NotFound
from app.identity import SEED, Role

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)

NAMED_BY_THE_SOURCE = """
    GAS_LEAK GAS_PIPE_INSTALLATION GAS_STOPPED WATER_STOPPED WATER_LEAK BUS_REFUSING_PASSENGERS FARE_GOUGING
    SEWAGE_OVERFLOW LITTERING DIRTY_ROAD DIRTY_PUBLIC_TOILET DISORDERLY_PARKING POSTING_AND_SCRIBBLING
    ILLEGAL_ADVERTISING OCCUPYING_ROAD OCCUPYING_GREEN_SPACE DAMAGE_TO_TREES DAMAGE_TO_MUNICIPAL_FACILITIES
    LATE_ROAD_REINSTATEMENT DISORDERLY_BUILDING ILLEGAL_BUILDING UNAUTHORISED_STRUCTURE_CHANGE CONSTRUCTION_SERVICES
"""

Point = tuple[float, float]


def test_loading_it_again_changes_nothing(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        assert city.load_demo_city(session, SEED, NOW) > 150
    with transaction(sessions) as session:
        before = city.calendar_for(session, None, "jz")
        assert city.load_demo_city(session, SEED, NOW) == 0
        assert city.calendar_for(session, None, "jz").version == before.version == 1
        assert verify(session) == []


def test_every_category_has_a_department_and_every_department_a_handler(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        city.load_demo_city(session, SEED, NOW)
        matters, units = city.categories(session), city.departments(session)
        handlers = {
            unit.code: identity.users_with(session, Role.DEPARTMENT_HANDLER, department=unit.code) for unit in units
        }
    assert len(units) == 15
    assert len([matter for matter in matters if matter.parent is None]) == 14
    assert {matter.department for matter in matters} == {unit.code for unit in units}
    assert all(len(people) == 1 for people in handlers.values())


@pytest.mark.feature("W06")
@pytest.mark.feature("W20")
@pytest.mark.feature("W21")
@pytest.mark.feature("W22")
@pytest.mark.feature("W23")
def test_the_sources_words_are_there_in_both_languages(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        city.load_demo_city(session, SEED, NOW)
        matters = {matter.code: matter for matter in city.categories(session)}
        counts = {kind: len(city.terms(session, kind)) for kind in ("SECTOR", "SUBMISSION", "CONSULTATION_TOPIC")}
    tops = [matter.names["en"] for matter in matters.values() if matter.parent is None]
    assert tops == [
        "Water Supply", "Power Supply", "Gas Supply", "Heating Supply", "Municipal Administration",
        "Real Estate Management", "Administrative Law Enforcement", "Environmental Protection", "Urban Planning",
        "City Appearance and Sanitation", "Landscaping", "Property Management", "Building Quality", "Others",
    ]  # fmt: skip
    for code in NAMED_BY_THE_SOURCE.split():
        assert matters[code].parent in matters
        assert set(matters[code].names) == {"en", "zh-CN"}
    assert matters["GAS_LEAK"].emergency
    assert matters["GAS_LEAK"].department == "gas"
    assert matters["FARE_GOUGING"].sector == "PUBLIC_TRANSPORT"
    assert counts == {"SECTOR": 8, "SUBMISSION": 9, "CONSULTATION_TOPIC": 4}


def test_the_parts_tile_the_city(sessions: Sessions) -> None:
    """Every border is shared by exactly two parts or is the city's own, at both levels, so there is no gap and no
    overlap; and the areas add up."""
    with transaction(sessions) as session:
        city.load_demo_city(session, SEED, NOW)
        places = city.districts(session)
    whole = next(place for place in places if place.depth == 0)
    assert whole.polygon is not None
    outline = whole.polygon["coordinates"][0]
    for depth, count in ((1, 5), (2, 20)):
        rings = [p.polygon["coordinates"][0] for p in places if p.depth == depth and p.polygon]
        assert len(rings) == count
        edges = Counter(edge for ring in rings for edge in _edges(ring))
        assert all(number == 1 for number in edges.values())
        assert {(a, b) for a, b in edges if (b, a) not in edges} == set(_edges(outline))
        assert sum(area(ring) for ring in rings) == pytest.approx(area(outline))


def test_a_point_lies_in_the_smallest_part_that_holds_it(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        city.load_demo_city(session, SEED, NOW)
        xinhe = city.district(session, "jz/dongcheng/xinhe")
        assert xinhe.polygon is not None
        points = xinhe.polygon["coordinates"][0][:-1]
        middle = [sum(point[axis] for point in points) / len(points) for axis in (0, 1)]
        assert city.district_at(session, middle[0], middle[1]) == "jz/dongcheng/xinhe"
        assert city.district_at(session, 0.0, 0.0) is None
        names = city.labels(session)
    assert names["jz/dongcheng/xinhe/jianshe_lu"] == {"en": "Jianshe Road", "zh-CN": "建设路"}
    assert names["gas"]["zh-CN"] == "市燃气集团"


def test_departments_name_their_diagrams_and_groups(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        city.load_demo_city(session, SEED, NOW)
        diagrams = city.department_processes(session, ("gas", "water"))
        assert diagrams == {"gas": "department_gas", "water": "department_default"}
        assert {"gas", "shift_supervisor"} <= city.known_groups(session)
        with pytest.raises(NotFound):
            city.department_processes(session, ("gas", "moon"))


def _edges(ring: list[list[float]]) -> list[tuple[Point, Point]]:
    points = [(point[0], point[1]) for point in ring]
    return list(pairwise(points))

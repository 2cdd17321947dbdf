"""Points and polygons, as far as a city needs them."""

import itertools
from collections.abc import Mapping
from typing import Any


def holds(polygon: Mapping[str, Any], longitude: float, latitude: float) -> bool:
    """Is the point inside a GeoJSON Polygon (holes are outside)? By counting crossed edges to the east."""
    return all(_inside(ring, longitude, latitude) == (index == 0) for index, ring in enumerate(polygon["coordinates"]))


def area(ring: list[list[float]]) -> float:
    """Signed area of a closed ring in square degrees; positive when it runs counter-clockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) / 2


def _inside(ring: list[list[float]], x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside

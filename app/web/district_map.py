"""The city's districts as shapes for an SVG, each with its figure: no map server, no tiles, the city's own lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import city
from app.web.names import names

WIDTH, HEIGHT = 520.0, 240.0
FAINTEST, FULLEST = 0.10, 0.62
"""Opacity of the district with the least and the most: labels stand on their own ground."""


@dataclass(frozen=True, slots=True)
class Shape:
    code: str
    name: str
    short: str
    """For the map: without the word “District”, for which the map has no room."""
    value: int
    path: str
    """SVG path in a box of WIDTH × HEIGHT; '' where the city has no lines for it."""
    x: float
    y: float
    """Where its label stands."""
    opacity: float


def district_map(session: Session, values: Mapping[str, int]) -> list[Shape]:
    """Districts that have a figure or lines, the largest figure first."""
    rings = {
        place.code: place.polygon["coordinates"][0] if place.polygon else []
        for place in city.districts(session, depth=1)
    }
    box = _Box([point for ring in rings.values() for point in ring])
    most = max(values.values(), default=0) or 1
    shapes = [_shape(code, ring, values.get(code, 0), most, box) for code, ring in rings.items()]
    return sorted(shapes, key=lambda shape: (-shape.value, shape.name))


def outlines(session: Session) -> list[Shape]:
    """The districts' lines alone."""
    return [shape for shape in district_map(session, {}) if shape.path]


class _Box:
    """From degrees to the SVG's box: equirectangular, in the middle, north up."""

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        lons, lats = [point[0] for point in points] or [0.0], [point[1] for point in points] or [0.0]
        self.west, self.north = min(lons), max(lats)
        self.squeeze = math.cos(math.radians((max(lats) + min(lats)) / 2))
        wide, high = (max(lons) - self.west) * self.squeeze, self.north - min(lats)
        self.scale = min((WIDTH - 8) / (wide or 1), (HEIGHT - 8) / (high or 1))
        self.left = (WIDTH - wide * self.scale) / 2
        self.top = (HEIGHT - high * self.scale) / 2

    def place(self, point: Sequence[float]) -> tuple[float, float]:
        x = self.left + (point[0] - self.west) * self.squeeze * self.scale
        return x, self.top + (self.north - point[1]) * self.scale


def _shape(code: str, ring: Sequence[Sequence[float]], value: int, most: int, box: _Box) -> Shape:
    points = [box.place(point) for point in ring]
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points) + " Z" if points else ""
    x = sum(point[0] for point in points) / len(points) if points else 0.0
    y = sum(point[1] for point in points) / len(points) if points else 0.0
    opacity = FAINTEST + (FULLEST - FAINTEST) * value / most
    name = names().district(code)
    return Shape(code, name, name.removesuffix(" District"), value, path, round(x, 1), round(y, 1), round(opacity, 2))

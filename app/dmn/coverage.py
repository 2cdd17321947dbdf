"""What a set of boxes leaves uncovered. A box holds for each column a set of atoms, as bits of a whole number."""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_

Box = tuple[int, ...]


class OutOfBudget(Exception):
    """The table is too entangled to be searched within the budget."""


class Budget:
    """Steps for all searches of one table."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise OutOfBudget


def overlap(one: Box, other: Box) -> Box | None:
    """What two boxes share, or None."""
    shared = tuple(a & b for a, b in zip(one, other, strict=True))
    return shared if all(shared) else None


class Coverage:
    """Boxes, turned around: for each atom of each column the boxes that it lies in, as bits."""

    def __init__(self, boxes: Sequence[Box], sizes: Sequence[int]) -> None:
        self._inside = [
            [sum(1 << number for number, box in enumerate(boxes) if box[column] >> atom & 1) for atom in range(size)]
            for column, size in enumerate(sizes)
        ]

    def uncovered(self, space: Box, boxes: int, budget: Budget) -> tuple[int, ...] | None:
        """A point of `space` (one atom's number for each column) in none of these boxes (bits); None where they cover
        it.

        Goes column by column: atoms in the same boxes are one case, and the boxes of a case go on to the next column.
        What was shown to be covered is not searched again. Raises OutOfBudget."""
        cases, whole = [], []
        for inside, atoms in zip(self._inside, space, strict=True):
            budget.spend(atoms.bit_count())
            found: dict[int, int] = {}
            for atom in bits(atoms):
                found.setdefault(inside[atom] & boxes, atom)
            cases.append(sorted(found.items(), key=lambda case: case[0].bit_count()))
            whole.append(reduce(and_, found, boxes))
        order = sorted(range(len(space)), key=lambda column: whole[column].bit_count())
        found_point = _search([cases[c] for c in order], _suffixes([whole[c] for c in order], boxes), boxes, budget)
        if found_point is None:
            return None
        return tuple(atom for _, atom in sorted(zip(order, found_point, strict=True)))


def _suffixes(whole: Sequence[int], boxes: int) -> list[int]:
    """For each place the boxes that contain everything from there on."""
    sure = [boxes]
    for each in reversed(whole):
        sure.append(sure[-1] & each)
    return sure[::-1]


def _search(
    cases: Sequence[Sequence[tuple[int, int]]], sure: Sequence[int], boxes: int, budget: Budget
) -> tuple[int, ...] | None:
    covered: set[tuple[int, int]] = set()

    def search(place: int, boxes: int) -> tuple[int, ...] | None:
        if boxes & sure[place] or (place, boxes) in covered:
            return None
        if place == len(cases):
            return ()
        budget.spend(len(cases[place]))
        for inside, atom in cases[place]:
            rest = search(place + 1, boxes & inside)
            if rest is not None:
                return (atom, *rest)
        covered.add((place, boxes))
        return None

    return search(0, boxes)


def bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest

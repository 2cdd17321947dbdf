"""A sample by lot: every share fair, and the same seed gives the same orders whatever their order."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.supervision.sampling import allot, draw, fingerprint

pytestmark = pytest.mark.feature("V11")
SIZES = st.dictionaries(st.sampled_from(["gas", "water", "power", "parks", "housing"]), st.integers(0, 80), min_size=1)


@given(SIZES, st.integers(1, 120))
def test_shares_add_up_and_are_proportional(sizes: dict[str, int], size: int) -> None:
    shares, whole = allot(sizes, size), sum(sizes.values())
    assert sum(shares.values()) == min(size, whole)
    assert all(0 <= shares[name] <= sizes[name] for name in sizes)
    filled = [name for name in sizes if sizes[name]]
    if size >= len(filled):
        assert all(shares[name] >= 1 for name in filled), "no department is left out"
    for name in filled:
        assert shares[name] <= min(size, whole) * sizes[name] / whole + 1


@given(SIZES, st.integers(1, 60), st.randoms(use_true_random=False))
def test_it_can_be_drawn_again(sizes: dict[str, int], size: int, chance: Random) -> None:
    population = {name: [UUID(int=place * 1000 + at) for at in range(count)]
                  for place, (name, count) in enumerate(sizes.items())}  # fmt: skip
    shuffled = {name: chance.sample(ids, len(ids)) for name, ids in sorted(population.items(), reverse=True)}
    assert draw(population, size, "seed") == draw(shuffled, size, "seed")
    assert fingerprint(population) == fingerprint(shuffled)


def test_everybody_can_be_drawn() -> None:
    population = {"gas": [UUID(int=at) for at in range(40)]}
    seen = {each for seed in range(200) for each in draw(population, 4, str(seed))["gas"]}
    assert len(seen) == 40

"""Drawing a sample by lot that anybody can draw again: stratified, each stratum by its share. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID


def draw(population: Mapping[str, Sequence[UUID]], size: int, seed: str) -> dict[str, list[UUID]]:
    """Of each stratum so many as its share of the whole, at least one where `size` allows it. Which ones follows from
    the seed and their ids alone, not from their order: those whose hash with the seed is the lowest."""
    shares = allot({name: len(ids) for name, ids in population.items()}, size)
    by_lot = {name: sorted(set(ids), key=lambda each: lot(seed, each)) for name, ids in population.items()}
    return {name: ids[: shares[name]] for name, ids in by_lot.items()}


def lot(seed: str, drawn: UUID) -> bytes:
    """An order's place in the draw: sha256 of `<seed>|<id>`."""
    return hashlib.sha256(f"{seed}|{drawn}".encode()).digest()


def allot(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Largest remainders: the shares add up to `size`, or to all there are."""
    whole = sum(sizes.values())
    wanted = min(size, whole)
    filled = [name for name, count in sizes.items() if count]
    least = 1 if wanted >= len(filled) else 0
    shares = dict.fromkeys(sizes, 0) | {name: max(wanted * sizes[name] // whole, least) for name in filled}

    def owed(name: str) -> tuple[int, str]:
        return wanted * sizes[name] - shares[name] * whole, name

    while sum(shares.values()) < wanted:
        shares[max((name for name in filled if shares[name] < sizes[name]), key=owed)] += 1
    while sum(shares.values()) > wanted:
        shares[min((name for name in filled if shares[name] > least), key=owed)] -= 1
    return shares


def fingerprint(population: Mapping[str, Sequence[UUID]]) -> bytes:
    """Of everything that could have been drawn."""
    every = sorted(f"{name}|{each}" for name, ids in population.items() for each in ids)
    return hashlib.sha256("\n".join(every).encode()).digest()

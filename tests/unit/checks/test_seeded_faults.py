"""Each fault that analysts make is found where it was made, and nothing is found where there is none."""

from collections.abc import Mapping

import pytest

from app.workflow.engine import as_json, check_files
from app.workflow.engine.types import Registry
from tests.unit.checks.seeded_content import FORMS, TABLES
from tests.unit.checks.seeded_diagrams import DIAGRAMS
from tests.unit.checks.seeds import Seed

SEEDS = [*DIAGRAMS, *TABLES, *FORMS]


def test_the_shipped_files_have_no_findings(files: Mapping[str, bytes], registry: Registry) -> None:
    assert check_files(files, registry) == []


@pytest.mark.parametrize("seed", SEEDS, ids=[f"{n}-{seed.code}" for n, seed in enumerate(SEEDS)])
def test_a_seeded_fault_is_found(files: Mapping[str, bytes], registry: Registry, seed: Seed) -> None:
    found = check_files(seed.sown(files), registry)
    places = [(finding.code, finding.element) for finding in found]
    assert seed.code in [code for code, element in places if seed.element in (None, element)], places
    strangers = {finding.code for finding in found} - {seed.code, *seed.also}
    assert not strangers, "nothing that does not follow from the fault"
    for finding in found:
        told = as_json(finding)
        assert told["file"]
        for language in ("en", "zh-CN"):
            assert told["message"][language]
            assert told["remedy"][language]
            assert "finding." not in told["message"][language] + told["remedy"][language]


def test_there_are_enough_seeds() -> None:
    assert len(SEEDS) >= 40

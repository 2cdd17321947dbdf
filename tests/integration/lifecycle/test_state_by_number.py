"""What a caller who types a number may know of its case."""

import pytest

from app.contacts.queries import state_by_number


@pytest.mark.feature("F01")
def test_the_stage_alone_and_nothing_of_a_confidential_case(desk) -> None:
    made, hidden = desk.given_report(), desk.given_report(confidential=True)
    today = desk.clock.now().date()
    with desk.session() as session:

        def heard(number: str, caller: str) -> dict[str, object]:
            return state_by_number(session, number, caller, today)

        mine = heard(made.acceptance_no, "+86 138 0013 6721")
        assert mine == {"found": True, "stage": "ACCEPTANCE", "status": "NOT_PROCESSED", "ended": False, "own": True}
        assert heard(made.acceptance_no, "13900000000") == {**mine, "own": False}
        assert heard(hidden.acceptance_no, "13800136721") == {"found": False}, "not even to whoever reported it"
        assert heard("20261116999999", "13800136721") == {"found": False}
        assert heard("*#", "") == {"found": False}

"""`benchmarks/reminders.py` in small: all are told once, whatever dies between the decision and the sending."""

import pytest

from benchmarks.reminders import WRONG, campaign, reminding_product


@pytest.mark.timeout(300)
@pytest.mark.feature("D15")
def test_each_rung_is_told_once_and_no_mail_goes_out_twice() -> None:
    with reminding_product() as (running, mail):
        result = campaign(running, mail, seed=1, cases=2, kills=4)
    assert {name: result[name] for name in WRONG} == dict.fromkeys(WRONG, 0), result
    assert result["kills"] == 4
    assert result["notices"] >= 2 * 6, "six rungs a case"
    assert result["sent"] + result["unknown"] >= result["notices"] * 2 // 3, "most were also written to"
    assert 1 <= result["unknown"] <= result["kills"], "a mail had arrived, and its worker died without knowing so"
    assert result["latest_s"] < 60, "seconds, once all is up again; a busy machine takes its time"

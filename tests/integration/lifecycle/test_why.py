"""Why this department: the rules that matched stand in the history."""

import pytest

from app import audit, workflow


@pytest.mark.feature("D08")
def test_the_history_tells_which_row_of_the_table_decided(desk) -> None:
    made = desk.given_report(category="WATER_SUPPLY", sub_category="BURST_PIPE")
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    case = desk.case(made.case_id)
    with desk.session() as session:
        tables = workflow.decisions_of(session, case.instance_id, "decide_unit")
        assert audit.verify(session, case.instance_id) == []
    urgency, unit = tables
    assert (urgency.table_of, unit.table_of, unit.decision) == ("urgency", "responsible_unit", "responsible_department")
    assert (unit.policy, len(unit.rules), unit.at) == ("FIRST", 1, case.filed_at)
    rule, column = unit.rules[0], "Sub-category 小类"
    assert (rule.number, rule.tests, unit.inputs[column]) == (5, {column: '"BURST_PIPE"'}, "BURST_PIPE")
    assert rule.note


def test_an_order_tells_where_its_limit_comes_from(desk) -> None:
    made = desk.given_report(category="WATER_SUPPLY", sub_category="BURST_PIPE")
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    if "dispatch" in desk.tasks(made.case_id):
        desk.dispatch(made.case_id, "water")
    desk.do("water", made.case_id, "sign:water", decision="SIGN")
    (order,) = [one for one in desk.orders(made.case_id) if one.department == "water"]
    with desk.session() as session:
        tables = workflow.decisions_of(session, order.instance_id)
    assert [table.table_of for table in tables] == ["district_extra", "time_limits"]
    assert [rule.number for rule in tables[-1].rules] == [2]

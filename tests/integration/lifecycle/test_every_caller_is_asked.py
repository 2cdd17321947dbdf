"""Who joined a case is asked like the first caller, and each answer stays with their own number."""

import pytest

from app import lifecycle
from app.cases import queries
from app.cases.models import Registration
from app.lifecycle import forms
from app.lifecycle.return_visit import caller_to_ask


@pytest.mark.feature("Q04")
@pytest.mark.feature("O02")
def test_each_caller_is_asked_and_answers_for_themself(desk) -> None:
    made = desk.given_report()
    others = [
        lifecycle.join_case(desk.runtime, made.case_id, {**desk.report, "caller_name": name},
                            actor=desk.person("agent2"))
        for name in ("陈志强", "何静")
    ]  # fmt: skip
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    desk.do("supervisor", made.case_id, "dispatch", method="FILE_CASE", lead_department="sanitation")
    desk.handle("sanitation", made.case_id)
    desk.do("supervisor", made.case_id, "verify", verification="PASSED")
    desk.do("agent", made.case_id, "reply", reply_way="PHONE", reply_text="已清运。")
    desk.wait(days=3)
    answers = [("SATISFIED", "干净了"), ("UNREACHED", None), ("UNSATISFIED", "还有污水")]
    for reached, (name, (result, opinion)) in enumerate(zip(("王丽华", "陈志强", "何静"), answers, strict=True)):
        with desk.session() as session:
            report, before, of = caller_to_ask(session, desk.case(made.case_id))
            task = desk.tasks(made.case_id)["return_visit"]
            begun = forms.task_values(desk.runtime, session, task, desk.person("agent"))
        assert (report.caller_name, before, of) == (name, min(reached, 1), 3)
        assert begun.get("opinion") is None, "nobody's answer stands in another's form"
        resolved = {} if result == "UNREACHED" else {"resolved": "SOLVED", "opinion": opinion}
        desk.do("agent", made.case_id, "return_visit", visit_result=result, **resolved)
    case = desk.case(made.case_id)
    assert case.rework_count == 1, "one of three who is not content is enough, once all have been asked"
    with desk.session() as session:
        visits = queries.visits_of(session, made.case_id)
        opinions = {row.acceptance_no: row.opinion for row in session.query(Registration)}
        rework = next(fact for fact in queries.facts_of(session, made.case_id) if fact.kind == "REWORK")
    assert len({visit.registration_id for visit in visits}) == 3
    assert opinions == {
        made.acceptance_no: "干净了",
        others[0].acceptance_no: None,
        others[1].acceptance_no: "还有污水",
    }
    assert rework.text == "还有污水"

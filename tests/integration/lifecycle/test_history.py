"""What happened, told as sentences in the reader's language."""

import pytest

from app import lifecycle


@pytest.mark.feature("V04")
def test_the_history_reads_as_prose_in_both_languages(desk) -> None:
    made = desk.given_dispatched()
    desk.handle("sanitation", made.case_id, cost=120)
    desk.reply_and_wait(made.case_id)
    desk.do("agent", made.case_id, "return_visit", visit_result="SATISFIED", resolved="SOLVED")
    told = {}
    with desk.session() as session:
        for language in ("zh-CN", "en"):
            sentences = lifecycle.history_of(
                desk.runtime, session, desk.case(made.case_id), desk.person("supervisor"), language
            )
            told[language] = [sentence.text for sentence in sentences] + [
                detail for sentence in sentences for detail in sentence.details
            ]
    for chinese in (
        f"周晓雯 登记诉求，受理流水号 {made.acceptance_no}",
        "陈建华 完成“研判”",
        "案件已立案",
        "梁玉珍 完成“签收”",
        "办理时限：按期",
        "核实结果：通过",
        "第 1 次回访：满意",
        "案件办结：已解决",
    ):
        assert chinese in told["zh-CN"]
    assert any(sentence.startswith(f"Dispatched: {made.case_no}-1 to ") for sentence in told["en"])
    codes = [sentence for sentence in told["en"] if "_" in sentence or "custom" in sentence]
    assert codes == [], "no code, key or id reaches a reader"

"""Names stand where people look for them."""

from app.core.sorting import by_name, by_person


def test_people_sort_by_their_surname_as_it_is_read() -> None:
    people = ["张三", "解晓东", "林玲", "李四", "单田芳", "Adam Smith", "林琳"]
    assert by_person(people, str) == ["Adam Smith", "李四", "林琳", "林玲", "单田芳", "解晓东", "张三"]


def test_other_names_sort_by_pinyin_with_tones() -> None:
    assert by_name(["西城区", "东城区", "滨江区", "北山区", "南湖区"], str) == [
        "北山区", "滨江区", "东城区", "南湖区", "西城区",
    ]  # fmt: skip

"""Password rules, and that nobody learns who exists from the time an answer takes."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import process_time

import pytest

from app.core.errors import Invalid
from app.identity import DEMO_PASSWORD
from app.identity.passwords import check_password_rules, hash_password, verify_password

GOOD = "correct horse battery"


@pytest.mark.parametrize(
    "bad", ["eleven char", "x" * 129, "aaaaaaaaaaaaaaa", "zhou.xiaowen-2026", "ababababababab", DEMO_PASSWORD]
)
def test_guessable_passwords_are_refused(bad: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_password_rules(bad, username="zhou.xiaowen")
    assert set(refusal.value.fields) == {"password"}


def test_any_long_enough_phrase_will_do() -> None:
    for good in (GOOD, "江州市民热线值班的小周今天很忙", "1357924680ab"):
        check_password_rules(good, username="zhou.xiaowen")


def test_the_same_characters_from_another_keyboard_are_the_same_password() -> None:
    assert verify_password(hash_password("ｆｕｌｌ width １２３"), "full width 123")


def test_verifying_from_many_threads() -> None:
    stored = hash_password(GOOD)
    tries = [GOOD, "wrong password", GOOD, "another wrong one"] * 2
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda password: verify_password(stored, password), tries)) == [True, False] * 4


def test_an_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    stored = hash_password(GOOD)
    verify_password(None, GOOD)
    known, unknown = _seconds(stored), _seconds(None)
    assert 0.5 < unknown / known < 2


def _seconds(stored: str | None) -> float:
    taken = []
    for _ in range(5):
        began = process_time()
        assert not verify_password(stored, "not the password")
        taken.append(process_time() - began)
    return median(taken)

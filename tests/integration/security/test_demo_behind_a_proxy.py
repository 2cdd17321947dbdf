"""The demo's passwords are public: they open nothing to whoever comes from elsewhere."""

from tests.demo_city import PASSWORD
from tests.integration.web.conftest import House


def test_demo_logins_do_not_open_by_a_proxy(house: House) -> None:
    login = {"username": "agent", "password": PASSWORD}
    client = house.app.test_client()
    forwarded = client.post("/api/v1/sessions", json=login, headers={"X-Forwarded-For": "203.0.113.9"})
    assert forwarded.status_code == 403
    assert "demo" in forwarded.text
    assert client.post("/api/v1/sessions", json=login).status_code == 201

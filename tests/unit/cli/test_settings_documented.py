"""Every setting stands in the docs and the example; the container files name no setting that does not exist."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from app.core.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[3]
NAME = r"(?:CITYDESK_[A-Z_]+|DATABASE_(?:OWNER_)?URL|REDIS_URL|ARI_URL)"
FILES = {"CITYDESK_SECRET_KEY_FILE", "CITYDESK_SMS_SECRET_FILE"}
GOOD = {"DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", "CITYDESK_SECRET_KEY": "k" * 32}


def known() -> set[str]:
    source = (ROOT / "app/core/settings.py").read_text(encoding="utf-8")
    return set(re.findall(rf'"({NAME})"', source)) | FILES


def test_every_field_has_a_setting() -> None:
    assert len(known() - FILES) == len(Settings.__slots__)


@pytest.mark.parametrize("file", ["docs/settings.md", "deploy/.env.example"])
def test_documented(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert known() - set(re.findall(NAME, text)) == set()
    assert set(re.findall(NAME, text)) - known() == set()


def test_containers_name_known_settings_only() -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    for name in ("migrate", "web", "worker", "dispatcher", "telephony"):
        assert set(compose["services"][name]["environment"]) <= known(), name
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"\bCITYDESK_[A-Z_]+", dockerfile)) <= known()
    given = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")))
    example = (ROOT / "deploy/.env.example").read_text(encoding="utf-8")
    missing = {name for name in given if not re.search(rf"^#?{name}=", example, re.MULTILINE)}
    assert missing == {"CITYDESK_TAG"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"CITYDESK_PORT": "http"}, "CITYDESK_PORT"),
        ({"CITYDESK_PORT": "70000"}, "CITYDESK_PORT"),
        ({"CITYDESK_ZONE": "Asia/Atlantis"}, "CITYDESK_ZONE"),
        ({"CITYDESK_SECRET_KEY": "short"}, "CITYDESK_SECRET_KEY"),
        ({"CITYDESK_DEMO": "1", "CITYDESK_HOST": "0.0.0.0"}, "CITYDESK_DEMO"),  # noqa: S104
        ({"CITYDESK_WEB_WORKERS": "0"}, "CITYDESK_WEB_WORKERS"),
        ({"CITYDESK_LOG_FORMAT": "xml"}, "CITYDESK_LOG_FORMAT"),
        ({"DATABASE_URL": " "}, "DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(wrong: dict[str, str], named: str) -> None:
    load_settings(GOOD)
    with pytest.raises(SettingsError, match=named) as raised:
        load_settings(GOOD | wrong)
    assert "\n" not in str(raised.value)


def test_the_telephone_is_a_service_of_its_own_that_is_asked_for() -> None:
    """One process, in the same image, with Asterisk's address and the folder that both see; not without an Asterisk."""
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"]
    telephony = services["telephony"]
    assert telephony["profiles"] == ["telephone"]
    assert telephony["image"] == services["web"]["image"]
    assert telephony["entrypoint"] == ["python", "-m", "telephony"]
    assert importlib.util.find_spec("telephony.__main__") is not None
    assert "COPY telephony telephony" in (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert "ARI_URL" in telephony["environment"]
    shared = [each for each in telephony["volumes"] if "citydesk-sounds" in each]
    assert len(shared) == 1
    assert shared[0].startswith("${CITYDESK_SOUNDS:-")
    assert set(services["web"]["environment"]) <= set(telephony["environment"])
    unit = (ROOT / "deploy/systemd/citydesk-telephony.service").read_text(encoding="utf-8")
    assert "ExecStart=/opt/citydesk/.venv/bin/python -m telephony" in unit

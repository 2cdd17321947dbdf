"""The house of the web's tests, entered by people who mean no good."""

from tests.demo_city import demo_template, demo_url, running, runtime, settings
from tests.integration.web.conftest import house

__all__ = ["demo_template", "demo_url", "house", "running", "runtime", "settings"]

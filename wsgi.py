"""For a WSGI server: `gunicorn --config deploy/gunicorn.conf.py wsgi:app`."""

import sys

from app.core.logs import log_to_stderr
from app.core.settings import SettingsError, load_settings

try:
    settings = load_settings()
except SettingsError as error:
    print(f"citydesk: {error}", file=sys.stderr)
    sys.exit(4)  # gunicorn's word for "do not try again"

from app.wiring import build_app

log_to_stderr(settings)
app = build_app(settings)

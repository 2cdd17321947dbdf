"""The web server's settings, for `bin/up`, the container and systemd alike."""

import gc
import os
import resource
import shutil

from app.core.settings import load_settings

_settings = load_settings()
workers = _settings.web_workers
threads = _settings.web_threads
worker_class = "app.web.live.worker.Worker"
preload_app = True
"""The code is loaded once; a worker that dies is replaced by a fork, in no time."""
bind = [f"{_settings.host}:{_settings.port}"]
backlog = 512
timeout = 60
graceful_timeout = 3
keepalive = 15
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
accesslog = None  # the application writes its own line a request, without the query
loglevel = _settings.log_level.lower()
_formatter = "JsonFormatter" if _settings.log_format == "json" else "TextFormatter"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"ours": {"()": f"app.core.logs.{_formatter}"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
    "loggers": {
        "gunicorn.error": {"handlers": ["stderr"], "level": _settings.log_level, "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
    "root": {"handlers": ["stderr"], "level": _settings.log_level},
}
proc_name = "citydesk-web"

_metrics = _settings.data_dir / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)
"""Every worker counts into files of its own there; /metrics adds them up."""


def on_starting(server):  # noqa: ARG001  (gunicorn's signature)
    """Counters start at nought with the server."""
    shutil.rmtree(_metrics, ignore_errors=True)
    _metrics.mkdir(parents=True, exist_ok=True)


def when_ready(server):  # noqa: ARG001
    """What loading made stays: a full collection, which some page waits for, need not look through it."""
    gc.collect()
    gc.freeze()


def post_fork(server, worker):  # noqa: ARG001
    """Connections that loading has opened belong to the parent: forget them without closing them."""
    site = server.app.wsgi().extensions["citydesk"]
    site.sessions.kw["bind"].dispose(close=False)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every live page is an open connection


def child_exit(server, worker):  # noqa: ARG001
    """Gauges of a worker that has ended are forgotten; its counters stay."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)

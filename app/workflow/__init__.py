"""A general BPMN runtime: bundles, instances, user tasks, timers, messages, outbox, replay. It knows no cases."""

from app.workflow.broadcast import Broadcast, broadcast, deliver_signal
from app.workflow.bundles import files_of, with_grants
from app.workflow.decided import DecidedTable, FiredRule, decisions_of
from app.workflow.deliver import deliver, deliver_sent, send
from app.workflow.deploy import allow, deploy, identities, overlay
from app.workflow.engine.types import BpmnError, Call, Fault, Operation, Registry
from app.workflow.errors import Busy, Gone, Later, Permanent, Stuck, Temporary, UnknownInstance
from app.workflow.execute import after_commit, execute
from app.workflow.files import diagram, form
from app.workflow.inbox import MOST_COUNTED, Reach, inbox, inbox_counts, inbox_size, within_district
from app.workflow.incidents import resolve_incident, retry_incident
from app.workflow.outbox import deliver_outbox
from app.workflow.post import Post, post, post_awaited
from app.workflow.queries import (
    current_bundle,
    deployments,
    file_of,
    incident,
    incidents,
    instance,
    instances_of,
    may_work_on,
    open_incidents,
    task,
    tasks_of,
)
from app.workflow.replay import Token, Tokens, replay, tokens
from app.workflow.running import busy_when_locked
from app.workflow.runtime import OnInstance, Runtime
from app.workflow.schemas import (
    Bundle,
    Command,
    Delivered,
    FirstTask,
    IncidentView,
    InstanceView,
    OutboxRow,
    Result,
    Started,
    TaskView,
    View,
)
from app.workflow.settle import settle
from app.workflow.start import instance_id_of, start
from app.workflow.sweep import sweep

__all__ = [
    "MOST_COUNTED", "BpmnError", "Broadcast", "Bundle", "Busy", "Call", "Command", "DecidedTable", "Delivered",
    "Fault", "FiredRule", "FirstTask", "Gone", "IncidentView", "InstanceView", "Later", "OnInstance", "Operation",
    "OutboxRow", "Permanent", "Post", "Reach", "Registry", "Result", "Runtime", "Started", "Stuck", "TaskView",
    "Temporary", "Token", "Tokens", "UnknownInstance", "View", "after_commit", "allow", "broadcast", "busy_when_locked",
    "current_bundle", "decisions_of", "deliver", "deliver_outbox", "deliver_sent", "deliver_signal", "deploy",
    "deployments", "diagram", "execute", "file_of", "files_of", "form", "identities", "inbox", "inbox_counts",
    "inbox_size",
    "incident", "incidents", "instance", "instance_id_of", "instances_of", "may_work_on", "open_incidents",
    "overlay", "post", "post_awaited", "replay", "resolve_incident", "retry_incident", "send", "settle", "start",
    "sweep", "task", "tasks_of", "tokens", "with_grants", "within_district",
]  # fmt: skip

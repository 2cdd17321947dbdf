"""JSON of tasks and of what people do with a case."""

from marshmallow import Schema, fields, validate

from app.cases.schemas import LimitSchema
from app.core.http import PageQuery
from app.lifecycle.further import FurtherKind
from app.lifecycle.withdrawal import VOID_CAUSES


class ValuesSchema(Schema):
    """A form's values by field key; the deployed form says which and how."""

    values = fields.Dict(keys=fields.String(), required=True)


class ReportSchema(ValuesSchema):
    processing = fields.Dict(
        keys=fields.String(),
        metadata={
            "description": "How to proceed at once: the processing form's values; or method ANSWER with answer_text. "
            "Whoever may not decide it proposes it to the shift supervisor"
        },
    )


class ReasonSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class ExtensionSchema(ReasonSchema):
    value = fields.Decimal(required=True, metadata={"description": "How much more, in the limit's own unit"})


class DepartmentSchema(ReasonSchema):
    kind = fields.Enum(FurtherKind, required=True, metadata={"description": "Beside the order, or in its place"})
    department = fields.String(required=True, metadata={"description": "Code of the department"})


class VoidingSchema(ReasonSchema):
    cause = fields.String(required=True, validate=validate.OneOf(VOID_CAUSES))


class PauseSchema(ReasonSchema):
    until = fields.AwareDateTime(required=True, metadata={"description": "When it goes on by itself"})


class RegisteredSchema(Schema):
    acceptance_no = fields.String()
    case_no = fields.String()
    repeated = fields.Boolean(metadata={"description": "This key was used before: the first one's numbers"})
    processing_no = fields.String(metadata={"description": "Of the processing form, where it was dispatched at once"})
    stopped = fields.String(
        metadata={"description": "The report is saved; why the processing asked for could not be done"}
    )


class FormSchema(Schema):
    form = fields.Dict(
        metadata={"description": "form-js schema (viewer 1.23) in the asker's language"}, allow_none=True
    )
    values = fields.Dict(metadata={"description": "What it begins with"})


class TaskQuery(PageQuery):
    case_no = fields.String(load_default=None, metadata={"description": "Only the tasks of this case"})


class PersonRefSchema(Schema):
    id = fields.UUID()
    name = fields.String()


class TaskSchema(Schema):
    id = fields.UUID()
    name = fields.String(metadata={"description": "In the asker's language"})
    element = fields.String()
    process_id = fields.String()
    form_id = fields.String(allow_none=True)
    groups = fields.List(fields.String())
    assignee = fields.Nested(PersonRefSchema, allow_none=True)
    priority = fields.Integer()
    created_at = fields.AwareDateTime()
    due = fields.AwareDateTime(allow_none=True)
    follow_up = fields.AwareDateTime(allow_none=True)
    limit = fields.Nested(LimitSchema, allow_none=True)
    case_no = fields.String(allow_none=True)
    order_no = fields.String(allow_none=True)
    summary = fields.String(allow_none=True)
    district = fields.String(allow_none=True)


class TaskWithFormSchema(TaskSchema):
    form = fields.Dict(allow_none=True)
    values = fields.Dict()


class TasksSchema(Schema):
    tasks = fields.List(fields.Nested(TaskSchema))
    next = fields.String(allow_none=True)


class CompletedSchema(Schema):
    task_id = fields.UUID()
    completed_at = fields.AwareDateTime()
    repeated = fields.Boolean()


class HistoryRowSchema(Schema):
    at = fields.AwareDateTime()
    kind = fields.String(metadata={"description": "The command: start, complete_task, fire_timers …"})
    mark = fields.String(metadata={"description": "person, clock, system, alarm or done"})
    actor_name = fields.String()
    order_no = fields.String(allow_none=True)
    text = fields.String(metadata={"description": "What happened, in one sentence"})
    details = fields.List(fields.String(), metadata={"description": "What changed, one sentence each"})
    stream = fields.UUID()
    no = fields.Integer()


class HistorySchema(Schema):
    history = fields.List(fields.Nested(HistoryRowSchema))

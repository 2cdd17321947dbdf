"""The source's closed lists, value for value (FEATURES W05-W11, P02-P04), and the product's extensions beside them.

Labels in both languages are texts `enum.<Name>.<VALUE>`; the sources' printed English label is the `en` text."""

from enum import StrEnum


class CaseStatus(StrEnum):
    """W11, the source's "Acceptance Status": what people are told. Derived from filing, stage and end."""

    NOT_PROCESSED = "NOT_PROCESSED"
    IN_PROCESSING = "IN_PROCESSING"
    UNDER_VERIFICATION = "UNDER_VERIFICATION"
    COMPLETED = "COMPLETED"
    VOIDED = "VOIDED"


class CaseStage(StrEnum):
    """D01-D07: where the token stands in the lifecycle diagram."""

    REPORTING = "REPORTING"
    ACCEPTANCE = "ACCEPTANCE"
    SORTING = "SORTING"
    ASSIGNMENT = "ASSIGNMENT"
    HANDLING = "HANDLING"
    FEEDBACK = "FEEDBACK"
    RETURN_VISIT_EVALUATION = "RETURN_VISIT_EVALUATION"


class Origin(StrEnum):
    """D01: the two origins."""

    PUBLIC_HOTLINE = "PUBLIC_HOTLINE"
    LEADERS_INSTRUCTION = "LEADERS_INSTRUCTION"


class MatterKind(StrEnum):
    """D01: a thing (manhole cover, lamp) or a happening (rubbish, noise)."""

    EVENT = "EVENT"
    COMPONENT = "COMPONENT"


class Channel(StrEnum):
    PHONE = "PHONE"
    VOICEMAIL = "VOICEMAIL"
    SMS = "SMS"
    FAX = "FAX"
    EMAIL = "EMAIL"
    WEB = "WEB"
    LETTER = "LETTER"
    VISIT = "VISIT"
    TRANSFERRED = "TRANSFERRED"
    LEADER_MAILBOX = "LEADER_MAILBOX"
    OPEN311 = "OPEN311"


class IncidentSource(StrEnum):
    """W05. FIELD_INSPECTOR carries the printed label "Reported by Supervisor" (监督员上报)."""

    FIELD_INSPECTOR = "FIELD_INSPECTOR"
    PUBLIC = "PUBLIC"
    OTHER_DEPARTMENT = "OTHER_DEPARTMENT"
    LEADERS_MAILBOX = "LEADERS_MAILBOX"
    OTHERS = "OTHERS"


class ServiceType(StrEnum):
    """W07."""

    CONSULTATION = "CONSULTATION"
    COMPLAINT = "COMPLAINT"
    CRITICISM_AND_SUGGESTION = "CRITICISM_AND_SUGGESTION"
    INCIDENT_REPORTING = "INCIDENT_REPORTING"
    OTHERS = "OTHERS"


class AppealType(StrEnum):
    """R03: the second, configurable way to sort appeals."""

    CONSULTATION = "CONSULTATION"
    HELP = "HELP"
    COMPLAINT = "COMPLAINT"
    REPORT = "REPORT"
    SUGGESTION = "SUGGESTION"
    GRATITUDE = "GRATITUDE"
    OTHER = "OTHER"


class Urgency(StrEnum):
    NORMAL = "NORMAL"
    URGENT = "URGENT"
    EMERGENCY = "EMERGENCY"


class ReplyWish(StrEnum):
    PHONE = "PHONE"
    SMS = "SMS"
    EMAIL = "EMAIL"
    NONE = "NONE"


class LeaderInstructionKind(StrEnum):
    """W09."""

    VERIFICATION = "VERIFICATION"
    APPROVAL = "APPROVAL"
    OTHERS = "OTHERS"


class ProcessingMethod(StrEnum):
    """P02-P04; "Assist and Transfer" is two separately numbered methods."""

    FILE_CASE = "FILE_CASE"
    REPORT_LEADER = "REPORT_LEADER"
    ASSIST = "ASSIST"
    TRANSFER = "TRANSFER"


class ProcessingResult(StrEnum):
    """W10: the four printed values, and UNSATISFIED as the product's extension."""

    GENERAL = "GENERAL"
    RELATIVELY_SATISFACTORY = "RELATIVELY_SATISFACTORY"
    SATISFACTORY = "SATISFACTORY"
    OTHERS = "OTHERS"
    UNSATISFIED = "UNSATISFIED"


class OrderRole(StrEnum):
    """Q03: 主办 and 协办."""

    LEAD = "LEAD"
    ASSIST = "ASSIST"


class OrderState(StrEnum):
    DRAFT = "DRAFT"
    DISPATCHED = "DISPATCHED"
    SIGNED = "SIGNED"
    IN_HANDLING = "IN_HANDLING"
    EXTENSION_PENDING = "EXTENSION_PENDING"
    RETURN_PENDING = "RETURN_PENDING"
    SHELVED = "SHELVED"
    SUSPENDED = "SUSPENDED"
    REPORTED_BACK = "REPORTED_BACK"
    REWORK = "REWORK"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"
    MERGED = "MERGED"
    VOID = "VOID"


class OrderOutcome(StrEnum):
    """How a department's process ended (operation `end_order`)."""

    REPORTED_BACK = "REPORTED_BACK"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"


class LimitKind(StrEnum):
    SIGN = "SIGN"
    HANDLE = "HANDLE"
    STAGE = "STAGE"


class LimitState(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DUE_SOON = "DUE_SOON"
    OVERDUE = "OVERDUE"
    MET = "MET"
    BREACHED = "BREACHED"


class VisitResult(StrEnum):
    VERY_SATISFIED = "VERY_SATISFIED"
    SATISFIED = "SATISFIED"
    BASICALLY_SATISFIED = "BASICALLY_SATISFIED"
    UNSATISFIED = "UNSATISFIED"
    UNREACHED = "UNREACHED"
    REFUSED = "REFUSED"


class Resolved(StrEnum):
    SOLVED = "SOLVED"
    PARTLY = "PARTLY"
    NOT_SOLVED = "NOT_SOLVED"


class SupervisionLevel(StrEnum):
    """Q07, in rising order."""

    NOTICE = "NOTICE"
    REMINDER = "REMINDER"
    SUPERVISION = "SUPERVISION"
    CIRCULAR = "CIRCULAR"


class SupervisionState(StrEnum):
    """OPEN: its departments owe an answer, if one is due; ANSWERED: the supervisor has to look at the answers."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class Outcome(StrEnum):
    """How a case ended (operation `close_case`)."""

    RESOLVED = "RESOLVED"
    ANSWERED = "ANSWERED"
    UNREACHED = "UNREACHED"
    WITHDRAWN = "WITHDRAWN"


class FactKind(StrEnum):
    """Dated facts of a case: by whom and when; a state is the fact's existence."""

    FILED = "FILED"
    VOIDED = "VOIDED"
    REPORTED_TO_LEADER = "REPORTED_TO_LEADER"
    ALARMED = "ALARMED"
    REWORK = "REWORK"
    REPLIED = "REPLIED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"

"""Faults in tables and forms."""

from tests.unit.checks.seeds import seed

UNITS, LIMITS = "processes/decisions/responsible_department.dmn", "processes/decisions/time_limits.dmn"
JUDGEMENT, REGISTRATION = "forms/judgement.form", "forms/registration.form"

TABLES = [
    seed(
        LIMITS,
        '<text>"GAS_LEAK", "COLLAPSE", "LIVE_WIRE"</text>',
        '<text>"GAS_LEEK", "COLLAPSE"</text>',
        "cell-value-never",
        "time_limits_rule1_in1",
    ),
    seed(
        LIMITS,
        '<text>"EMERGENCY_HOUR"</text>',
        '<text>"EMERGENCY_HOURS"</text>',
        "argument-may-be",
        "start_handle_limit",
    ),
    seed(LIMITS, 'hitPolicy="FIRST"', 'hitPolicy="UNIQUE"', "rules-overlap", "time_limits_rule4", every=True),
    seed(LIMITS, 'hitPolicy="FIRST"', 'hitPolicy="SOMETIMES"', "bad-decision", "Table_district_extra"),
    seed(
        LIMITS,
        "<text>sub_category</text>",
        "<text>sub_categry</text>",
        "decision-variable",
        "time_limits_in1_expression",
    ),
    seed(
        LIMITS, '<requiredInput href="#Input_sub_category" />', "", "requirement-missing", "time_limits_in1_expression"
    ),
    seed(
        LIMITS,
        '<requiredInput href="#Input_sub_category" />',
        '<requiredDecision href="#time_limits" />',
        "decision-cycle",
        "time_limits",
        "requirement-missing",
    ),
    seed(LIMITS, "<text>true</text>", '<text>"true"</text>', "cell-kind", None),
    seed(LIMITS, "<text>4</text>", "<text>four hours</text>", "decision-variable", None),
    seed(LIMITS, "<text>15</text>", '<text>"15"</text>', "output-kind", None),
    seed(LIMITS, "<text>24</text>", "<text></text>", "output-empty", None),
    seed(UNITS, "<text>&lt; 6, &gt;= 22</text>", "<text>&lt; 6, &gt;= </text>", "bad-expression", None),
    seed(UNITS, "<text>&lt; 6, &gt;= 22</text>", "<text>[22..6]</text>", "cell-never", None),
    seed(UNITS, '<text>"EMERGENCY"</text>', "<text>-</text>", "rule-unreachable", "urgency_rule2"),
    seed(UNITS, "responsible_unit.lead", "responsible_unit.leed", "unknown-entry", None),
]

FORMS = [
    seed(
        JUDGEMENT,
        '"key": "void_reason"',
        '"key": "judgement"',
        "form-key-twice",
        "Field_judgement_void_reason",
        "unknown-variable",
    ),
    seed(
        JUDGEMENT,
        '=judgement != \\"ANSWER\\"',
        '=judgement != \\"ANWSER\\"',
        "value-never",
        "Field_judgement_answer_text",
    ),
    seed(
        JUDGEMENT,
        '=judgement != \\"ANSWER\\"',
        '=judgment != \\"ANSWER\\"',
        "form-variable",
        "Field_judgement_answer_text",
    ),
    seed(
        JUDGEMENT,
        '=judgement != \\"ANSWER\\"',
        '=judgement != (\\"ANSWER\\"',
        "form-expression",
        "Field_judgement_answer_text",
    ),
    seed(
        JUDGEMENT,
        '=judgement != \\"ANSWER\\"',
        'judgement != \\"ANSWER\\"',
        "form-not-feel",
        "Field_judgement_answer_text",
    ),
    seed(
        JUDGEMENT, '"type": "textarea"', '"type": "textaera"', "form-component-unknown", "Field_judgement_answer_text"
    ),
    seed(JUDGEMENT, '"id": "judgement"', '"id": "verification"', "duplicate-form", "verification", "unknown-form"),
    seed(
        JUDGEMENT, '"key": "judgement_reason"', '"key": "case_no"', "form-key-fixed", "Field_judgement_judgement_reason"
    ),
    seed(JUDGEMENT, '"minLength": 2', '"minLength": 20000', "form-no-value-fits", "Field_judgement_answer_text"),
    seed(
        REGISTRATION,
        '"list": "departments"',
        '"list": "departements"',
        "form-list-unknown",
        "Field_registration_component_owner",
    ),
    seed(
        REGISTRATION,
        '"value": "URGENT"',
        '"value": "VERY_URGENT"',
        "form-option-unknown",
        "Field_registration_urgency",
        "input-may-be",
    ),
    seed("forms/report_back.form", '"key": "cost"', '"key": "note"', "form-keys-clash", None),
    seed("forms/sign.form", '"label:zh-CN": "签收决定"', '"x": ""', "form-no-chinese", "Field_sign_decision"),
]

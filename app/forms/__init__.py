"""Forms: form-js schemas, checked on the server with the viewer's verdict, in two languages. Pure.

`parse(schema).check(values, context)` → clean values and problems; `faults(schema)` before a deploy;
`localise(schema, language)` for the viewer; `fill(schema, lists)` puts a city's own lists in;
`prefilled(schema, known)` begins fields with the values of others.
"""

from app.forms.faults import Fault, faults
from app.forms.form import Form, parse
from app.forms.localise import fill, label, localise, option_label, prefilled
from app.forms.shape import sound
from app.forms.values import Problem

__all__ = [
    "Fault", "Form", "Problem", "faults", "fill", "label", "localise", "option_label", "parse", "prefilled", "sound",
]  # fmt: skip

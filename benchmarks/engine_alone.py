"""The engine without a database: user-task completions a second, each loaded from bytes, moved and dumped again.

    python benchmarks/engine_alone.py [--seconds 5]

Prints one JSON object: elements, completions, completions_per_s, starts_per_s, state_bytes (mean) and
steps_per_completion. Counts processor time, so that neighbours on the machine do not matter.
`measure(seconds)` is what benchmarks/engine.py compares the committed figure with.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import time
from datetime import UTC, datetime

from app.workflow.engine import Call, Compiled, CompleteTask, Context, compile_bundle
from tests.unit.engine import writing as w

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TASKS = ("register", "judge", "unit", "dispatch", "handle", "verify", "visit")
VALUES = {"verdict": "FILE", "note": "路灯损坏，夜间行人有危险。", "score": 5}


def diagram() -> str:
    """Seven stages of a case: sub-processes with a task, an operation, a gateway, a limit and a reminder each."""
    stages, flows = [], ["s > stage_register"]
    for n, name in enumerate(TASKS):
        io = w.mapping({"subject": "=case_id"}, {f"{name}_verdict": "=verdict"})
        group = w.zeebe("assignmentDefinition", candidateGroups='=["agent", department]')
        stages.append(
            w.sub(
                f"stage_{name}",
                w.start(f"{name}_s"),
                w.user(name, group + io),
                w.boundary(f"{name}_limit", name, w.on_timer("PT8H"), interrupting=False),
                w.user(f"{name}_late"),
                w.service(f"{name}_op", "work", w.mapping({"kind": name, "case": "=case_id"})),
                w.gateway(f"{name}_x", default=w.flow(f"{name}_x", f"{name}_e", f"stage_{name}")),
                w.end(f"{name}_e"),
                flows=f'{name}_s > {name} > {name}_op > {name}_x; {name}_x > {name} [={name}_verdict = "AGAIN"];'
                f"{name}_x > {name}_e; {name}_limit > {name}_late > {name}_e",
            )
        )
        flows.append(f"stage_{name} > " + (f"stage_{TASKS[n + 1]}" if n + 1 < len(TASKS) else "e"))
    return w.one(w.start(), *stages, w.end(), flows="; ".join(flows))


def context() -> Context:
    return Context(NOW, perform)


def perform(call: Call) -> dict[str, object]:
    return {"last_operation": call.element}


def measure(seconds: float) -> dict[str, float]:
    """Runs whole cases for about this long."""
    compiled = compile_bundle({"p.bpmn": diagram().encode()}, w.REGISTRY)
    completions = steps = size = cases = 0
    begin, spent_starting = time.process_time(), 0.0
    while time.process_time() - begin < seconds:
        done = run_case(compiled)
        completions += done[0]
        steps += done[1]
        size += done[2]
        spent_starting += done[3]
        cases += 1
    spent = time.process_time() - begin - spent_starting
    return {
        "elements": len(compiled.processes["p"].elements),
        "completions": completions,
        "completions_per_s": round(completions / spent),
        "starts_per_s": round(cases / spent_starting),
        "state_bytes": round(size / completions),
        "steps_per_completion": round(steps / completions, 1),
    }


def run_case(compiled: Compiled) -> tuple[int, int, int, float]:
    """Completions, steps, bytes of state, seconds spent on starting."""
    begin = time.process_time()
    moved = compiled.start(
        "p", {"case_id": "c-1", "department": "gas", **{f"f{n}": f"value {n}" for n in range(20)}}, context()
    )
    starting = time.process_time() - begin
    completions = steps = size = 0
    while moved.state is not None:
        size += len(moved.state)
        task = next(iter(moved.after.tasks.values()))
        moved = compiled.move(moved.state, CompleteTask(task.task_id, VALUES), context())
        completions += 1
        steps += len(moved.steps)
    return completions, steps, size, starting


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    print(json.dumps(measure(parser.parse_args().seconds)))

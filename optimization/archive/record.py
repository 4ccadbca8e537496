"""What a run's folder says of itself: `run.json`, and in sentences why there is no decision."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from optimization.archive.program import program
from optimization.archive.schemas import SCHEMA
from optimization.dictionary.typed_settings import Settings
from optimization.outcome.choices import asked
from optimization.outcome.result import Result
from optimization.reading.japan import JOINT_MUNICIPALITY
from optimization.solving.highs import Limits, Status

GIVEN = "Nothing was searched: these are the accounts of a decision that was given, and no bound is known."
"""What stands in the place of a certificate where a decision was applied."""

LIBRARIES = ("pyomo", "highspy", "pandas", "numpy", "scipy", "pyarrow")


def diagnosis(result: Result, quoted: Callable[[str], str] = str) -> str:
    """Why there is no decision, in sentences; `quoted` sets what comes from the case and the package into them."""
    name = quoted(result.package.name)
    lines = [f"# No decision for {name}", "", f"Status: {result.outcome.status}.", ""]
    if result.arguments:
        lines.append("Proven by counting, each on its own enough to make the package impossible:")
        lines += ["", *(f"- {quoted(sentence)}" for sentence in result.arguments)]
    elif result.outcome.status == "infeasible":
        lines.append(
            "The limits cannot hold together (proven by the solver on the whole program); none of the "
            "limits counted here (retention, pool, national limit, adequacy) breaks by addition alone."
        )
    elif result.outcome.status is Status.FAILED:
        lines.append(
            "The solver failed, of a fault of its own or for want of memory; this proves nothing. Try it on a "
            "machine with more memory, or with fewer prefectures."
        )
    else:
        lines.append("The time limit ended the search before a decision was found; this proves nothing.")
    lines += ["", f"Which limits conflict, and what mends it: solve.py explain {name}"]
    return "\n".join(lines) + "\n"


def run_record(result: Result, limits: Limits, method: str, prefectures: Sequence[str]) -> dict[str, Any]:
    """Contents of `run.json`: status and certificate, size, time, provenance."""
    outcome, instance = result.outcome, result.instance
    found = result.accounts is not None
    kinds = instance.case.governments["tier"]
    return {
        "schema": SCHEMA,
        "status": str(result.worth),
        "termination": outcome.termination,
        "objective_million_yen": outcome.objective if found else None,
        "baseline_million_yen": result.baseline.objective,
        "bound_million_yen": _finite(outcome.bound),
        "gap": outcome.gap if found and outcome.status is not Status.APPLIED else None,
        "asked_gap": limits.gap,
        "certificate": GIVEN if outcome.status is Status.APPLIED else certificate(instance.settings),
        "stay_put": _stay_put(result),
        "saving_range": None if result.saving_range is None else result.saving_range.record,
        "assumptions": result.rests_on.record if found else None,
        "formula_choice": [choice.record for choice in result.formula],
        "seconds": {name: round(value, 3) for name, value in result.seconds.items()},
        "peak_memory_mb": peak_memory_mb(),
        **result.size,
        "nodes": outcome.nodes,
        "method": result.method,
        "asked_method": method,
        "municipalities": int((instance.case.codes != JOINT_MUNICIPALITY).sum()),
        "joint_wards": int((instance.case.codes == JOINT_MUNICIPALITY).sum()),
        "prefectures": len(instance.case.prefectures),
        "governments": len(kinds),
        "services": len(instance.services),
        "rule_groups": len(instance.groups.labels),
        "objective_parts_million_yen": result.accounts.objective_parts if result.accounts else None,
        "baseline_parts_million_yen": result.baseline.objective_parts,
        "breaches": [breach.__dict__ for breach in result.breaches],
        "counting_arguments": result.arguments,
        "case": instance.case.name,
        "fiscal_year": instance.case.fiscal_year,
        "prefectures_asked": instance.case.prefecture_codes(prefectures),
        "packages": [package.name for package in result.package.packages],
        "package": result.package.name,
        "warnings": list(result.package.warnings),
        "overridden": [str(override) for override in result.package.overridden],
        "seed": limits.seed,
        "threads": limits.threads,
        "time_limit_seconds": limits.seconds,
        "inputs_sha256": dict(instance.case.sha256),
        "program_sha256": program(),
        **surroundings(),
        "written": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _stay_put(result: Result) -> dict[str, Any] | None:
    """The stay-put rule; nothing where the package does not ask for it."""
    if result.stay is not None:
        return result.stay.record
    return {"applied": False} if asked(result.instance.settings) else None


def distance_of(record: Mapping[str, Any]) -> float | None:
    """Part of a plan's cost by which another plan may be cheaper: the gap, and what the stay-put rule costs; None of a
    decision that was applied, of which nothing is proven."""
    if record["gap"] is None:
        return None
    stay = record.get("stay_put")
    if not (stay and stay["applied"]):
        return float(record["gap"])
    return float(record["gap"] + stay["cost_million_yen"] / abs(record["objective_million_yen"]))


def peak_memory_mb() -> float | None:
    """The most memory that this process has held, MB; None where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    units = 1 << 20 if sys.platform == "darwin" else 1 << 10  # in a MB: macOS tells bytes, others kilobytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / units, 1)


def surroundings() -> dict[str, Any]:
    """Versions and platform, on which the last digits may hang."""
    return {
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in LIBRARIES}},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def certificate(settings: Settings) -> str:
    """What the bound covers."""
    text = (
        "The bound holds for every decision within the package's limits over the listed candidate bodies; "
        "what pairs left out of the model could still save is taken off it, and dominated pairs were left out "
        "only where that is exact."
    )
    sources, most = settings["wide_area.sources"], settings["wide_area.connected_members"]
    if not settings["wide_area.services"] or not {"connected", "generated"} & set(sources):
        return text
    sets = f"every connected body of up to {most} members within the bounds of R8"
    if "generated" not in sources:
        return f"{text} The list holds {sets}."
    return (
        f"{text} Beyond the list it covers {sets}: all are priced, and what they could still save is taken off "
        "too. Only that a package is impossible is proven for the list alone."
    )


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None

"""A run's folder: written once, atomically, complete with provenance; and read back.

The folder is filled under a temporary name beside its place and renamed when whole, so that a
reader never meets half a run. An existing folder is never written into.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.case.compose import changes, to_toml
from optimization.errors import InputError, Problem
from optimization.outcome.result import Result
from optimization.solving.highs import Limits

SCHEMA = 1
"""Version of the folder's layout."""

CODES = dict.fromkeys(
    ("code", "government", "prefecture_code", "provider", "hub_code", "rule_group", "member_codes"), str
)
"""Columns of the tables that hold codes: text, leading zeros kept."""

LIBRARIES = ("pyomo", "highspy", "pandas", "numpy", "scipy", "pyarrow")


def new_folder(out: Path | None, name: str, root: Path) -> Path:
    """Where a run goes: `out`, or results/<time>-<name>. Raises InputError if it exists or cannot
    be made, before anything is computed."""
    folder = out or root / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"
    remedy = "name a folder under a writable one"
    try:
        found = folder.is_symlink() or folder.exists()
        folder.parent.mkdir(parents=True, exist_ok=True)
        message = "" if os.access(folder.parent, os.W_OK) else "lies in a folder that cannot be written to"
    except OSError as error:
        found, message = False, f"cannot be made: {error.strerror}"
    if found:
        message, remedy = "already exists", "name a new folder with --out, or move the old one away"
    if message:
        raise InputError([Problem(file=str(folder), message=message, remedy=remedy)])
    return folder


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A draft folder to fill, renamed to `folder` at the end of the block; nothing is left where it fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def written_over(target: Path, text: str) -> None:
    """Write a text file whole, in the place of an older one."""
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(0o644)
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def write_run(result: Result, folder: Path, limits: Limits, method: str, prefectures: Sequence[str]) -> None:
    """Write the run folder whole, or nothing."""
    with written_whole(folder) as draft:
        _fill(draft, result, limits, method, prefectures)


def _fill(folder: Path, result: Result, limits: Limits, method: str, prefectures: Sequence[str]) -> None:
    record = run_record(result, limits, method, prefectures)
    (folder / "run.json").write_text(
        json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    (folder / "package.resolved.toml").write_text(to_toml(result.package), encoding="utf-8")
    changes(result.package).to_csv(folder / "changes.csv", index=False, lineterminator="\n")
    (folder / "solver.log").write_text(result.outcome.log, encoding="utf-8")
    if result.arguments or result.accounts is None:
        (folder / "diagnosis.md").write_text(diagnosis(result), encoding="utf-8")
    tables = result.tables and {**result.tables, "coefficients": result.coefficients}
    write_tables(folder, tables)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as parquet and as csv."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def diagnosis(result: Result) -> str:
    """Why there is no decision, in sentences."""
    lines = [f"# No decision for {result.package.name}", "", f"Status: {result.outcome.status}.", ""]
    if result.arguments:
        lines.append("Proven by counting, each on its own enough to make the package impossible:")
        lines += ["", *(f"- {sentence}" for sentence in result.arguments)]
    elif result.outcome.status == "infeasible":
        lines.append(
            "The limits cannot hold together (proven by the solver on the whole program); none of the "
            "limits counted here (retention, pool, national limit, adequacy) breaks by addition alone."
        )
    else:
        lines.append("The time limit ended the search before a decision was found; this proves nothing.")
    lines += ["", f"Which limits conflict, and what mends it: solve.py explain {result.package.name}"]
    return "\n".join(lines) + "\n"


def run_record(result: Result, limits: Limits, method: str, prefectures: Sequence[str]) -> dict[str, Any]:
    """Contents of `run.json`: status and certificate, size, time, provenance."""
    outcome, instance = result.outcome, result.instance
    found = result.accounts is not None
    kinds = instance.case.governments["tier"]
    return {
        "schema": SCHEMA,
        "status": str(outcome.status),
        "termination": outcome.termination,
        "objective_million_yen": outcome.objective if found else None,
        "baseline_million_yen": result.baseline.objective,
        "bound_million_yen": _finite(outcome.bound),
        "gap": outcome.gap if found else None,
        "asked_gap": limits.gap,
        "certificate": certificate(instance.settings),
        "seconds": {name: round(value, 3) for name, value in result.seconds.items()},
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        **result.size,
        "nodes": outcome.nodes,
        "method": result.method,
        "asked_method": method,
        "municipalities": int((instance.case.codes != "13100").sum()),
        "joint_wards": int((instance.case.codes == "13100").sum()),
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
        "prefectures_asked": list(prefectures),
        "packages": [package.name for package in result.package.packages],
        "package": result.package.name,
        "warnings": list(result.package.warnings),
        "overridden": [str(override) for override in result.package.overridden],
        "seed": limits.seed,
        "threads": limits.threads,
        "time_limit_seconds": limits.seconds,
        "inputs_sha256": dict(instance.case.sha256),
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in LIBRARIES}},
        "platform": f"{platform.system()} {platform.machine()}",
        "written": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def certificate(settings: Mapping[str, Any]) -> str:
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


def read_run(folder: str | Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The record and the tables of a run folder (the CSV tables, codes as text).

    Raises InputError when the folder is not a run.
    """
    folder = Path(folder)
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        remedy = "name a folder written by 'solve.py run'"
        raise InputError([Problem(str(folder), f"is not a run folder ({error})", remedy)]) from error
    tables = {
        path.stem: pd.read_csv(path, dtype=CODES, keep_default_na=False)
        for path in sorted(folder.glob("*.csv"))
        if path.stem != "changes"
    }
    return record, tables

"""Every locked package against the public database of known faults: `python -m tests.security.audit_locks`.

Exit code 0 where none is known, 1 with findings, 2 where something could not be audited: a check that did not happen
is not one that was passed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).parents[2]
SECONDS = 300
"""For one lock file."""

Run = Callable[[Path], subprocess.CompletedProcess[str]]


@dataclass
class Audit:
    """What is known of a lock file: faults found, and what was not looked at and why."""

    findings: list[str] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)


def lock_files(folder: Path = REPO) -> list[Path]:
    return sorted(folder.glob("requirements*.lock"))


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(path: Path) -> dict[str, str]:
    """Version by canonical name."""
    lines = path.read_text(encoding="utf-8").split()
    return {canonical(name): version for name, version in (line.split("==") for line in lines)}


def pip_audit(path: Path) -> subprocess.CompletedProcess[str]:
    """pip-audit on a lock file as it stands: nothing is resolved or installed."""
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def audit(path: Path, run: Run = pip_audit) -> Audit:
    """Ask about every package of a lock file."""
    try:
        done = run(path)
    except subprocess.TimeoutExpired:
        return Audit(unaudited=[f"no answer in {SECONDS} seconds"])
    try:
        # it ends with 1 both for findings and for an error; only the report tells them apart
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = done.stderr.strip().splitlines()
        return Audit(unaudited=[lines[-1] if lines else f"exit code {done.returncode} and no report"])
    found, asked = Audit(), locked(path)
    for package in packages:
        name, version = canonical(package["name"]), package.get("version")
        if "skip_reason" in package:
            found.unaudited.append(f"{name}: {package['skip_reason']}")
        elif asked.get(name) != version:
            found.unaudited.append(f"{name}: the report is of version {version}")
        for fault in package.get("vulns", ()):
            mended = ", ".join(fault["fix_versions"]) or "no version yet"
            found.findings.append(f"{name} {version}: {fault['id']}, mended in {mended}")
    missing = asked.keys() - {canonical(package["name"]) for package in packages}
    found.unaudited += [f"{name}: not in the report" for name in sorted(missing)]
    return found


def shortened(lines: list[str], most: int = 3) -> list[str]:
    """The first lines and how many more there are: without the network it is every package."""
    return [*lines[:most], f"and {len(lines) - most} more"] if len(lines) > most else lines


def main(files: list[Path], run: Run = pip_audit) -> int:
    """Audit lock files and say what came out; the exit code."""
    audits = {path.name: audit(path, run) for path in files}
    for name, result in audits.items():
        for line in result.findings:
            print(f"{name}: {line}")
        for line in shortened(result.unaudited):
            print(f"could not be audited: {name}: {line}", file=sys.stderr)
        if not result.findings and not result.unaudited:
            print(f"{name}: no known fault")
    if any(result.findings for result in audits.values()):
        return 1
    if not audits:
        print("could not be audited: there is no lock file", file=sys.stderr)
    return 2 if not audits or any(result.unaudited for result in audits.values()) else 0


if __name__ == "__main__":
    sys.exit(main(lock_files()))

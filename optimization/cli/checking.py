"""Commands that read packages and cases and check them, without solving; every one returns its exit code."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimization.case.packages import list_packages, shelf
from optimization.cli.console import out
from optimization.cli.options import CaseFolder, Given, Json, Packages, Prefectures, load_case, read_question
from optimization.cli.plain import print_json
from optimization.errors import raise_if_any
from optimization.reading.whereabouts import DEFAULT_CASE, PACKAGES

if TYPE_CHECKING:  # with pandas, for which who lists packages does not wait
    from optimization.case.resolved import ResolvedPackage


def validate(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
) -> int:
    """Check a case and packages without solving."""
    from optimization.case.resolved import changes
    from optimization.outcome.rehearsal import would_run

    case, codes, package = read_question(packages, case_folder, prefectures, given)
    would_run(case, package, codes)
    for warning in package.warnings:
        out.print(f"warning: {warning}")
    out.print(
        f"{case.name}: {len(case.codes):,} municipal governments, {len(case.prefectures)} prefectures, "
        f"{len(case.services)} services. {package.name}: {len(changes(package))} settings differ from today. "
        "No fault found."
    )
    return 0


def packages(
    names: Annotated[list[str] | None, typer.Argument(help="Show these in full.")] = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    as_json: Json = False,
) -> int:
    """List the reform packages, or show some in full."""
    if as_json:
        found = list_packages(PACKAGES) if not names else _on_a_case(case_folder, names).packages
        print_json([asdict(package) for package in found], default=str)
        return 0
    if not names:
        found, faults = shelf(PACKAGES)
        for package in found:
            out.print(package.name, style="bold", end="")
            out.print(f"  {package.title}\n    {package.called('ja')}")
        raise_if_any(faults)
        return 0
    _show_in_full(_on_a_case(case_folder, names))
    return 0


def _on_a_case(folder: Path, names: list[str]) -> ResolvedPackage:
    from optimization.case.face import load_package

    return load_package(load_case(folder), names)


def _show_in_full(resolved: ResolvedPackage) -> None:
    """Provisions of packages, and the settings that they change."""
    from optimization.case.resolved import changes

    for package in resolved.packages:
        out.print(f"\n{package.name}", style="bold", end="")
        out.print(f"  {package.title} ({package.author}, {package.date})")
        out.print(f"Source: {package.source}")
        for provision in package.provisions:
            out.print(f"  {provision.number}. {provision.text}")
    out.print("\nSettings that differ from today:")
    for _, row in changes(resolved).iterrows():
        out.print(f"  {row['setting']}: {row['from']} -> {row['to']} [{row['source']}]")

"""The folder of an explanation: sentences, the same for machines, and each repair as a package to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimization.archive import kept, write_tables
from optimization.archive.markdown import in_markdown
from optimization.case.overlay import overlay
from optimization.explain.arrangement_words import arrangement_sentences
from optimization.explain.diagnosis import Diagnosis, changes_of
from optimization.explain.misses import Miss
from optimization.explain.words import plan_sentences, repair_sentence, sentences
from optimization.outcome.result import Result
from optimization.rules.quantities import Scope

SCHEMA = 1


def write_diagnosis(found: Diagnosis, folder: Path) -> Path:
    """Write diagnosis.md, diagnosis.json and repair_N.toml, whole or nothing; where they stand (see `kept`)."""

    def fill(draft: Path) -> None:
        text = "\n".join(f"- {in_markdown(sentence)}" for sentence in sentences(found))
        head = f"# Why {in_markdown(found.package.name)} {'is' if found.impossible else 'may be'} impossible"
        (draft / "diagnosis.md").write_text(f"{head}\n\n{text}\n", encoding="utf-8")
        (draft / "diagnosis.json").write_text(
            json.dumps(record(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
        for n, repair in enumerate(found.repairs, start=1):
            said = repair_sentence(repair).replace('"', "'"), "実行可能とするための修正"
            changes = changes_of(repair, found.package.settings)
            path = draft / f"repair_{n}.toml"
            path.write_text(overlay(f"repair_{n}", "solve.py explain", said, changes), encoding="utf-8")

    return kept(folder, fill)


def write_prices(
    result: Result,
    tables: dict[str, pd.DataFrame],
    folder: Path,
    of_services: dict[str, pd.DataFrame] | None = None,
) -> Path:
    """Write explanation.md and explanation.json with the tables forced_tiers, given_back and shadow_prices, and of the
    services asked for arrangements and rests_on, whole or nothing; where they stand."""
    asked = of_services or {}

    def fill(draft: Path) -> None:
        told = [*(arrangement_sentences(**asked) if asked else ()), *plan_sentences(result, **tables)]
        text = "\n".join(f"- {in_markdown(sentence)}" for sentence in told)
        (draft / "explanation.md").write_text(
            f"# Why the plan of {in_markdown(result.package.name)} is as it is\n\n{text}\n", encoding="utf-8"
        )
        every = {**asked, **tables}
        found = {name: json.loads(table.to_json(orient="records")) for name, table in every.items()}
        record = {"schema": SCHEMA, "package": result.package.name, "sentences": told, **found}
        (draft / "explanation.json").write_text(
            json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
        write_tables(draft, every)

    return kept(folder, fill)


def _missed(miss: Miss) -> dict[str, Any]:
    """Who misses a limit, for machines: `year` is 0 where the question has one year, `governments` or `places` missing
    where the limit is the nation's, the money in all where what is missed is no money."""
    known = np.isfinite(miss.total_million_yen)
    members = {f"{miss.scope}s": miss.count} if miss.scope in (Scope.GOVERNMENT, Scope.PLACE) else {}
    return {
        "setting": miss.limit.key,
        "scope": str(miss.scope),
        "year": miss.year,
        **members,
        "population_persons": round(miss.people),
        "worst": [name for name, _ in miss.worst if name],
        "worst_amounts": [amount for _, amount in miss.worst],
        "unit": miss.unit,
        "total_million_yen": miss.total_million_yen if known else None,
    }


def record(found: Diagnosis) -> dict[str, Any]:
    """The diagnosis for machines."""
    settings = found.package.settings
    return {
        "schema": SCHEMA,
        "package": found.package.name,
        "impossible": found.impossible,
        "rung": None if found.rung is None else str(found.rung),
        "proven": found.proven,
        "counting_arguments": found.arguments,
        "conflict": [
            {"setting": limit.key, "label": limit.label, "rule": limit.rule, "value": limit.value(settings)}
            for limit in found.conflict
        ],
        "misses": [_missed(miss) for miss in found.misses],
        "repairs": [
            {
                "changes": [
                    {
                        "setting": step.limit.key,
                        "label": step.limit.label,
                        "from": step.old,
                        "to": step.new,
                        "not_enough": step.proven,
                    }
                    for step in repair.loosenings
                ],
                "checked": repair.checked,
                "objective_million_yen": repair.objective_million_yen,
            }
            for repair in found.repairs
        ],
        "seconds": {name: round(value, 3) for name, value in found.seconds.items()},
        "questions": found.questions,
    }

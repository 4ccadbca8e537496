"""A report as one HTML file that opens without network: everything it shows or needs stands in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from optimization.archive import written_over
from optimization.dictionary.tiers import TIERS, tier_of
from optimization.errors import InputError, Problem
from optimization.report import flows, gains, maps, open_matters, roles, sections, sentences, verdicts
from optimization.report.language import Language, Speaker, speaker
from optimization.report.opening import broken_limits, opening
from optimization.report.setting_values import setting_value
from optimization.report.titles import titled
from optimization.report.towns import town_data
from optimization.report.view import RunView, view_run

TEMPLATES = Path(__file__).with_name("templates")
WIDE, NARROW = (560.0, 430.0), (340.0, 470.0)
"""Sizes of the flow diagrams on a desk and in a hand, pixels."""

SECTIONS = ("recommendation", "package", "roles", "verdicts", "map", "town", "flows", "gains", "formula", "crisis",
            "years", "sure", "assumptions", "solved", "limits", "credits")  # fmt: skip
OPEN_HEADS = ("c_service", "c_group", "c_package")
CAVEATS = ("limit_norms", "limit_slopes", "limit_unions", "limit_tokyo", "limit_july", "limit_candidates")
TOWN_WORDS = {
    "people": "town_people", "coverage": "town_coverage", "grant": "town_grant", "margin": "town_margin",
    "travel": "town_travel", "bodies": "town_bodies", "services": "town_services", "body": "town_body",
    "body_today": "town_body_today", "none": "town_none", "yen": "yen_unit", "today": "c_today",
    "package": "c_package", "service": "c_service",
}  # fmt: skip


def render_report(
    folder: Path,
    case_folder: Path | None = None,
    studies: Sequence[Path] = (),
    language: Language = "en",
) -> str:
    """The report of a run as HTML. Raises `InputError` where there is no run with a plan, no case or no study."""
    return rendered(view_run(folder, case_folder, studies), language)


def rendered(run: RunView, language: Language) -> str:
    """The report of a run already read."""
    return page("report.html", report_context(run, speaker(language)))


def page(template: str, context: dict[str, Any]) -> str:
    """A template with its style and script in it; an undefined name in a template is an error."""
    style, script = ((TEMPLATES / f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    html = _environment().get_template(template).render(css=Markup(style), js=Markup(script), **context)
    return "\n".join(line for line in html.splitlines() if line.strip()) + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def embedded(data: object) -> Markup:
    """Data for a script element: JSON in which no text can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def report_context(run: RunView, say: Speaker) -> dict[str, Any]:
    """Everything the report's template shows."""
    return {
        "run": run,
        "say": say,
        "title": say("report_title", package=package_title(run, say)),
        "case_line": case_line(run, say),
        "sections": [(name, f"h_{name}") for name in SECTIONS if name != "verdicts" or open_matters.tells(run.tables)],
        "opening": [*_said(run, say), *opening_of(run, say)],
        "recommendation": sentences.recommendation(run, say),
        "costs": [[row["part"], row["today"], row["now"], row["said"]] for row in sections.costs(run, say)],
        "provisions": [p.said(say.language) for p in run.package.provisions],
        "verdicts": open_matters.section(run, names_of(run, say), say),
        **_roles(run, say),
        **_map(run, say),
        **_flows(run, say),
        **_gains(run, say),
        **_formula(run, say),
        **_crisis_and_years(run, say),
        **_sure(run, say),
        **_assumed(run, say),
        "solved": solved(run, say),
        "limits": [_known(name, run) for name in CAVEATS],
        "credits": credits(run, say),
        "data": embedded({"say": {key: say(phrase, hub="{hub}", count="{count}") for key, phrase in TOWN_WORDS.items()},
                          "tiers": {tier_of(tier).sign: say.word(tier) for tier in TIERS}, **town_data(run, say)}),
    }  # fmt: skip


def opening_of(run: RunView, say: Speaker) -> list[tuple[str, str]]:
    """The rows of the opening of a run: label and text."""
    record = run.record
    parts = record["baseline_parts_million_yen"], record["objective_parts_million_yen"]
    owner, spread = run.settings["pool.released"], record.get("saving_range")
    return opening(run.tables, run.places, *parts, owner, spread, say)


def names_of(run: RunView, say: Speaker) -> verdicts.Names:
    """What services and rule groups of a run are called."""
    return verdicts.Names(lambda name: run.service(name, say), lambda label: run.group(label, say))


def _said(run: RunView, say: Speaker) -> list[tuple[str, list[str]]]:
    """What to do now, only if and not, and what to find out first: label and texts of each row."""
    rows = verdicts.said(run.tables, names_of(run, say), say)
    return [(label, texts or [say("verdict_nothing")]) for label, texts in rows]


def package_title(run: RunView, say: Speaker) -> str:
    """The package as its authors call it."""
    name = run.package.called(say.language)
    return name.removeprefix("Resolved: ").removeprefix("確定版：").removeprefix("確定版:")


def case_line(run: RunView, say: Speaker) -> str:
    """Which case, how many governments."""
    record = run.record
    return say(
        "case_line",
        case=record["case"],
        year=record["fiscal_year"],
        places=say.number(record["municipalities"]),
        prefectures=record["prefectures"],
        services=record["services"],
    )


def _known(limit: str, run: RunView) -> str:
    """A limit of the figures as it holds for a run whose case knows no bodies of today."""
    unknown = limit == "limit_unions" and "bodies_today" not in run.tables
    return "limit_unions_unknown" if unknown else limit


def _roles(run: RunView, say: Speaker) -> dict[str, Any]:
    table = roles.matrix(run, say)
    folded = [_folded(row, say) for row in table.rows] if len(table.groups) > roles.MANY else []
    return {
        "roles": table,
        "folded": folded,
        "signs": roles.SIGNS,
        "functions": roles.functions(run, say),
        "saved": roles.savings(run, say),
    }


def _folded(row: roles.Row, say: Speaker) -> list[str]:
    """A service of a matrix with too many columns: how many groups each tier answers for."""
    cells = [cell for cell in row.cells if cell is not None]
    counts = (Counter(cell.today for cell in cells), Counter(cell.tier for cell in cells))
    said = [", ".join(f"{say.word(tier)} {n}" for tier, n in count.most_common()) for count in counts]
    shared = say.share(row.shared) if row.shared > 0 else "–"
    return [row.label, *said, shared, say.money(row.change, signed=True)]


def _map(run: RunView, say: Speaker) -> dict[str, Any]:
    return {
        "map": maps.map_data(run),
        "open_places": open_matters.open_places(run) if open_matters.tells(run.tables) else {},
        "open_key": open_matters.open_key(say),
        "coverage_key": key_of(maps.COVERAGE_STEPS, say),
        "bodies_key": bodies_key(say),
    }


def key_of(steps: Sequence[float], say: Speaker) -> list[str]:
    """Words of the classes between steps."""
    first, *rest = [f"{step:.2f}" for step in steps]
    words = [say("below", value=first)]
    words += [say("between", low=low, high=high) for low, high in zip([first, *rest], rest, strict=False)]
    return [*words, say("above", value=rest[-1])]


def bodies_key(say: Speaker) -> list[str]:
    """Words of the classes of shared services."""
    steps = maps.BODY_STEPS
    words = [say("none_shared")]
    for low, high in pairwise(steps):
        words.append(
            say("one_service", low=low) if high == low + 1 else say("count_services", low=low, high=high - 1)
        )
    return [*words, say("more_services", value=steps[-1])]


def _flows(run: RunView, say: Speaker) -> dict[str, Any]:
    before, after = flows.flows(run, today=True), flows.flows(run, today=False)
    most = flows.largest(before, after)
    names = (*flows.SOURCES, *TIERS, *flows.USES)
    return {
        "pictures": [
            (key, flows.sankey(found, *WIDE, most), flows.sankey(found, *NARROW, most))
            for key, found in (("flows_today", before), ("flows_package", after))
        ],
        "node_names": {name: flows.node(name, say) for name in names},
        "flow_table": [list(row.values()) for row in flows.flow_rows(run, say)],
    }


def _gains(run: RunView, say: Speaker) -> dict[str, Any]:
    classes, prefectures = gains.by_class(run, say), gains.by_prefecture(run, say)
    least, most = gains.ends(run)
    return {
        "classes": classes,
        "by_prefecture": prefectures,
        "strip": gains.strip([*classes, *prefectures]),
        "least": least,
        "most": most,
        "losers": gains.losers(run),
    }


def _formula(run: RunView, say: Speaker) -> dict[str, Any]:
    return {
        "allocation": [
            [r["name"], r["when"], *r["amounts"], r["count"]] for r in sections.allocation(run, say)
        ],
        "parameters": [list(row.values()) for row in sections.parameters(run, say)],
        "taxes": [[row["name"], *row["shares"]] for row in sections.taxes(run, say)],
        "key_measures": [list(row.values()) for row in sections.measures(run, say, first=True)],
        "measures": [list(row.values()) for row in sections.measures(run, say, first=False)],
    }


def _crisis_and_years(run: RunView, say: Speaker) -> dict[str, Any]:
    crisis = sections.crisis(run, say)
    return {
        "crisis": crisis,
        "crisis_scenarios": [list(row.values()) for row in crisis["scenarios"]] if crisis else [],
        "reserves": [list(row.values()) for row in crisis["reserves"]] if crisis else [],
        "years": [list(row.values()) for row in sections.years(run, say)],
        "waiting": [list(row.values()) for row in sections.waiting(run, say)],
    }


def _sure(run: RunView, say: Speaker) -> dict[str, Any]:
    even = sentences.break_even(run) if sentences.saving(run) > 0 else []
    share = sentences.realised_share(run)
    return {
        "break_even": [
            [
                say.word(each.part.name),
                say.amount(each.part.today),
                say.amount(each.part.now),
                say.amount(each.at_double),
                say("never")
                if each.multiple == float("inf")
                else say("times", value=say.number(each.multiple, 1)),
            ]
            for each in even
        ],
        "realised": say("breakeven_standard", share=say.share(share, 0)) if share is not None else "",
        "studies": [_study(sections.study(found, run, say), say) for found in run.studies],
    }


def _study(found: dict[str, Any], say: Speaker) -> dict[str, Any]:
    """A study's tables with their headings."""
    ends = [say("c_at_low"), say("c_at_high")]
    lead = {key: found[key] for key in ("name", "draws", "numbers", "factors", "impossible")}
    cost, duties = say("c_effect_cost"), say("c_effect_duties")
    heads = [say("c_factor"), *(ends if found["ends"] else [say("c_change")])]
    wide = [f"{what}, {end}" for what in (cost, duties) for end in ends] if found["ends"] else [cost, duties]
    return {
        "lead": lead,
        "note": found["note"],
        "effect_heads": heads,
        "cost": [[row["name"], *row["values"]] for row in found["cost"]],
        "plan": [[row["name"], *row["values"]] for row in found["plan"]],
        "travel_heads": [say("c_factor"), *wide],
        "travel": [[row["name"], *row["values"]] for row in found["travel"]],
        "open": [list(row.values()) for row in found["open"]],
        "open_lead": say("overturned_lead" if found["ends"] else "open_lead"),
        "open_heads": [say(head) for head in OPEN_HEADS]
        + [say("c_overturned_by" if found["ends"] else "c_holds"), say("c_rival")],
    }


def _assumed(run: RunView, say: Speaker) -> dict[str, Any]:
    services = run.service_labels[f"label_{say.language}"]
    return {
        "assumptions": sections.assumptions(run, say),
        "assumptions_lead": _assumptions_lead(run, say),
        "changes": [
            [
                say.setting(row["setting"]),
                *(setting_value(row[end], services, say) for end in ("from", "to")),
                titled(row["source"], say),
            ]
            for _, row in run.changes.iterrows()
        ],
    }


def _assumptions_lead(run: RunView, say: Speaker) -> str:
    counted = sentences.assumptions_counted(run, say)
    rest = say("assumptions_rest", on=counted["on"]) if "on" in counted else ""
    return sentences.joined(say, say("assumptions_lead", marked=counted["marked"]), rest)


METHODS = ("plain", "decomposed")
"""Ways of solving that have a name."""


def solved(run: RunView, say: Speaker) -> list[str]:
    """How the run was solved and what its certificate means."""
    record = run.record
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    closing = [say("versions_line", versions=versions), say("inputs_line")]
    cost = say.money(record["objective_million_yen"])
    if record["gap"] is None:
        broken = broken_limits(run.tables, say)
        return [
            say("applied_lead", cost=cost),
            say("applied_means", broken="; ".join(broken) or say("open_breach_none")),
            say("applied_line"),
            *closing,
        ]
    lead = say(
        "solved_lead",
        status=say.word(record["status"]),
        cost=cost,
        bound=say.money(record["bound_million_yen"]),
        gap=say.gap(record["gap"]),
        asked=say.share(record["asked_gap"], 3),
    )
    size = say(
        "size_line",
        columns=say.number(record["columns"]),
        integers=say.number(record["integer_columns"]),
        rows=say.number(record["rows"]),
        bodies=say.number(record["candidate_bodies"]),
        seconds=say.number(sum(record["seconds"].values()), 1),
        method=say(f"method_{record['method']}") if record["method"] in METHODS else record["method"],
        seed=record["seed"],
        threads=record["threads"],
    )
    checked = say("checked", breaches=len(record["breaches"]))
    return [
        lead,
        say("certificate_means"),
        checked,
        size,
        *closing,
    ]


def credits(run: RunView, say: Speaker) -> list[str]:
    """Publishers of the case's figures, from its description."""
    try:
        described = json.loads((run.case.path / "datapackage.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [say.text(str(entry["title"])) for entry in described.get("contributors", [])]


def write_report(content: str | bytes, target: Path) -> None:
    """Write a page or a document whole, or nothing; an older one in its place is replaced."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        written_over(target, content)
    except OSError as error:
        remedy = "name another place with --out"
        raise InputError([Problem(str(target), f"cannot be written ({error.strerror})", remedy)]) from error

"""Candidate bodies: connected sets of neighbours, each once, within the package's bounds."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from optimization.case.case import Case
from optimization.case.rule_groups import rule_groups
from optimization.geography.candidates import Bodies, borders_of, candidate_bodies
from optimization.geography.distance import straight_km
from optimization.geography.existing import existing_bodies
from tests.small_case import Service, Town, make_case, settings

PLACES = {"01201": 0.0, "01202": 10.0, "01203": 30.0, "01204": 60.0, "02201": 70.0}
CHAIN = [("01201", "01202"), ("01202", "01203"), ("01203", "01204"), ("01204", "02201")]


def chain(**case: Any) -> Case:
    """Four towns of one prefecture in a row and one beyond its border, people 10,000 to 50,000."""
    towns = [
        Town(code, 10_000 * (n + 1), east_km=km, area=code[:2] + ("01" if km < 50 else "02"))
        for n, (code, km) in enumerate(PLACES.items())
    ]
    return make_case(towns, [Service("fire")], borders=case.pop("borders", CHAIN), **case)


def bodies_of(case: Case, **changes: Any) -> Bodies:
    changes = {"wide_area.radius_km": 1000.0, "wide_area.services": "all", **changes}
    asked = settings(case, **changes)
    groups = rule_groups(case, asked, np.ones((len(case.codes), len(case.services))))
    existing = existing_bodies(case, groups, asked["wide_area.keep_existing"])
    return candidate_bodies(case, asked, straight_km(case.municipalities), existing)


def sets_of(bodies: Bodies, case: Case) -> dict[str, str]:
    """Members (last digits, joined) and source of every candidate."""
    names = ["".join(code[-1] for code in case.codes[bodies.members(b)]) for b in range(len(bodies))]
    return dict(zip(names, bodies.table["source"], strict=True))


def test_nearest_sets_grow_by_the_nearest_town_that_touches() -> None:
    """From 1: 2 (10 km), then 3. From 2: 1 (10 km), then 3. From 3: 2 (20 km), then 1 or 4: both 30 km from
    3, the first in order. From 4: 3, then 2."""
    case = chain()
    found = bodies_of(case, **{"wide_area.sources": ["nearest"], "wide_area.neighbours": 2})
    assert sets_of(found, case) == dict.fromkeys(["12", "123", "23", "34", "234"], "nearest")


def test_a_town_that_lies_near_but_does_not_touch_comes_later() -> None:
    """Town 4 touches only 1: from 1 its sets are 12 and 124; it never joins 2 without 1."""
    case = chain(borders=[("01201", "01202"), ("01201", "01204")])
    found = bodies_of(case, **{"wide_area.sources": ["nearest"], "wide_area.neighbours": 2})
    assert set(sets_of(found, case)) == {"12", "14", "124"}


def test_bodies_cross_the_border_of_prefectures_only_where_the_package_says_so() -> None:
    case = chain()
    keys = {"wide_area.sources": ["nearest"], "wide_area.neighbours": 1}
    assert "41" not in sets_of(bodies_of(case, **keys), case)
    across = bodies_of(case, **keys, **{"wide_area.cross_prefectures": True})
    assert set(sets_of(across, case)) == {"12", "23", "41"}  # from 4 and from 02201 the nearest is each other


def test_clusters_are_the_nodes_of_the_tree_cut_to_connected_parts() -> None:
    """Average linkage: 1 and 2 (10), 12 with 3 (25), 123 with 4 (46.7)."""
    case = chain()
    assert set(sets_of(bodies_of(case, **{"wide_area.sources": ["clusters"]}), case)) == {"12", "123", "1234"}
    # without the border of 2 and 3 the last node falls apart: 12 and 34
    gap = chain(borders=[("01201", "01202"), ("01203", "01204")])
    assert set(sets_of(bodies_of(gap, **{"wide_area.sources": ["clusters"]}), gap)) == {"12", "34"}


def test_medical_areas_within_the_prefecture() -> None:
    case = chain()
    assert sets_of(bodies_of(case, **{"wide_area.sources": ["medical_areas"]}), case) == {
        "123": "medical_areas"
    }


def test_a_users_own_body_is_taken_as_it_is() -> None:
    case = chain(bodies={"mine": ["01201", "01204"]})
    assert sets_of(bodies_of(case, **{"wide_area.sources": ["user"]}), case) == {"14": "user"}


def test_a_set_from_several_sources_is_one_candidate_of_the_first() -> None:
    case = chain(bodies={"mine": ["01202", "01201"]})
    found = sets_of(bodies_of(case, **{"wide_area.sources": ["nearest", "medical_areas", "user"]}), case)
    assert (found["12"], found["123"], found["23"]) == ("user", "medical_areas", "nearest")


def test_the_hub_is_the_most_populous_member_and_the_table_tells_the_size() -> None:
    case = chain()
    found = bodies_of(case, **{"wide_area.sources": ["clusters"]})
    row = found.table.iloc[list(sets_of(found, case)).index("123")]
    assert row["hub"] == "01203" and row["members"] == 3
    assert row["population_persons"] == 60_000 and row["max_km"] == pytest.approx(30)


@pytest.mark.parametrize(
    ("bound", "left"),
    [
        ({"wide_area.max_members": 3}, {"12", "123"}),
        ({"wide_area.max_members": 2}, {"12"}),
        ({"wide_area.max_population_persons": 60_000}, {"12", "123"}),
        ({"wide_area.max_population_persons": 59_999}, {"12"}),
        ({"wide_area.min_population_persons": 60_000}, {"123", "1234"}),
        ({"wide_area.radius_km": 59.0}, {"12", "123"}),  # the hub of 1234 is 4, 60 km from 1
        ({"wide_area.radius_km": 5.0}, set()),
    ],
)
def test_candidates_keep_to_the_bounds_of_the_package(bound: dict[str, Any], left: set[str]) -> None:
    case = chain()
    assert set(sets_of(bodies_of(case, **{"wide_area.sources": ["clusters"], **bound}), case)) == left


def test_random_maps_give_connected_sets_each_once_within_bounds() -> None:
    for seed in range(5):
        draw = np.random.default_rng(seed)
        codes = [f"01{n:03d}" for n in range(201, 216)]
        towns = [
            Town(c, int(draw.integers(1, 90)) * 1000, east_km=float(draw.uniform(0, 120))) for c in codes
        ]
        tree = nx.random_labeled_tree(len(codes), seed=seed)
        case = make_case(towns, [Service("fire")], borders=[(codes[a], codes[b]) for a, b in tree.edges])
        found = bodies_of(case, **{"wide_area.max_members": 6, "wide_area.radius_km": 80.0})
        graph = nx.Graph((i, j) for i, near in enumerate(borders_of(case, False)) for j in near)
        seen = {tuple(sorted(found.members(b))) for b in range(len(found))}
        assert len(seen) == len(found) > 10
        km = straight_km(case.municipalities)
        for b in range(len(found)):
            members = found.members(b)
            assert nx.is_connected(graph.subgraph(members.tolist()))
            assert 2 <= len(members) <= 6
            hub = case.codes.get_loc(found.table["hub"].iloc[b])
            assert hub in members and km[hub, members].max() <= 80.0


def test_without_any_set_there_is_an_empty_table_with_its_columns() -> None:
    found = bodies_of(chain(), **{"wide_area.sources": ["user"]})
    assert len(found) == 0 and found.membership.shape == (0, 5)
    columns = ["hub", "source", "members", "population_persons", "max_km", "within_bounds"]
    assert list(found.table) == columns


def test_of_equal_members_the_first_in_order_is_the_hub() -> None:
    towns = [Town(code, 20_000, east_km=km) for code, km in PLACES.items() if code.startswith("01")]
    case = make_case(towns, [Service("fire")], borders=CHAIN[:3])
    assert set(bodies_of(case, **{"wide_area.sources": ["clusters"]}).table["hub"]) == {"01201"}

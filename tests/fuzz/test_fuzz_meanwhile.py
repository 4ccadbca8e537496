"""Two hundred edits of inputs while a study runs, or while a case is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.fuzz.driver import failures
from tests.fuzz.meanwhile import lines
from tests.fuzz.test_fuzz_mutations import noted

pytestmark = pytest.mark.fuzz
AT_ONCE = 50


@pytest.mark.parametrize("first", range(0, 200, AT_ONCE))
def test_answers_are_those_of_the_question_as_it_was_asked(
    first: int, record_property: Callable[[str, object], None]
) -> None:
    found = lines(first, AT_ONCE)
    record_property("fuzz", noted(found))
    assert not failures(found), failures(found).replace(
        "tests.fuzz.worker meanwhile:", "tests.fuzz.meanwhile "
    )
    assert Counter(line["outcome"] for line in found)["equal"] >= AT_ONCE // 4

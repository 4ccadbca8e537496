"""The notebooks, executed anew, print what is committed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
# In a process of its own: the kernel's libraries warn, and warnings are errors among the tests.
EXECUTE = """
import json, runpy, sys
from pathlib import Path
build = runpy.run_path(sys.argv[1])
json.dump(build["executed"](Path(sys.argv[2])), sys.stdout)
"""


def outputs(notebook: dict) -> list[tuple[str, str]]:
    """Source of each code cell and all it printed."""
    return [
        ("".join(cell["source"]), "".join(map(_text, cell["outputs"])))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def _text(output: dict) -> str:
    return "".join(output.get("text") or output["data"]["text/plain"])


@pytest.mark.skipif(
    importlib.util.find_spec("nbclient") is None or importlib.util.find_spec("ipykernel") is None,
    reason="nbclient or ipykernel is not installed",
)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_its_committed_outputs(path: Path) -> None:
    line = [sys.executable, "-c", EXECUTE, str(DOCS / "build_notebooks.py"), str(path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    committed = outputs(json.loads(path.read_text(encoding="utf-8")))
    assert sum(bool(text) for _, text in committed) >= 5
    assert outputs(json.loads(done.stdout)) == committed, "run: python docs/build_notebooks.py"


def test_there_are_two_notebooks_and_they_name_no_local_path() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["01_first_reform", "02_what_if_an_assumption_is_wrong"]
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        assert len(text) < 40_000
        assert not any(f"/{root}/" in text for root in ("tmp", "home", "root", "work"))

"""Execute the notebooks anew and write them with their outputs.

    python docs/build_notebooks.py

Only text is kept of an output, and nothing that differs from run to run, so that a test can hold a notebook against
what its code gives today.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = sorted((Path(__file__).resolve().parent / "notebooks").glob("*.ipynb"))
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
SECONDS = 300


def executed(path: Path) -> NotebookNode:
    """The notebook with the outputs its code gives now."""
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    notebook.metadata = NotebookNode({**KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata = NotebookNode()  # times of execution
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = NotebookNode({"text/plain": output.data["text/plain"]})
    return notebook


def main() -> None:
    """Write all notebooks."""
    for path in NOTEBOOKS:
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    main()

"""What the site changes in the pages: notebooks become pages, links that leave docs/ become names.

The pages are read in the repository too, where a link to `../optimization/costs` leads somewhere; the site holds
docs/ alone. Notebooks are turned here and not by a plugin: plugins load scripts from elsewhere into the page.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

OUTWARD = re.compile(r"\[([^\]\n]*)\]\((?:\.\./)+([^)\s]+)\)")
NOTEBOOK = re.compile(r"(\]\([^)\s]+)\.ipynb\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A page for every notebook; the notebook itself stays beside it, to be fetched."""
    for file in list(files):
        if file.src_uri.endswith(".ipynb") and file.abs_src_path:
            text = page_of(Path(file.abs_src_path))
            files.append(File.generated(config, file.src_uri.removesuffix(".ipynb") + ".md", content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page without links that leave docs/; links to notebooks lead to their pages."""
    return outside_fences(markdown, lambda text: NOTEBOOK.sub(r"\1.md)", OUTWARD.sub(_name, text)))


def outside_fences(markdown: str, change: Any) -> str:
    """The text with a change made outside fenced blocks, which show code as it is."""
    parts, at = [], 0
    for block in FENCED.finditer(markdown):
        parts += [change(markdown[at : block.start()]), block[0]]
        at = block.end()
    return "".join([*parts, change(markdown[at:])])


def _name(link: re.Match[str]) -> str:
    """The link's words, with the path after them where the words do not name it."""
    words, path = link[1], link[2].partition("#")[0]
    return words if path.rstrip("/") in words else f"{words} (`{path}`)"


def page_of(notebook: Path) -> str:
    """A notebook as Markdown: text as it is, code and what it printed in fences."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    parts = [part for cell in cells for part in _parts(cell)]
    title = parts[0] if parts else f"# {notebook.stem}"
    fetch = f'<a href="{notebook.name}" download>Fetch this page as a notebook.</a>'
    return "\n\n".join([title, fetch, *parts[1:]]) + "\n"


def _parts(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    printed = [text for output in cell.get("outputs", []) if (text := output_text(output))]
    return [_fence("python", source), *(_fence("text", text) for text in printed)]


def output_text(output: dict[str, Any]) -> str:
    """What an output of a cell says in plain text."""
    said = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(said).rstrip()


def _fence(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"

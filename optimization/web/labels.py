"""Names and notes that users give runs, and what a run was asked from: kept beside the sealed folders."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from optimization.archive.folders import written_over
from optimization.reading.files import MOST_SETTINGS, read_text
from optimization.web.cases import OWN, OWN_ID

ID = re.compile(r"[0-9a-f]{16}")
"""Name on the page of a run that is not the page's own."""

KEPT_SECONDS = 3 * 86_400.0
"""How long the label of a run without a folder is kept: another server may still be at work on it."""

MOST_NAME, MOST_NOTE = 80, 2_000
"""Characters."""


@dataclass(frozen=True)
class Label:
    """What is known of a run beside its folder: name and note of the user ('' where he gave none), and the draft from
    which it was started (None for another run)."""

    name: str = ""
    note: str = ""
    draft: dict[str, Any] | None = None


NONE = Label()


class Labels:
    """The labels of the runs of a folder of results, a small file each."""

    def __init__(self, results: Path) -> None:
        self.folder = results / OWN / ".labels"

    def get(self, run: str) -> Label:
        """The label of a run; one that cannot be read is none."""
        if not is_id(run):
            return NONE
        try:
            found = json.loads(read_text(self.folder / f"{run}.json", MOST_SETTINGS))
            draft = found.get("draft")
            return Label(
                one_line(str(found.get("name", ""))),
                lines(str(found.get("note", ""))),
                draft if isinstance(draft, dict) else None,
            )
        except (OSError, ValueError, AttributeError, RecursionError):
            return NONE

    def put(self, run: str, label: Label) -> None:
        """Keep the label of a run, whole or not at all; raises OSError where the disk takes none."""
        if is_id(run):
            self.folder.mkdir(parents=True, exist_ok=True)
            written_over(self.folder / f"{run}.json", json.dumps(asdict(label), ensure_ascii=False))

    def sweep(self) -> None:
        """Forget, some days later, what was known of runs of the page that never came to be or are gone."""
        with suppress(OSError):
            for file in self.folder.glob("*.json"):
                own, old = OWN_ID.fullmatch(file.stem), time.time() - file.stat().st_mtime > KEPT_SECONDS
                if own and old and not (self.folder.parent / file.stem).is_dir():
                    self.drop(file.stem)

    def drop(self, run: str) -> None:
        """Forget the label of a run."""
        if is_id(run):
            with suppress(OSError):
                (self.folder / f"{run}.json").unlink()


def is_id(run: str) -> bool:
    """Whether a text is what the page calls a run."""
    return bool(OWN_ID.fullmatch(run) or ID.fullmatch(run))


def one_line(text: str) -> str:
    """A name as it is kept: one line without signs that cannot be seen, cut where it is long."""
    return " ".join(_visible(text).split())[:MOST_NAME]


def lines(text: str) -> str:
    """A note as it is kept: its lines, without other signs that cannot be seen, cut where it is long."""
    parts = (" ".join(_visible(line).split()) for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(parts).strip()[:MOST_NOTE]


def _visible(text: str) -> str:
    """A text without control and format signs, which could hide or turn what stands beside them."""
    return "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )

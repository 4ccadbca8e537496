"""Texts of files, names and figures set into a Markdown file, where they mean nothing but themselves."""

from __future__ import annotations

import re

SIGNS = re.compile(r"(?<!\w)_|_(?!\w)|[\\`*\[\]<>#|~&$]")
"""What Markdown would read; an underscore only where it is not within a word."""


def in_markdown(text: str) -> str:
    """A text on one line in which no sign begins markup, a link or an element."""
    return SIGNS.sub(r"\\\g<0>", " ".join(text.split()))

"""Printing text as it is: nothing in a title, a path or a name is markup, moves the cursor or ends the command.

What a console cannot show (a control character anywhere, a sign its encoding lacks) stands there as its escape.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that a terminal obeys instead of showing them; line ends and tabs stay."""


def visible(text: str) -> str:
    r"""A text with its control characters as escapes, such as \x1b."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class PlainConsole(Console):
    """A console to which every text is only text; looks are asked for by `style` alone."""

    def __init__(self, **more: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, soft_wrap=True, **more)

    def render_str(self, text: str, **more: Any) -> Text:
        """A text as it will be printed, in a table or on a line."""
        return super().render_str(visible(text), **more)


def any_console() -> None:
    """Let standard output and error print an escape for a sign that their encoding lacks, as one of Windows may."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: object, **more: Any) -> None:
    """One JSON document on standard output, in escapes of JSON's own where the console could not show its signs."""
    text = json.dumps(value, ensure_ascii=False, **more)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(value, **more)
    print(text)

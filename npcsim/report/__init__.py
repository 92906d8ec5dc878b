"""`npcsim report`: what happened in a run, what it cost, and why. Reads the log, nothing else.

`story` folds events and model calls into plain data; `text`, `print_story` and `html` tell it,
`numbers` has its numbers. Deleting this package breaks only the commands that print it. Names are
loaded when first used: the command line imports this room to know its commands, and is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npcsim.report.facts.beginning import beginning_of, story_of
    from npcsim.report.facts.gather import story
    from npcsim.report.facts.story import Story
    from npcsim.report.web.page import html
    from npcsim.report.words.numbers import numbers
    from npcsim.report.words.onward import after_report, after_run
    from npcsim.report.words.sayings import summary_lines
    from npcsim.report.words.terminal import print_costs, print_story, text

__all__ = [
    "Story",
    "after_report",
    "after_run",
    "beginning_of",
    "html",
    "numbers",
    "print_costs",
    "print_story",
    "story",
    "story_of",
    "summary_lines",
    "text",
]

_FROM = {
    "Story": "facts.story",
    "after_report": "words.onward",
    "after_run": "words.onward",
    "beginning_of": "facts.beginning",
    "html": "web.page",
    "numbers": "words.numbers",
    "print_costs": "words.terminal",
    "print_story": "words.terminal",
    "story": "facts.gather",
    "story_of": "facts.beginning",
    "summary_lines": "words.sayings",
    "text": "words.terminal",
}


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"npcsim.report.{_FROM[name]}"), name)

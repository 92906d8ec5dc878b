"""`npcsim report`: what happened in a run, what it cost, and why. Reads the log, nothing else.

`story` folds events and model calls into plain data; `text`, `print_story` and `html` tell it.
Deleting this package breaks only the commands that print it.
"""

from npcsim.report.facts.beginning import beginning_of, story_of
from npcsim.report.facts.gather import story
from npcsim.report.facts.story import Story
from npcsim.report.web.page import html
from npcsim.report.words.sayings import summary_lines
from npcsim.report.words.terminal import print_costs, print_story, text

__all__ = [
    "Story",
    "html",
    "beginning_of",
    "print_costs",
    "print_story",
    "story",
    "story_of",
    "summary_lines",
    "text",
]

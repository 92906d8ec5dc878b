"""Speech acts: what is done by saying something, what it refers to, and the words it is put in.

An utterance is an act first (J. L. Austin, "How to Do Things with Words", 1962; J. R. Searle,
"Speech Acts", 1969): what a listener learns is what the act refers to, however clumsy its words.
Words are data: they are remembered and shown in quotation marks, and never read as instructions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = (
    "greet", "inform", "ask", "answer", "request", "offer", "accept", "refuse", "promise",
    "threaten", "thank", "bye",
)  # fmt: skip
"""What can be done by saying something. Small talk is a greeting that goes on."""
MODEL, PARAPHRASE, FALLBACK, GIVEN = "model", "paraphrase", "fallback", "given"
ORIGINS = (MODEL, PARAPHRASE, FALLBACK, GIVEN)
"""Where words are from: a model; one of our paraphrases; a paraphrase in place of a model's words
that failed or were not fit to be said; or given with the act, by a player or a tool."""
ASSERTING = frozenset({"inform", "answer"})
"""Acts that say that something is so. Only these can be lies."""
REPLIES = frozenset({"answer", "accept", "refuse"})
"""Acts there is only room for where another has put something to one: the second halves of
adjacency pairs (E. A. Schegloff and H. Sacks, "Opening up Closings", Semiotica 8, 1973)."""
ANSWERING = REPLIES | {"promise"}
"""Acts that may answer it. A promise is also given unasked."""


@dataclass(frozen=True, slots=True)
class References:
    """What a speech act is about. Whatever it does not refer to is empty or 0.

    memory: the id, among the speaker's own memories, of what it rests on; 0 where it rests on
    none. fact: what is told, or asked about, in words. person, place, item: ids; `amount` of that
    item. want, want_amount: what is wanted in return. due: the tick by which. terms: (issue,
    value) of what is negotiated.
    """

    memory: int = 0
    fact: str = ""
    person: str = ""
    place: str = ""
    item: str = ""
    amount: int = 0
    want: str = ""
    want_amount: int = 0
    due: int = 0
    terms: tuple[tuple[str, str | float], ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechAct:
    """One utterance. kind: see `KINDS`. speaker, to: ids; nobody in `to`: meant for all who hear.

    by: where the words are from, see `ORIGINS`. lie: the speaker knows that what is told differs
    from what he or she has in mind.
    """

    kind: str
    speaker: str
    to: tuple[str, ...] = ()
    about: References = field(default_factory=References)
    words: str = ""
    by: str = GIVEN
    lie: bool = False

    @property
    def asserts(self) -> bool:
        """Whether it says that something is so."""
        return self.kind in ASSERTING

"""The tables of a run: their columns, and the rows that events and model calls make."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim.store import sheet_rows as rows
from npcsim.store.sheet import Sheet, fill
from npcsim.store.sheet import sheet as _sheet

__all__ = ["SHEETS", "Sheet", "fill"]

_NPC = "npc: Who, by id.\n"
SHEETS: Mapping[str, Sheet] = {
    sheet.name: sheet
    for sheet in (
        _sheet(
            "npcs",
            "Everybody in the run, as at its start.",
            """id: What the log and scenario call it.
            name: What people call it.
            archetype: Its kind.
            behaviour: Its state machine; empty for none.
            state: The state it begins in.
            mind: Whether it thinks.
            goal: Its goal in words.
            x [tiles]: Where it begins.
            y [tiles]: Where it begins.
            carries: Item to how many.""",
            ("RunStarted",),
            rows.cast,
            timed=False,
        ),
        _sheet(
            "decisions",
            "What came of each thought.",
            _NPC
            + """purpose: plan, react, speak or reflect.
            tier: Who answered: reflex, local, ...
            text: What was decided, in the option's words.
            options: How many options there were.
            utility: The body's utility of the one taken; None for words.
            probability: The model's probability of it; None where the model gave none.
            blended: What the dice drew it with; None for words.
            fallback: Whether the model failed and needs decided instead.
            reason: Why this tier was asked.
            thought: The thought's id.
            effort: At which effort it answered; empty where it has but one.""",
            ("Decided",),
            rows.decision,
        ),
        _sheet(
            "routes",
            "Every tier the router looked at: when a thought was asked, and when it was decided.",
            _NPC
            + """thought: The thought's id.
            when: asked: whom to ask; decided: whether a dearer one too.
            tier: The tier looked at.
            effort: At which effort; empty where it has but one.
            asked: Whether it was asked.
            price [USD]: What asking was forecast to cost.
            worth [USD]: What it would be worth; 0 where that was not weighed.
            why_not: Why it was not asked; empty where it was.
            reason: The router's reason, as a whole.""",
            ("Asked", "Decided"),
            rows.route,
        ),
        _sheet(
            "weighed",
            "Every option of every decision.",
            _NPC
            + """thought: The thought's id.
            tier: Who answered.
            option: The option's words.
            utility: The body's utility.
            probability: The model's; None where it gave none.
            blended: What the dice drew from.
            taken: Whether this one was taken.""",
            ("Decided",),
            rows.weighed,
        ),
        _sheet(
            "landings",
            "Each answer to a thought, or its failure, at the tick it came in.",
            _NPC
            + """thought: The thought's id.
            tier: Who was asked.
            model: The model's name.
            answered: Whether there was an answer.
            error: Why not, where there was none.
            late: Whether it came after its time.
            input [tokens]: Tokens read, cached ones too.
            output [tokens]: Tokens written.
            cached [tokens]: Of those read, how many the model had kept.
            written [tokens]: Of those read, how many it keeps from now on.
            computed [tokens]: Read and not cached, and written; a neutral text's, where it was.
            kept: Whether the answer was there from before: nothing was asked or charged.
            cost [USD]: Its price.
            key: What the model call is filed under.""",
            ("Landed",),
            rows.landing,
        ),
        _sheet(
            "calls",
            "Each question put to a model, at the tick it was kept.",
            _NPC
            + """thought: The thought's id.
            kind: choose or write.
            purpose: What the question was for.
            tier: Who was asked.
            model: The model's name.
            input [tokens]: Tokens read, cached ones too.
            output [tokens]: Tokens written.
            cached [tokens]: Of those read, how many the model had kept.
            written [tokens]: Of those read, how many it keeps from now on.
            computed [tokens]: Read and not cached, and written; a neutral text's, where it was.
            kept: Whether the answer was there from before: nothing was asked or charged.
            wall [s]: Real seconds until the answer.
            cost [USD]: Its price.
            error: Why there was no answer; empty where there was.
            key: What the call is filed under: model and request.""",
            (),
            rows.call,
        ),
        _sheet(
            "costs",
            "Where tokens and money went: by hour, tier, model, NPC and purpose.",
            """hour: The hour of the simulation in which it was asked, as `day 1 06:00`.
            tier: Who was asked.
            model: The model's name.
            npc: Who asked, by id.
            purpose: plan, react, speak or reflect.
            calls: How many answers, or failures, came in.
            kept: Of those, answers that were there from before: nothing was asked or charged.
            failed: Of those, how many failed.
            cancelled: Of those, how many were given up on the way.
            input [tokens]: Tokens read, cached ones too.
            cached [tokens]: Of those read, how many were cached.
            written [tokens]: Of those read, how many were put into the cache.
            output [tokens]: Tokens written as answers.
            computed [tokens]: Read and not cached, and written; a neutral text's, where it was.
            cost [USD]: What all of it cost.
            lost [USD]: Of that, what failed or was given up.""",
            ("Asked", "Landed"),
            timed=False,
            whole=rows.costs,
        ),
        _sheet(
            "prompts",
            "How long questions were, by tier and purpose, as each tier's own tokenizer counted.",
            """tier: The tier.
            model: The model's name.
            purpose: plan, react, speak, reflect, ...
            questions: How many were asked and answered; kept answers were not asked.
            mean [tokens]: Tokens read for one, cached ones too.
            median [tokens]: The middle one.
            largest [tokens]: The longest.
            cached [tokens]: Of those read, how many were cached, on average.
            output [tokens]: Tokens written as an answer, on average.
            trimmed: Memories left out of all of them for the budgets of `think: tokens:`.""",
            ("Asked", "Landed"),
            timed=False,
            whole=rows.prompts,
        ),
        _sheet(
            "measures",
            "The scenario's `measure:`, one number a row.",
            """name: The measure.
            group: The archetype, or all.
            value: The number, in the unit of what is measured.""",
            ("Measured",),
            rows.measure,
        ),
        _sheet(
            "deaths",
            "Who fell, for good or until healed.",
            _NPC
            + """how: dead or knocked out, by the scenario's rules; empty in logs of older versions.
            by: Who struck hardest; empty for nobody.
            cause: What brought it down.""",
            ("Fell",),
            rows.death,
        ),
        _sheet(
            "speech",
            "Everything said.",
            """npc: Who spoke.
            to: Whom to; empty for everybody near.
            place: Where.
            words: What was said.
            act: What was done by it: greet, inform, ask, answer, request, offer, accept, ...
            about: What it refers to: memory, fact, person, place, item, amount, due, ...
            fact: What was told; empty where nothing was.
            hop: 0 where the speaker was there, 1 where it was told by one who was, ...
            sure: How sure the speaker is of it, 0 to 1.
            origin: Who was there, by id; the speaker where it is made up.
            lie: Whether the speaker knows that it is not so.
            by: Where the words are from: model, paraphrase, fallback or given.""",
            ("Signalled",),
            rows.speech,
        ),
        _sheet(
            "promises",
            "Promises given, and kept or broken.",
            """npc: Who gave it.
            to: Whom to.
            what: What was promised, in words.
            how: given, kept or broken.
            due: By when, as `day 1 12:00`, where it is given.
            item: What is to change hands, if anything.
            amount: How many of it.
            place: Where to be when it is due, if anywhere.
            deed: What to do to the other, a tool's name, if anything.""",
            ("Promised", "PromiseKept", "PromiseBroken"),
            rows.promise,
        ),
        _sheet(
            "signals",
            "Every other signal of a single source.",
            """about: Its kind: attack, shout, offer, ...
            source: Who or what gave it.
            to: Whom it was meant for; empty for nobody in particular.
            place: Where.
            loudness [tiles]: How far it is heard.
            content: Its words.""",
            ("Signalled",),
            rows.signal,
        ),
        _sheet(
            "goals",
            "Plans, sub-goals and high goals taken up and ended.",
            _NPC
            + """goal: The plan; or the sub-goal, or the high goal, where those are the same.
            how: started, resumed, done, failed, dropped or interrupted.
            reason: Why it ended so.
            steps: Its steps in order, where it started.
            parent: The high goal it serves; empty for none.
            sub_goal: By which sub-goal.""",
            ("GoalStarted", "GoalEnded"),
            rows.goal,
        ),
        _sheet(
            "acts",
            "Tool calls begun and ended.",
            _NPC
            + """act: The act's number: a start and an end share it.
            tool: The tool.
            how: started, done, refused, interrupted or failed.
            text: The act in words.
            reason: Why it ended so.""",
            ("ActStarted", "ActEnded"),
            rows.act,
        ),
        _sheet(
            "memories",
            "What entered each NPC's memory, and the summaries that took its place.",
            _NPC
            + """id: What the NPC's memory is filed under; with `npc` it is unique.
            kind: seen, heard, did, felt, concluded; `summary` where memories were merged.
            text: Its text.
            importance: 0 to 1; None for a summary, which has that of the most important.
            about: The event or tool it is of.
            place: Where it was made.
            people: Who has to do with it, by id.
            source: Whom it was heard from; empty where it was not heard.
            hop: 1 where it is from one who was there, 2 from one who heard it there, ...
            sure: How sure the NPC is of it, 0 to 1.
            fact: What was passed on, in the words of `origin`.
            origin: Who was there.
            evidence: The ids of what a conclusion rests on.
            covers: How many memories it stands for.
            gone: The ids that a summary took the place of, or that were forgotten without one.""",
            ("Remembered", "Forgot"),
            rows.memory,
        ),
        _sheet(
            "knowledge",
            "Who came to know what, and from whom: each NPC's first hearing of each fact.",
            _NPC
            + """fact: What was passed on, in the words of `origin`.
            source: Whom it was heard from.
            origin: Who was there, or knew it from the start.
            hop: 1 where it is from `origin`, 2 from one who heard it there, ...
            sure: How sure the NPC is of it, 0 to 1.
            overheard: Whether it was meant for somebody else.
            place: Where.""",
            ("Remembered",),
            whole=rows.knowledge,
        ),
        _sheet(
            "lessons",
            "What NPCs concluded from how their plans went; a later one replaces an earlier one.",
            _NPC
            + """id: The memory that the lesson is.
            plan: The plan it is about.
            done: How often that had worked by then.
            failed: How often it had failed.
            place: Where it mostly did, if anywhere.
            text: The lesson in words.
            evidence: The ids of the memories that it rests on, the newest first.""",
            ("Remembered",),
            rows.lesson,
        ),
        _sheet(
            "recalls",
            "Memories that came to an NPC's mind as it thought.",
            _NPC + """id: The memory.""",
            ("Recalled",),
            rows.recalled,
        ),
        _sheet(
            "scenes",
            "Scenes that ended, and what negotiations came to; no agreement gains nobody anything.",
            """scene: Its name.
            who: Who was in it, by id.
            began [ticks]: The tick it began at.
            outcome: How it came out: its own, or left, fell, time is up, broken.
            terms: What was agreed on, in words; empty for nothing.
            moves: How many moves were made.
            gains: Who to what the terms were worth above no agreement, by own values at the start.
            joint_gain: The sum of the gains.
            best_joint_gain: The most that it could have been with a gain for all.
            nash: The product of the gains, 0 where one gained nothing.
            best_nash: The most that it could have been.
            pareto: Whether nothing else was better for one and worse for nobody.
            zone: How many terms were better for everybody than no agreement.
            threats: Who threatened to leave, and how often.
            votes: Who voted whether to ratify it.""",
            ("SceneEnded",),
            rows.scene,
        ),
        _sheet(
            "states",
            "Transitions of state machines.",
            _NPC
            + """state: The state entered.
            because: The transition that fired.""",
            ("StateChanged",),
            rows.state,
        ),
        _sheet(
            "ties",
            "Ties that changed; how they were at the start is `run.at(0).ties`.",
            _NPC
            + """to: Towards whom, by id.
            tie: Which: trust, fear, knows, likes or owes.
            value: How strong it is now, -1 to 1.""",
            ("Tied",),
            rows.tie,
        ),
        _sheet(
            "feelings",
            "What moved moods; the moods themselves are in `attributes`.",
            _NPC
            + """cause: What happened, and the NPC's role in it.
            by: Who did it; empty for nobody in particular.
            valence: What was added to valence.
            arousal: What was added to arousal.""",
            ("Felt",),
            rows.felt,
        ),
        _sheet(
            "attributes",
            "Changes of attributes, their steady drift left out.",
            _NPC
            + """attribute: Which.
            value: Its new value, in its own unit.
            cause: What changed it.
            by: Who caused it; empty for nobody.""",
            ("Changed",),
            rows.attribute,
        ),
    )
}
"""Every table by name."""

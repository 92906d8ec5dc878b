"""Inputs from outside, as plain data, and what they want of a tick.

{"do": "mara.go_to(tavern)"}                          an NPC is told to do something; with `args`,
                                                      a list, the call is the tool's name alone;
                                                      with `words`, these are what is said by it
{"signal": "bell", "place": "chapel", "loudness": 40, "content": "The bell rings"}
{"set": "mara", "attribute": "hp", "value": 50}       a value is changed by hand
{"tools": "from npcsim ...", "file": "tools.py"}      other tools: the text of a file of them
{"approve": "bran", "answer": "yes"}                  leave is given; or "no", or "wait" instead,
                                                      or another option that he has, in its words;
                                                      with `asked`, only if that is what waits
{"outside": 12, "npc": "mara", "result": {"fare": 3}} what act 12 of Mara's waits for; or, instead
                                                      of `result`, `refused` or `error` with why
{"say": "Is there bread?", "npc": "bo", "to": "mara"} somebody says these very words to another;
                                                      with `fact`, what they tell, to be passed on;
                                                      with `act`, what they do by it, as `request`
{"attention": "mara"}                                 where a player looks, so that what faces him
                                                      is thought first; {"x": 3, "y": 4}, or null
{"memory": "mara", "id": 7, "text": "Ivo paid."}      a memory is another; without `text` it is
                                                      forgotten, without `id` it is a new one
{"decide": "mara", "option": "buy a loaf"}            somebody else decides for her: any option that
                                                      she has now
{"play": "mara"}, {"walk": "mara", "x": 3, "y": 4}    a player is her, and walks: see `sim.playing`
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from npcsim.effects import Forget, Remember, Set, Signal
from npcsim.errors import ToolRefused
from npcsim.npc.byhand import by_hand
from npcsim.scenario.spelling import nearest
from npcsim.scenario.units import Call, parse_call
from npcsim.sim.attention import attend
from npcsim.sim.bodies import interrupt
from npcsim.sim.leave import VERDICTS, is_call
from npcsim.sim.outside import came, check
from npcsim.sim.playing import PLAY, WALK, stand_still, take_over, walk
from npcsim.sim.program import Program
from npcsim.sim.tooling import CHANGE, remade, retooled
from npcsim.speech import KINDS as SPEECH_ACTS
from npcsim.speech import References
from npcsim.tools.binding import Bound, ToolBroke, begin, bind, effects_of
from npcsim.tools.builtin.talking import SMALL_TALK, say, utterance
from npcsim.tools.tool import ASK, Words
from npcsim.tools.view import View
from npcsim.world import rules
from npcsim.world.commit import Bundle, Wanted

KINDS = {
    "do": "{'do': 'npc.tool(...)'}", "signal": "{'signal': ..., 'place': ...}",
    "set": "{'set': ..., 'attribute': ..., 'value': ...}",
    "fact": "{'fact': ..., 'heard_by': ...}", "approve": "{'approve': ..., 'answer': ...}",
    "outside": "{'outside': ..., 'npc': ..., 'result': ...}", "tools": "{'tools': text}",
    "say": "{'say': words, 'npc': ..., 'to': ...}",
    "attention": "{'attention': ...}", "memory": "{'memory': npc, 'id': ..., 'text': ...}",
    "decide": "{'decide': npc, 'option': ...}",
    PLAY: "{'play': npc}", WALK: "{'walk': npc, 'x': ..., 'y': ...}",
}  # fmt: skip
FORMS = f"an input is one of {', '.join(KINDS.values())}"
FACT_IMPORTANCE = 0.7
LONGEST_SAID = 500
"""Characters of what is said from outside."""
QUESTION = ("?", "？")


def bundles_of(
    entry: dict[str, Any], view: View, program: Program, wanted: Wanted | None = None
) -> list[Bundle]:
    """The bundles an input stands for. Raises ValueError when it has none of the known forms.

    Without `wanted` it is only checked. Tools have no bundles: see `sim.tooling`.
    """
    if "tools" in entry:
        retooled(entry, program)
        return []
    if CHANGE in entry:
        remade(entry, view.world, program)
        return []
    if "do" in entry:
        return _order(entry, view, program, wanted)
    if PLAY in entry:
        take_over(entry, view, wanted)
        return []
    if WALK in entry:
        if wanted is not None and (npc := walk(entry, view, wanted)):
            interrupt(view.npc(npc), view, program, wanted, "walks off")
        elif wanted is None:
            walk(entry, view, None)
        return []
    if "signal" in entry:
        if entry["signal"] == "speech":
            raise ValueError(f"words are said by somebody: {KINDS['say']}")
        source = str(entry.get("place") or entry.get("source") or "")
        known = (view.world.setting.places, view.world.spots, view.world.setting.serial_of)
        if not any(source in names for names in known):
            raise ValueError(f"a signal comes from a place, a spot or an NPC, not {source!r}")
        content, loudness = str(entry.get("content", "")), float(entry.get("loudness", 30.0))
        effect = Signal(source, str(entry["signal"]), loudness, content, entry.get("to"))
        return [Bundle(source, "input", (effect,), "input")]
    if "set" in entry:
        if wanted is None:
            _check_set(entry, view)
        change = Set(str(entry["set"]), str(entry["attribute"]), entry["value"])
        return [Bundle("", "input", (change,), "input")]
    if "outside" in entry:
        if wanted is None:
            check(entry, view, program)
        else:
            came(entry, view, program, wanted)
        return []
    if "say" in entry:
        return _said(entry, view, wanted)
    if "memory" in entry:
        return _edited(entry, view, wanted)
    if "decide" in entry:
        _needs(entry, "decide", "option")
        _decide(str(entry["decide"]), str(entry["option"]), view, program, wanted)
        return []
    if "attention" in entry:
        attend(entry, view, wanted)
        return []
    if "approve" in entry:
        return _verdict(entry, view, program, wanted)
    if "fact" in entry:
        _needs(entry, "fact", "heard_by")
        return [_known(view, str(entry["fact"]), entry.get("heard_by", ()))]
    hints = (nearest(str(key), KINDS) for key in entry)
    hint = next((f"; {hint}" for hint in hints if hint), "")
    raise ValueError(f"{FORMS}; not {entry!r:.80}{hint}")


def _needs(entry: dict[str, Any], kind: str, *keys: str) -> None:
    for key in keys:
        if key not in entry:
            hint = next((f"; {hint}" for one in entry if (hint := nearest(one, [key]))), "")
            raise ValueError(f"`{key}` is missing: expected {KINDS[kind]}, not {entry!r:.80}{hint}")


def _check_set(entry: dict[str, Any], view: View) -> None:
    """Raises ValueError for a value that can't be set; whether somebody lives is found later."""
    _needs(entry, "set", "attribute", "value")
    who, name, value = str(entry["set"]), str(entry["attribute"]), entry["value"]
    world = view.world
    thing = who in world.spots
    if not thing and who not in world.setting.serial_of:
        raise ValueError(f"nobody and nothing is called {who!r}{_or(who, world.setting.serial_of)}")
    if not thing and name not in world.setting.gauges:
        raise ValueError(f"NPCs have no attribute {name!r}{_or(name, world.setting.gauges)}")
    if thing and isinstance(value, str | bool):
        return
    try:
        rules.finite(value, name)
    except rules.Illegal as illegal:
        raise ValueError(str(illegal)) from None


def _or(name: str, known: Iterable[str]) -> str:
    hint = nearest(name, known)
    return f"; {hint}" if hint else ""


def _edited(entry: dict[str, Any], view: View, wanted: Wanted | None) -> list[Bundle]:
    """A memory by hand. Who and where it is about stays, and what rests on it."""
    npc, id, text = _npc(str(entry["memory"]), view), entry.get("id"), str(entry.get("text", ""))
    if not view.world.setting.memory.kept:
        raise ValueError("the scenario says `memory: off`: nobody keeps a memory")
    if id is None:
        _needs(entry, "memory", "text")
        return [Bundle("", "input", (Remember(npc, text, FACT_IMPORTANCE, "seen"),), "input")]
    memories = view.world.memories
    if not isinstance(id, int) or (wanted is None and memories.one(npc, id) is None):
        last = ", ".join(f"{line.id} ({line.text:.40})" for line in memories.of(npc)[-8:])
        raise ValueError(f"{npc} has no memory {id!r}; the last are {last or 'none'}")
    return [Bundle("", "input", (Forget(npc, (id,), text),), "input")]


def _decide(npc: str, option: str, view: View, program: Program, wanted: Wanted | None) -> None:
    mind = view.world.minds.get(_npc(npc, view))
    if mind is None:
        raise ValueError(f"{npc} has no mind: there is nothing to decide")
    if wanted is not None:
        wanted.decided[npc] = option
    else:
        by_hand(view.npc(npc), view, mind, option, program.lore, [])


def _npc(name: str, view: View) -> str:
    if name not in view.world.setting.serial_of:
        raise ValueError(f"nobody is called {name!r}{_or(name, view.world.setting.serial_of)}")
    return name


def _verdict(
    entry: dict[str, Any], view: View, program: Program, wanted: Wanted | None
) -> list[Bundle]:
    npc, answer = str(entry["approve"]), str(entry.get("answer", ""))
    if npc not in view.world.setting.serial_of:
        raise ValueError(f"nobody is called {npc!r}")
    waits = view.world.approvals.get(npc)
    asks, meant = waits is not None, entry.get("asked")
    why_not = (
        f"{npc} waits for leave to {waits.text} now, not to {meant}"
        if waits is not None and meant not in (None, waits.text)
        else ""
    )
    other = answer not in VERDICTS and not is_call(answer, program)
    if wanted is None:
        if other:
            _check_other(npc, answer, view, program, asks)
        if not asks:
            raise ValueError(f"{npc} asks for no leave now")
        if why_not:
            raise ValueError(why_not)
        return []
    if why_not:
        wanted.refuse(view.tick, npc, "approve", why_not)
        return []
    before = wanted.verdicts.get(npc)
    if before is not None and wanted.decided.get(npc) == before[0]:
        del wanted.decided[npc]  # of two answers in one tick the last counts
    wanted.verdicts[npc] = (answer, str(entry.get("source", "code")))
    if other:
        wanted.decided[npc] = answer
    return []


def _check_other(npc: str, answer: str, view: View, program: Program, asks: bool) -> None:
    """Raises ValueError for an answer that is no call; an option will do for who asks for leave."""
    there = ""
    try:
        if asks and answer:
            _decide(npc, answer, view, program, None)
            return
    except ValueError as error:
        there = f"; {error}"
    tool = answer if " " in answer.strip() else parse_call(answer).name
    hint = _or(tool, [*VERDICTS, *program.tools])
    raise ValueError(f"the answer is yes, no, or a call: no tool {tool!r}{hint}{there}")


def _said(entry: dict[str, Any], view: View, wanted: Wanted | None) -> list[Bundle]:
    """What somebody says from outside: at once, and beside whatever the body is doing."""
    _needs(entry, "say", "npc", "to")
    words, npc, to = " ".join(str(entry["say"]).split()), str(entry["npc"]), str(entry["to"])
    for who in (npc, to):
        if who not in view.world.setting.serial_of:
            raise ValueError(f"nobody is called {who!r}{_or(who, view.world.setting.serial_of)}")
    if not 0 < len(words) <= LONGEST_SAID:
        raise ValueError(f"what is said has 1 to {LONGEST_SAID} characters, not {len(words)}")
    fact = " ".join(str(entry.get("fact", "")).split())[:LONGEST_SAID]
    plain = "inform" if fact else "ask" if words.endswith(QUESTION) else "greet"
    kind = str(entry.get("act", plain))
    if kind not in SPEECH_ACTS:
        raise ValueError(f"there is no speech act {kind!r}{_or(kind, SPEECH_ACTS)}")
    if wanted is None:
        return []
    me, whom = view.npc(npc), view.npc(to)
    about = References(fact=words if kind == "ask" else fact)
    try:
        if not me.alive:
            raise ToolRefused(f"{me} is down")
        spoken = {"to": whom, "topic": view.said(SMALL_TALK), "words": Words(words)}
        _, *beside = effects_of(say, say.start, me, view, **spoken)
        effects = (utterance(kind, me, whom, Words(words), about), *beside)
    except ToolRefused as refused:
        wanted.refuse(view.tick, npc, say.name, str(refused))
        return []
    return [Bundle(npc, say.name, effects, "input")]


def _known(view: View, fact: str, heard_by: Any) -> Bundle:
    names = [heard_by] if isinstance(heard_by, str) else list(heard_by)
    knowers = dict.fromkeys(body.id for name in names for body in view.npcs(str(name)))
    if not knowers:
        raise ValueError(f"nobody is called {', '.join(map(str, names)) or 'nothing'}")
    lines = tuple(
        Remember(knower, fact, FACT_IMPORTANCE, "heard", about="news") for knower in knowers
    )
    return Bundle("", "input", lines, "input")


def _order(
    entry: dict[str, Any], view: View, program: Program, wanted: Wanted | None
) -> list[Bundle]:
    text = str(entry["do"])
    npc, dot, call_text = text.partition(".")
    if not dot or npc not in view.world.setting.serial_of:
        raise ValueError(f"expected 'npc.tool(...)' with a known NPC, not {text!r}")
    call = _call(call_text, entry)
    tool = program.tools.get(call.name)
    if wanted is None:
        if tool is None:
            raise ValueError(f"there is no tool {call.name!r}{_or(call.name, program.tools)}")
        if tool.kind == ASK:
            raise ValueError(f"{call.name} only looks: it is nothing that can be done")
        return []
    if tool is None:
        # It was there when this was put in, or written in the scenario.
        wanted.refuse(view.tick, npc, call.name, f"there is no {call.name} any more")
        return []
    me = view.npc(npc)
    try:
        bound = _worded(bind(tool, call.args, me, view), str(entry.get("words", "")))
        bundle = begin(bound, me, view, wanted.act_id(view.world), "outside")
    except ToolRefused as refused:
        wanted.refuse(view.tick, npc, call.name, str(refused))
        return []
    except ToolBroke as broke:
        wanted.told.append(broke.told(view.tick, npc))
        return []
    stand_still(npc, view, wanted)
    if npc in view.world.acts:
        interrupt(me, view, program, wanted, f"{call.name} instead")
    return [bundle]


def _call(text: str, entry: dict[str, Any]) -> Call:
    """The call as it is written; or a tool's name, with its arguments beside it as they are."""
    call = parse_call(text)
    if "args" not in entry:
        return call
    args = entry["args"]
    if call.args or not isinstance(args, list) or not all(isinstance(one, str) for one in args):
        raise ValueError("`args` is a list of texts beside 'npc.tool', {'do': ..., 'args': [...]}")
    return Call(call.name, tuple(args))


def _worded(bound: Bound, words: str) -> Bound:
    """With the words that are said by it, where it is speech."""
    plain = " ".join(words.split())
    if len(plain) > LONGEST_SAID:
        raise ToolRefused(f"what is said has at most {LONGEST_SAID} characters")
    names = [param.name for param in bound.tool.params if param.is_words]
    if not plain or not names:
        return bound
    return Bound(bound.tool, {**bound.args, names[0]: Words(plain)})

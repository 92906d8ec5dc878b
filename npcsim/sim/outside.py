"""What comes from outside for an act: an input that ends it, now or when it is due.

The world keeps it as JSON text in the act, so it is hashed, frozen and replayed like the rest.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from npcsim import events as ev
from npcsim.sim.bodies import finish, interrupt
from npcsim.sim.program import Program
from npcsim.tools.binding import line_of
from npcsim.tools.view import Body, View
from npcsim.world.commit import Wanted
from npcsim.world.rows import Act

MOST_BYTES = 64_000
DEEPEST = 32
WAYS = ("result", "refused", "error")
FORM = "expected {'outside': act, 'npc': who, 'result': data}; or `refused` or `error` with why"

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def as_json(value: Any) -> str:
    """Plain data as JSON text of at most `MOST_BYTES`. Raises ValueError for anything else."""
    pieces: list[str] = []
    size = 0
    try:
        # Piece by piece: what is far too large, or never ends, is not made whole first.
        for piece in _encoder.iterencode(value):
            # Half of a surrogate pair is no text, and could not be kept.
            pieces.append(piece.encode("utf-8", "replace").decode())
            size += len(pieces[-1].encode())
            if size > MOST_BYTES:
                raise ValueError(f"it is more than {MOST_BYTES // 1000} kB of JSON")
    except (TypeError, RecursionError) as error:
        raise ValueError(f"it is no plain data: {error}") from error
    text = "".join(pieces)
    if _depth(text) > DEEPEST:
        raise ValueError(f"it is more than {DEEPEST} levels deep")
    return text


def _depth(text: str) -> int:
    level, rest = 0, [json.loads(text)]
    while rest:
        inner = [one for one in rest if isinstance(one, dict | list)]
        rest = [v for one in inner for v in (one.values() if isinstance(one, dict) else one)]
        level += bool(inner)
    return level


def check(entry: dict[str, Any], view: View, program: Program) -> None:
    """Raises ValueError where an input is for no act that waits for it."""
    npc, id, given = entry.get("npc"), entry["outside"], [way for way in WAYS if way in entry]
    if len(given) != 1 or type(id) is not int or not isinstance(npc, str):
        raise ValueError(f"{FORM}; not {entry!r:.80}")
    if given[0] != "result" and not isinstance(entry[given[0]], str):
        raise ValueError(f"`{given[0]}` is a text, not {entry[given[0]]!r:.60}")
    if npc not in view.world.setting.serial_of:
        raise ValueError(f"nobody is called {npc!r}")
    act = _waiting(npc, id, view)
    if act is None:
        raise ValueError(f"{npc} is at no act {id} that waits for something from outside")
    if not program.tools[act.tool].from_outside:
        raise ValueError(f"{act.tool} waits for nothing from outside")
    if given[0] == "result":
        try:
            as_json(entry["result"])
        except ValueError as error:
            raise ValueError(f"the result: {error}") from error


def came(entry: dict[str, Any], view: View, program: Program, wanted: Wanted) -> None:
    """Take in what came: the act ends with it, or keeps it until it is due.

    `refused` is a reason in the NPC's words; an `error` is for people to read. Either way the act
    has failed. What comes for an act that is over is dropped, and told.
    """
    npc, id = entry["npc"], entry["outside"]
    act = _waiting(npc, id, view)
    if act is None or wanted.is_ending(npc):
        reason = f"act {id} is over: what came for it from outside is dropped"
        wanted.told.append(ev.Rejected(view.tick, npc, "outside", reason, ()))
        return
    me = Body(view, npc)
    if "result" not in entry:
        if "error" in entry:
            at = line_of(program.tools[act.tool].on_outside) or act.tool
            text = str(entry["error"])
            wanted.told.append(ev.Rejected(view.tick, npc, act.tool, text, (), at))
        reason = str(entry.get("refused", "it came to nothing"))
        interrupt(me, view, program, wanted, reason, "failed")
        return
    act = replace(act, result_text=as_json(entry["result"]))
    if act.due > view.tick:
        wanted.results[npc] = act
    else:
        finish(me, view, program, wanted, act)


def _waiting(npc: str, id: int, view: View) -> Act | None:
    act = view.world.acts.get(npc)
    return act if act is not None and act.id == id and not act.result_text else None

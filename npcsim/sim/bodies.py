"""The reflex stage: state machines, what bodies do in their states, walking, and acts that end."""

from __future__ import annotations

from typing import Any

import numpy as np

from npcsim import events as ev
from npcsim.effects import AddMany, Drift, Motion, SetMany, Shift, SignalMany, shown
from npcsim.errors import ToolRefused
from npcsim.reflex import fsm
from npcsim.reflex.senses import Rows
from npcsim.scenario.units import Call, parse_call
from npcsim.sim.playing import walk_on
from npcsim.sim.program import Program
from npcsim.tools.binding import ToolBroke, begin, bind, ending, line_of, unfit
from npcsim.tools.crowd import Crowd
from npcsim.tools.tool import OUTSIDE, Tool
from npcsim.tools.view import Body, View
from npcsim.world.attention import played
from npcsim.world.commit import Wanted
from npcsim.world.grid import UNREACHABLE, stand_cell
from npcsim.world.rows import Act
from npcsim.world.rules import is_body
from npcsim.world.state import World

BLOCKS = (Motion, AddMany, SetMany, SignalMany)


def reflex(world: World, view: View, program: Program, wanted: Wanted) -> dict[str, str]:
    """Step every body. -> who entered a state that asks for thought: id -> the state's name."""
    wanted.blocks.append(Drift(world.setting.seconds))
    crowd = Crowd(world, view.senses)
    thinkers: dict[str, str] = {}
    away = [world.setting.serial_of[npc] for npc in played(world.attention)]
    for machine in program.machines:
        mine = (world.columns["machine"] == machine.number) & world.columns["alive"]
        mine[away] = False
        rows = np.flatnonzero(mine).astype(np.uint32)
        if not len(rows):
            continue
        states = world.columns["state"]
        shift = fsm.step(machine, rows, view.senses)
        if shift is not None:
            wanted.blocks.append(shift)
            states = states.copy()
            states[shift.who] = shift.state
            thinkers |= _on_shift(world, view, program, machine, shift, wanted)
        state = states.take(rows)
        for number, entry in enumerate(machine.states):
            if entry.do is not None:
                inside = rows.take(np.flatnonzero(state == number))
                if len(inside):
                    _do(world, view, program, crowd, entry, inside, wanted)
    _walk(world, view, program, crowd, wanted)
    walk_on(world, view, crowd, wanted)
    _finish_due(world, view, program, wanted)
    return thinkers


def _on_shift(
    world: World, view: View, program: Program, machine: fsm.Machine, shift: Shift, wanted: Wanted
) -> dict[str, str]:
    """Break off what the new state does not allow; say whose new state asks for thought."""
    thinkers = {}
    asks = np.array([state.think for state in machine.states])[shift.state]
    for row, number in zip(shift.who[asks].tolist(), shift.state[asks].tolist(), strict=True):
        if world.setting.profiles[row].mind:
            thinkers[world.setting.profiles[row].id] = machine.states[number].name
    busy = world.columns["busy"][shift.who]
    for row, number in zip(shift.who[busy].tolist(), shift.state[busy].tolist(), strict=True):
        me = Body(view, world.setting.profiles[row].id)
        state = machine.states[number]
        act = world.acts[me.id]
        if act.by == "body" or not state.free:
            interrupt(me, view, program, wanted, f"now in the state {state.name}")
    return thinkers


def interrupt(
    me: Body,
    view: View,
    program: Program,
    wanted: Wanted,
    reason: str,
    phase: str = "interrupted",
) -> None:
    """Break off what an NPC is doing, with what its tool makes of that.

    `phase` is interrupted (it may be begun again) or failed (it could not be done).
    """
    if wanted.is_ending(me.id):
        return
    act = view.world.acts[me.id]
    try:
        bundle = ending(program.tools[act.tool], act, me, view, phase, reason)
    except (ToolRefused, ToolBroke) as error:
        wanted.told.append(
            error.told(view.tick, me.id)
            if isinstance(error, ToolBroke)
            else ev.Rejected(view.tick, me.id, act.tool, str(error), ())
        )
        bundle = ending(_silent(program.tools[act.tool]), act, me, view, phase, reason)
    wanted.end(bundle)


def finish(me: Body, view: View, program: Program, wanted: Wanted, act: Act | None = None) -> None:
    """End an act whose time has come, or say why it came to nothing.

    act: as it is with what has just come from outside; None is as it stands.
    """
    act = act or view.world.acts[me.id]
    try:
        bundle = ending(program.tools[act.tool], act, me, view, "finish")
    except ToolRefused as refused:
        interrupt(me, view, program, wanted, str(refused), "failed")
    except ToolBroke as broke:
        wanted.told.append(broke.told(view.tick, me.id))
        interrupt(me, view, program, wanted, "it came to nothing", "failed")
    else:
        wanted.end(bundle)


def _silent(tool: Tool) -> Tool:
    """The same tool without parts of the author's own: an act must always be able to end."""
    return Tool(
        tool.name, tool.doc, tool.start, tool.params, tool.option, tool.seen, tool.did,
        tool.candidates, tool.takes, tool.occupies, tool.stakes,
    )  # fmt: skip


def _do(
    world: World,
    view: View,
    program: Program,
    crowd: Crowd,
    state: fsm.State,
    rows: Rows,
    wanted: Wanted,
) -> None:
    """What bodies in a state do: at once for all, or a call each where a tool has no crowd form."""
    assert state.do is not None
    call = state.do
    tool = program.tools[call.name]
    if tool.on_crowd is not None:
        minding = world.columns["minding"].take(rows)
        rows = _able(view, tool, rows[~minding] if minding.any() else rows)
        if len(rows):
            _do_crowd(view, crowd, tool, call, rows, wanted)
        return
    told_to = {bundle.actor for bundle in wanted.bundles if bundle.phase == "start"}
    for row in rows[~world.columns["busy"][rows]].tolist():
        me = Body(view, world.setting.profiles[row].id)
        if me.id in told_to or (state.free and _mind_acts(me, view)):
            continue
        try:
            bound = bind(tool, call.args, me, view)
            wanted.bundles.append(begin(bound, me, view, wanted.act_id(world), "body"))
        except ToolRefused:
            continue  # it can't be done now: the body stands until it can, or its state changes
        except ToolBroke as broke:
            wanted.told.append(broke.told(view.tick, me.id))


def _able(view: View, tool: Tool, rows: Rows) -> Rows:
    """Those who may use a tool: of its roles, with its skill, and held by nobody."""
    world = view.world
    held = any(is_body(world, id) for id in world.occupied)
    if not (held or tool.roles or tool.skill):
        return rows
    bodies = (Body(view, world.setting.profiles[row].id) for row in rows.tolist())
    return np.array([body.row for body in bodies if not unfit(tool, body)], np.uint32)


def _mind_acts(me: Body, view: View) -> bool:
    """Whether a mind has a step to take now: what its state does is only the default."""
    mind = view.world.minds.get(me.id)
    return mind is not None and bool(mind.steps and not mind.speaks) and view.tick >= mind.resume


def _do_crowd(view: View, crowd: Crowd, tool: Tool, call: Call, rows: Rows, wanted: Wanted) -> None:
    targets = [
        view.senses.nearest(_kind_sought(text), rows) if param.types == (Body,) else text
        for param, text in zip(tool.params, call.args, strict=False)
    ]
    assert tool.on_crowd is not None
    try:
        blocks = list(tool.on_crowd(crowd, rows, *targets))
        _check_blocks(view, blocks)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        # A crowd action is the author's code: whatever it raises must not end the tick.
        what = f"raised {type(error).__name__}: {error}"
        broke = ToolBroke(tool.name, what, line_of(tool.on_crowd, error))
        wanted.told.append(broke.told(view.tick, ""))
        return
    wanted.blocks += blocks


def _kind_sought(text: str) -> str:
    call = parse_call(text)
    return call.args[0] if call.name == "nearest" and call.args else text


def _check_blocks(view: View, blocks: list[Any]) -> None:
    for block in blocks:
        if not isinstance(block, BLOCKS):
            raise TypeError(f"it returned {shown(block)}, which is no block of effects")
        if isinstance(block, AddMany | SetMany):
            if block.attribute not in view.world.setting.gauges:
                raise ValueError(f"there is no attribute {block.attribute!r}")
            values: list[Any] = [block.amount if isinstance(block, AddMany) else block.value]
        else:
            values = [block.x, block.y] if isinstance(block, Motion) else [block.loudness]
        serials = [block.who]
        if isinstance(block, AddMany) and block.by is not None:
            serials.append(block.by)
        for who in serials:
            _check_serials(view, who, block.who)
        for value in values:
            array = np.asarray(value)
            if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
                raise ValueError("a value is not a finite number")
            if array.ndim and array.shape != block.who.shape:
                raise ValueError(f"{len(array)} values for {len(block.who)} NPCs")


def _check_serials(view: View, serials: Any, who: Any) -> None:
    """Serials are what a column can be indexed by, and no more."""
    if not isinstance(serials, np.ndarray) or serials.dtype != np.uint32:
        raise TypeError(f"it named NPCs by {shown(serials)}, not by an array of serials (uint32)")
    if serials.ndim != 1 or serials.shape != who.shape:
        raise ValueError(f"serials of shape {serials.shape} beside {who.shape}")
    if len(serials) and int(serials.max()) >= view.world.columns.length:
        raise ValueError(f"there is no NPC with the serial {int(serials.max())}")


def _walk(world: World, view: View, program: Program, crowd: Crowd, wanted: Wanted) -> None:
    """Everybody who heads somewhere goes on; who arrives ends the act that took them there."""
    by_target: dict[str, list[int]] = {}
    for npc, target in world.heading.items():
        row = world.setting.serial_of[npc]
        if world.columns["alive"][row]:
            by_target.setdefault(target, []).append(row)
    for target in sorted(by_target):
        rows = np.array(sorted(by_target[target]), np.uint32)
        if target in world.setting.serial_of:
            goal = np.full(len(rows), world.setting.serial_of[target], np.uint32)
            wanted.blocks.append(crowd.toward(rows, goal))
            continue
        x, y = _goal(world, target, rows)
        motion = crowd.walk_to(rows, x, y)
        wanted.blocks.append(motion)
        for row, there, stuck in zip(
            rows.tolist(),
            ((motion.x == x) & (motion.y == y)).tolist(),
            _stuck(world, rows, x, y),
            strict=True,
        ):
            _end_walk(world, view, program, row, there, stuck, wanted)


def _goal(world: World, target: str, rows: Rows) -> tuple[Any, Any]:
    """Where each stands at a target: the spot itself, or one's own cell of a place."""
    spot = world.spots.get(target)
    if spot is not None:
        x, y = spot.x, spot.y
        if world.grid is not None:
            x, y = world.grid.centre(stand_cell(world.grid, int(y) * world.grid.width + int(x)))
        return np.full(len(rows), x), np.full(len(rows), y)
    place = world.setting.places[target]
    cells = world.setting.cells_of.get(target)
    if cells is None or world.grid is None or not len(cells):
        return np.full(len(rows), place.x), np.full(len(rows), place.y)
    # Each has a favourite cell of its own in a place, so that a crowd does not stand in one tile.
    own = cells[(rows.astype(np.int64) * 7919 + len(target)) % len(cells)]
    return own % world.grid.width + 0.5, own // world.grid.width + 0.5


def _stuck(world: World, rows: Rows, x: Any, y: Any) -> list[bool]:
    if world.grid is None or world.fields is None:
        return [False] * len(rows)
    here = world.grid.cells(world.columns["x"][rows], world.columns["y"][rows])
    found = []
    for cell, goal in zip(here.tolist(), world.grid.cells(x, y).tolist(), strict=True):
        row = world.fields.row((stand_cell(world.grid, goal),))
        found.append(int(world.fields.distances[row, cell]) >= UNREACHABLE)
    return found


def _end_walk(
    world: World,
    view: View,
    program: Program,
    row: int,
    there: bool,
    stuck: bool,
    wanted: Wanted,
) -> None:
    me = Body(view, world.setting.profiles[row].id)
    act = world.acts.get(me.id)
    if act is None or act.due != -1 or wanted.is_ending(me.id) or not (there or stuck):
        return
    if program.tools[act.tool].takes == OUTSIDE:
        return
    if there:
        finish(me, view, program, wanted)
    else:
        interrupt(me, view, program, wanted, "there is no way", "failed")


def _finish_due(world: World, view: View, program: Program, wanted: Wanted) -> None:
    for npc, act in sorted(world.acts.items()):
        if 0 <= act.due <= view.tick and not wanted.is_ending(npc):
            tool = program.tools[act.tool]
            if tool.on_outside is None or act.result_text:
                finish(Body(view, npc), view, program, wanted)

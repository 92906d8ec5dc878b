"""What keys do in the window, as data: F1, the documentation and the window itself read this table.

Pure: keys are named as pygame names them (`space`, `right`, `f1`), with `ctrl+`, `alt+` and
`shift+` before, in this order.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user can do: its keys, what it does in words, and how the mouse does it."""

    name: str
    keys: tuple[str, ...]
    does: str
    group: str
    mouse: str = ""


WINDOW, WORLD, TIME, PANEL, PLAY = "Window", "Map", "Time", "Panels", "Play"

ACTIONS: tuple[Action, ...] = (
    Action("pause", ("space",), "pause, go on", TIME, "the button at the left of the clock"),
    Action("faster", ("=", "+", "[+]"), "faster, up to 64 times", TIME, "its button"),
    Action("slower", ("-", "[-]"), "slower, down to a quarter", TIME, "its button"),
    Action("step", ("right", "."), "one tick on", TIME, "its button"),
    Action("step back", ("left", ","), "one tick back", TIME, "its button"),
    Action("leap", ("shift+right",), "a twentieth of the run on", TIME, "click the timeline"),
    Action("leap back", ("shift+left",), "a twentieth back", TIME, "click the timeline"),
    Action("to start", ("ctrl+home",), "the beginning", TIME, "drag along the timeline"),
    Action("to end", ("ctrl+end",), "the newest tick", TIME, "drag along the timeline"),
    Action("next event", ("n",), "the next event of the kind", TIME, "click its mark"),
    Action("event before", ("shift+n",), "the event before", TIME, "click its mark"),
    Action("event kind", ("k",), "which kind of event N looks for", TIME, "click its name"),
    Action("go to time", ("t",), "type a time to go to: 09:10", TIME, "click the clock"),
    Action("next npc", ("tab",), "next NPC", WORLD, "click an NPC"),
    Action("npc before", ("shift+tab",), "NPC before", WORLD, "click an NPC"),
    Action("follow", ("f",), "follow the chosen NPC", WORLD),
    Action("whole world", ("home",), "the whole world", WORLD),
    Action("zoom in", ("ctrl+=", "ctrl++", "ctrl+[+]"), "zoom in", WORLD, "wheel"),
    Action("zoom out", ("ctrl+-", "ctrl+[-]"), "zoom out", WORLD, "wheel"),
    Action("pan left", ("alt+left",), "move the map", WORLD, "drag"),
    Action("pan right", ("alt+right",), "move the map", WORLD, "drag"),
    Action("pan up", ("alt+up",), "move the map", WORLD, "drag"),
    Action("pan down", ("alt+down",), "move the map", WORLD, "drag"),
    Action("next tab", ("]",), "next tab of the panel", PANEL, "click it"),
    Action("tab before", ("[",), "tab before", PANEL, "click it"),
    *(
        Action(f"tab {number}", (str(number),), f"tab {number} of the panel", PANEL, "click it")
        for number in range(1, 7)
    ),
    Action("why", ("y",), "why the chosen NPC does what it does", PANEL, "click a bubble or line"),
    Action("prompt", ("p",), "prompts and answers whole, or brief", PANEL, "click one"),
    Action("other run", ("b",), "of two runs: the panels tell of the other", PANEL, "click in it"),
    Action("search", ("/",), "type to search memories or the log", PANEL, "click the field"),
    Action("log", ("l",), "the log of events, below the map", PANEL, "its button"),
    Action("charts", ("c",), "charts, below the map", PANEL, "its button"),
    Action("next pane", ("f6",), "arrow keys go to the next pane", PANEL, "click it"),
    Action("down", ("down",), "next line that leads somewhere", PANEL, "point at it"),
    Action("up", ("up",), "line before", PANEL, "point at it"),
    Action("enter", ("return", "enter"), "go where the line leads", PANEL, "click it"),
    Action("back", ("backspace",), "back to where you were", PANEL),
    Action("scroll down", ("page down",), "scroll the pane", PANEL, "wheel"),
    Action("scroll up", ("page up",), "scroll the pane", PANEL, "wheel"),
    Action("approvals", ("q",), "what waits for leave: answer it", PANEL, "its cards on the map"),
    Action("take over", ("g",), "be the chosen NPC; again: let go", PLAY, "its button"),
    Action("walk up", ("w",), "walk", PLAY, "click the ground"),
    Action("walk left", ("a",), "walk", PLAY, "click the ground"),
    Action("walk down", ("s",), "walk", PLAY, "click the ground"),
    Action("walk right", ("d",), "walk", PLAY, "click the ground"),
    Action("halt", ("x",), "stand still", PLAY, "click where you stand"),
    Action("talk", ("e",), "talk with the chosen or nearest NPC", PLAY, "its button"),
    Action("use tool", ("u",), "use any tool, by a form", PLAY, "its button"),
    Action("order", ("o",), "give the chosen NPC an order", PLAY, "its button"),
    Action("fork", ("shift+f",), "fork from here, with a change", PANEL, "click an option of Why"),
    Action("help", ("f1",), "this help", WINDOW),
    Action("escape", ("escape",), "choose nothing; again: close", WINDOW, "click the ground"),
    Action("close", ("ctrl+q",), "close", WINDOW, "the window's own button"),
)

GROUPS = (TIME, WORLD, PANEL, PLAY, WINDOW)
_SHOWN = {
    "space": "Space", "right": "→", "left": "←", "up": "↑", "down": "↓", "tab": "Tab",
    "return": "Enter", "escape": "Esc", "backspace": "Backspace", "home": "Home", "end": "End",
    "page up": "PgUp", "page down": "PgDn", "=": "+", "-": "−", "shift": "Shift", "ctrl": "Ctrl",
    "alt": "Alt",
}  # fmt: skip
_PLAIN = {"→": "Right", "←": "Left", "↑": "Up", "↓": "Down", "−": "-"}


def chord(key: str, *, shift: bool = False, ctrl: bool = False, alt: bool = False) -> str:
    """A key with what is held down beside it, as the table names it."""
    held = (("ctrl", ctrl), ("alt", alt), ("shift", shift))
    return "+".join([*(name for name, down in held if down), key])


def action_for(
    key: str, *, shift: bool = False, ctrl: bool = False, alt: bool = False
) -> str | None:
    """The action that a key stands for, by name. Shift counts only where the table has it."""
    exact = _BY_CHORD.get(chord(key, shift=shift, ctrl=ctrl, alt=alt))
    return exact or _BY_CHORD.get(chord(key, ctrl=ctrl, alt=alt))


def shown(action: Action, plain: bool = False) -> str:
    """An action's first key for people: `Shift+→`. plain: in letters that every font has."""
    *held, key = _parts(action.keys[0])
    names = [_SHOWN.get(part, part.upper() if len(part) < 3 else part) for part in (*held, key)]
    text = "+".join(names)
    for sign, word in _PLAIN.items() if plain else ():
        text = text.replace(sign, word)
    return text


def help_lines() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Groups of (key, what it does) in the table's order. -> [(group, lines), ...]

    Numbered tabs are one line, and so are the four ways to move the map, and to walk.
    """
    out = []
    for group in GROUPS:
        lines: dict[str, str] = {}
        for action in ACTIONS:
            if action.group != group:
                continue
            does = action.does
            if action.name.startswith("tab ") and action.name[4:].isdecimal():
                lines["1 to 6"] = "tabs of the panel"
            elif action.name.startswith("pan "):
                lines["Alt+arrows"] = does
            elif action.name.startswith("walk "):
                lines["W A S D"] = does
            else:
                lines[shown(action, plain=True)] = does
        out.append((group, tuple(lines.items())))
    return out


def _parts(key: str) -> list[str]:
    """A chord in its parts; a `+` at the end is a key itself."""
    if key.endswith("+") and key != "+":
        return [*key[:-2].split("+"), "+"]
    return [key] if key == "+" else key.split("+")


_BY_CHORD = {key: action.name for action in ACTIONS for key in action.keys}

"""Every tool by a form made from its schema, and orders: decisions and destinations."""

from __future__ import annotations

from typing import Any

from npcsim.viz.commands import Commands
from npcsim.viz.draw.widgets.form import Form
from npcsim.viz.forms import CHOICE, Asked, Option, asked
from npcsim.viz.people import Person
from npcsim.viz.play.hand import Hand

GO = "go to "


def choose_tool(commands: Commands, hand: Hand, person: Person) -> None:
    """Ask which tool somebody is to use, then with what."""
    link = hand.need()
    if link is None:
        return
    if person.fallen:
        hand.tell(f"{person.name} is down, and can't do anything", wrong=True)
        return

    def show(tools: list[dict[str, Any]]) -> None:
        able = sorted(tools, key=lambda one: (bool(one["why_not"]), one["name"]))
        options = tuple(Option(one["name"], _words(one["name"]), _about(one)) for one in able)
        field = Asked("tool", CHOICE, "Tool", options=options)
        by_name = {one["name"]: one for one in able}

        def chosen(values: dict[str, Any], button: str) -> None:
            fill_in(commands, hand, person, by_name[values["tool"]])

        about = "Typing filters; arrows and Enter choose."
        commands.open_form(Form(f"{person.name} uses", (field,), chosen, about=about,
                                buttons=("Next",)))  # fmt: skip

    hand.wait(link.tools(person.id), show)


def fill_in(commands: Commands, hand: Hand, person: Person, tool: dict[str, Any]) -> None:
    """Open the form of one tool; of one without parameters it has no field, only the button."""
    fields = asked(tool["schema"])

    def done(values: dict[str, Any], button: str) -> None:
        entry = call_of(person.id, tool, values)
        form.waiting = True

        def accepted(_: Any) -> None:
            form.waiting = False
            if commands.frame.form is form:
                commands.open_form(None)
            hand.tell(f"{person.name}: {_words(tool['name'])}")

        def refused(why: str) -> None:
            form.waiting, form.said = False, why

        hand.put(entry, accepted, refused)

    about = tool["about"].split("\n")[0]
    if tool["why_not"]:
        about = f"{about} Not now: {tool['why_not']}."
    form = Form(f"{person.name}: {_words(tool['name'])}", fields, done, about=about)
    commands.open_form(form)


def call_of(npc: str, tool: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """What was filled in as an input: arguments as texts, in the tool's order."""
    entry: dict[str, Any] = {"do": f"{npc}.{tool['name']}"}
    args: list[str] = []
    for name, part in tool["schema"]["properties"].items():
        value = values.get(name, part.get("default"))
        if part.get("format") == "words":
            if value:
                entry["words"] = str(value)
        elif value is not None:
            args.append(str(value).lower() if isinstance(value, bool) else str(value))
        else:
            break  # what is left out at the end has the tool's own default
    return {**entry, "args": args}


def give_order(commands: Commands, hand: Hand, person: Person) -> None:
    """Ask what somebody is to do of its own: take up a plan, or go somewhere."""
    link = hand.need()
    if link is None:
        return
    if person.fallen:
        hand.tell(f"{person.name} is down, and obeys nobody", wrong=True)
        return

    def show(decisions: list[str]) -> None:
        started = commands.player.scene.started
        places = started.places if started is not None else ()
        options = (
            *(Option(("decide", text), text, "decides it") for text in decisions),
            *(Option(("go", one.id), f"{GO}{one.name}", "goes there") for one in places),
        )
        field = Asked("order", CHOICE, "What", options=options)

        def ordered(values: dict[str, Any], button: str) -> None:
            sort, what = values["order"]
            entry = {"decide": person.id, "option": what}
            if sort == "go":
                entry = {"do": f"{person.id}.go_to", "args": [what]}
            form.waiting = True

            def accepted(_: Any) -> None:
                form.waiting = False
                if commands.frame.form is form:
                    commands.open_form(None)
                hand.tell(f"{person.name} is told to {_label(options, values['order'])}")

            def refused(why: str) -> None:
                form.waiting, form.said = False, why

            hand.put(entry, accepted, refused)

        about = "A decision is carried out step by step, as if it were its own."
        form = Form(f"An order for {person.name}", (field,), ordered, about=about,
                    buttons=("Order",))  # fmt: skip
        commands.open_form(form)

    if person.mind:
        hand.wait(link.options(person.id), show)
    else:
        show([])


def _label(options: tuple[Option, ...], value: Any) -> str:
    return next(one.label for one in options if one.value == value)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _about(tool: dict[str, Any]) -> str:
    return str(tool["why_not"] or tool["about"].split("\n")[0])

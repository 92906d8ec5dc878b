"""Words for what is no NPC's own deed and still worth a line: leave asked, things broken."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim import events as ev

Promise = ev.Promised | ev.PromiseKept | ev.PromiseBroken
Noticed = (
    ev.ApprovalAsked | ev.ApprovalEnded | ev.Broke | ev.SceneBegan | ev.SceneEnded | Promise
)  # fmt: skip


def noticed(event: Noticed, names: Mapping[str, str]) -> str:
    """One line without whom it is `about`. `names`: id -> what people call them."""
    match event:
        case ev.ApprovalAsked():
            return f"asks leave to {event.text}"
        case ev.ApprovalEnded():
            return _ended(event)
        case ev.SceneBegan():
            who = ", ".join(names.get(npc, npc) for npc in event.who)
            return f"the scene {event.scene} begins: {who}"
        case ev.SceneEnded():
            terms = f", {event.told['terms']}" if event.told.get("terms") else ""
            return f"the scene {event.scene} ends: {event.outcome}{terms}"
        case ev.Promised() | ev.PromiseKept() | ev.PromiseBroken():
            return promised(event, names)
    kind = event.kind.replace("_", " ")
    owed = event.price - event.paid
    debt = f", {owed} of it owed" if owed else ""
    cost = f": {event.price} coins{debt}" if event.price else ""
    return f"{'' if event.by else 'somebody '}breaks a {kind}{cost}"


def about(event: Noticed) -> str:
    """The id of the NPC that a line tells of; an empty text where it is nobody or many."""
    match event:
        case ev.ApprovalAsked() | ev.ApprovalEnded():
            return event.npc
        case ev.Promised() | ev.PromiseKept() | ev.PromiseBroken():
            return event.npc
        case ev.Broke():
            return event.by
    return ""


def promised(event: Promise, names: Mapping[str, str]) -> str:
    """That a promise was given, kept or broken, without who gave it."""
    to = names.get(event.to, event.to)
    match event:
        case ev.Promised():
            return f"promises {to}: {event.what}"
        case ev.PromiseKept():
            return f"keeps the promise to {to}: {event.what}"
    return f"breaks the promise to {to}: {event.what}"


def tools_changed(event: ev.ToolsChanged) -> str:
    """Which tools a run took up while it went on."""
    parts = (("new", event.added), ("gone", event.removed), ("changed", event.changed))
    told = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)
    return f"other tools from {event.file}: {told or 'none differs'}"


def _ended(event: ev.ApprovalEnded) -> str:
    by = "nobody answered" if event.by == "rule" else f"by {event.by}"
    match event.verdict:
        case "allowed":
            return f"may {event.text} ({by})"
        case "refused":
            return f"may not {event.text} ({by})"
        case "changed":
            return f"is told to {event.text} instead ({by})"
    return f"no longer asks leave to {event.text}"

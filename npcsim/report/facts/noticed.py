"""Words for what is no NPC's own deed and still worth a line: leave asked, things broken."""

from __future__ import annotations

from collections.abc import Mapping

from npcsim import events as ev

Noticed = ev.ApprovalAsked | ev.ApprovalEnded | ev.Broke | ev.SceneBegan | ev.SceneEnded


def noticed(event: Noticed, names: Mapping[str, str]) -> str:
    """One line. `names`: id -> what people call them."""
    match event:
        case ev.ApprovalAsked():
            return f"{names.get(event.npc, event.npc)} asks leave to {event.text}"
        case ev.ApprovalEnded():
            return _ended(event, names.get(event.npc, event.npc))
        case ev.SceneBegan():
            who = ", ".join(names.get(npc, npc) for npc in event.who)
            return f"the scene {event.scene} begins: {who}"
        case ev.SceneEnded():
            return f"the scene {event.scene} ends: {event.outcome}"
    kind, who = event.kind.replace("_", " "), names.get(event.by, event.by)
    owed = event.price - event.paid
    debt = f", {owed} of it owed" if owed else ""
    cost = f": {event.price} coins{debt}" if event.price else ""
    return f"{who or 'somebody'} breaks a {kind}{cost}"


def tools_changed(event: ev.ToolsChanged) -> str:
    """Which tools a run took up while it went on."""
    parts = (("new", event.added), ("gone", event.removed), ("changed", event.changed))
    told = "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)
    return f"other tools from {event.file}: {told or 'none differs'}"


def _ended(event: ev.ApprovalEnded, who: str) -> str:
    by = "nobody answered" if event.by == "rule" else f"by {event.by}"
    match event.verdict:
        case "allowed":
            return f"{who} may {event.text} ({by})"
        case "refused":
            return f"{who} may not {event.text} ({by})"
        case "changed":
            return f"{who} is told to {event.text} instead ({by})"
    return f"{who} no longer asks leave to {event.text}"

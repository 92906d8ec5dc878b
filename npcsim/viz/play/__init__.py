"""Playing in the window: being an NPC, walking, talking, orders, and every tool by a form.

All of it goes into the live run as inputs (`viz.feed.Link`), so a played run replays like any.
"""

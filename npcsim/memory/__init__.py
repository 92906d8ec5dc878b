"""Recalling and forgetting, as plain functions over an NPC's memories.

What there is to recall is in the world (`world.memories`); here is how it is found again
(`recall`), and what becomes of it when it is too much (`forgetting`). Nothing here knows a clock or
a model: the time is given, and so are vectors. All of it has the same bits on every machine.
"""

"""Little worlds for the tests of tools, and whole scenarios lived for a test.

from npcsim.testing import sketch

def test_brewing_uses_up_the_herbs():
    line = "Dara (alchemy 0.8) carries 2 herb; a cauldron (fire 1) beside her"
    hut = sketch(line, world="oakvale")
    hut.do("brew(salve, cauldron)").advance("20 min")
    assert hut.carried() == {"salve": 1}
"""

from npcsim.testing.sketches import Sketch, live, sketch

__all__ = ["Sketch", "live", "sketch"]

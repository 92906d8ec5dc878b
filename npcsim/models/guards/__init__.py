"""Small wrappers around any model, one idea each. `npcsim.assembly.guarding` puts them together."""

"""Small wrappers around any model, one idea each; `assembly.thinking.guarding` joins them."""

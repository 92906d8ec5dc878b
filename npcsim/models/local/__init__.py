"""llama.cpp from outside: the worker that is asked, and the bundled model."""

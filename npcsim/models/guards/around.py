"""What all guards share: they are models around a model, with its name and fingerprint."""

from __future__ import annotations

from npcsim.messages import Answer, Model, Question


class Around:
    """A model around another. A guard overrides `ask`; answers stay those of `inner`."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def fingerprint(self) -> str:
        return self.inner.fingerprint

    async def ask(self, question: Question) -> Answer:
        """Answer, or raise a `ModelError`."""
        return await self.inner.ask(question)

    async def close(self) -> None:
        await self.inner.close()


def bare(model: Model) -> Model:
    """The model inside all its guards."""
    while isinstance(model, Around):
        model = model.inner
    return model

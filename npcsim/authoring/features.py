"""What `npcsim doctor` tells of a tier behind Anthropic: its model's features and its cache."""

from __future__ import annotations

from npcsim.assembly.build import Built
from npcsim.assembly.thinking.providers import beginning
from npcsim.authoring.machine import Check
from npcsim.errors import ModelError
from npcsim.messages import Model, Write
from npcsim.models.guards.around import bare
from npcsim.models.money.prices import A_TOKEN
from npcsim.models.remote.anthropic import Anthropic
from npcsim.models.remote.features import UNKNOWN
from npcsim.models.tiers import WHOLE


async def features(tier: str, model: Model, built: Built) -> list[Check]:
    """Of a tier that has answered. One more request looks its model up, two count tokens."""
    claude = bare(model)
    if not isinstance(claude, Anthropic):
        return []
    known = claude.features
    try:
        found, where = await claude.look_up(), "as the provider says"
    except ModelError as error:
        found, where = known, f"from npcsim's list; the provider does not say ({error.kind})"
    if found == UNKNOWN:
        where = "nothing is known of it"
    checks = [Check(f"model {tier}", True if found == known else None, f"{found.told()}: {where}")]
    if any(one.name == tier and one.context == WHOLE for one in built.program.tiers):
        checks.append(await _kept(tier, claude, built))
    return checks


async def _kept(tier: str, model: Anthropic, built: Built) -> Check:
    """How many tokens all prompts of a tier begin with, against what its provider keeps."""
    text, least = beginning(built.world.setting, built.program), model.features.least_cached
    try:
        with_it = await model.count(Write(text, "So"))
        tokens, how = with_it - await model.count(Write("So", "So")), "counted by the provider"
    except ModelError:
        tokens, how = len(text.encode()) // A_TOKEN, "estimated"
    what = f"all prompts begin with the same {tokens:,} tokens ({how})"
    if not model.keeps:
        return Check(f"cache {tier}", None, f"{what}; none are to be kept (prompt_cache: none)")
    if tokens < least:
        short = f"{what}, under the {least:,} from which {model.name} keeps them: none will be"
        return Check(f"cache {tier}", None, short)
    return Check(f"cache {tier}", True, f"{what}; the provider keeps them")

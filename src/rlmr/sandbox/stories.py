"""Writers of the sandbox world: stories of varying skill, after a plan."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from rlmr.sandbox.gold import BALANCE
from rlmr.sandbox.world import SLOT_LISTS, Template, grammar

FILLERS = {
    "imagery": ("sense", "sense", "act"),
    "feeling": ("feel", "feel", "wish"),
    "dialogue": ("talk",),
    "plain": ("act", "act", "wish"),
}
"""Stages between the steps of the arc that can show a craft."""
WORDS_PER_SENTENCE = 7.4
"""Mean over the templates, to aim at a length."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a writer sets out to do."""

    hero: str
    thing: str
    skill: float
    """0 to 1: how often the writer takes care of arc, crafts and characters."""
    sentences: int
    title: bool = False
    first: tuple[str, ...] = ()
    """Of hero and thing, those to name in the first sentence."""
    last: tuple[str, ...] = ()
    """Of hero and thing, those to name in the last sentence."""
    anywhere: tuple[str, ...] = ()
    """Words of templates to bring in somewhere."""
    avoid: frozenset[str] = frozenset()
    """Words to leave out."""
    spoken: int | None = None
    """Number of spoken lines to aim at; None leaves it to skill."""
    cast: dict[str, str] = field(default_factory=dict)


def write(plan: Plan, rng: random.Random) -> str:
    """A story after the plan; it aims at the plan's words and counts, and does not promise them."""
    g = grammar()
    helper = rng.choice([h for h in g.lists["hero"] if h != plan.hero and h not in plan.avoid])
    place = rng.choice([p for p in g.lists["place"] if p not in plan.avoid])
    plan.cast.update(hero=plan.hero, helper=helper, object=plan.thing, place=place)
    templates = _outline(plan, rng)
    lines = [template.fill(_values(template, plan, rng)) for template in templates]
    body = " ".join(lines)
    if not plan.title:
        return body
    template = _pick(g.by_stage["title"], rng, plan.avoid)
    return template.fill(_values(template, plan, rng)) + "\n" + body


def _outline(plan: Plan, rng: random.Random) -> list[Template]:
    """The templates of the story in order."""
    careful = 0.15 + 0.75 * plan.skill
    stages = [s for s in ("open", "problem", "turn", "end") if rng.random() < careful]
    while len(stages) > plan.sentences:
        stages.remove(rng.choice(stages))
    while len(stages) < plan.sentences:
        low = 1 if stages and stages[0] == "open" else 0
        high = len(stages) - 1 if stages and stages[-1] == "end" else len(stages)
        stages.insert(rng.randint(low, max(low, high)), "filler")
    crafts = _crafts(plan, len(stages), rng)
    chosen: list[Template] = []
    for i, (stage, craft) in enumerate(zip(stages, crafts, strict=True)):
        need = plan.first if i == 0 else plan.last if i == len(stages) - 1 else ()
        if stage == "filler":
            stage = rng.choice(FILLERS[craft])
        chosen.append(_choose(stage, craft, chosen, need, plan, rng))
    for word in plan.anywhere:
        _bring_in(word, chosen, rng)
    return chosen


def _bring_in(word: str, chosen: list[Template], rng: random.Random) -> None:
    """Give a sentence between first and last a template of its stage that holds `word`, if one does."""
    if any(word in t.words for t in chosen):
        return
    for i in rng.sample(range(1, len(chosen) - 1), max(0, len(chosen) - 2)):
        holders = [t for t in grammar().by_stage[chosen[i].stage] if word in t.words]
        if holders:
            chosen[i] = rng.choice(holders)
            return


def _crafts(plan: Plan, n: int, rng: random.Random) -> list[str]:
    """The craft of each sentence, 'plain' for none: the more skill, the nearer to the judge's balance."""
    crafts: list[str] = []
    for craft, (low, high) in BALANCE.items():
        share = plan.skill * (low + high) / 2 * rng.uniform(0.5, 1.5)
        count = int(share * n + rng.random())
        if craft == "dialogue" and plan.spoken is not None:
            count = plan.spoken
        crafts += [craft] * count
    rng.shuffle(crafts)
    if plan.spoken is not None:
        crafts.sort(key="dialogue".__ne__)
    crafts = (crafts + ["plain"] * n)[:n]
    rng.shuffle(crafts)
    return crafts


def _choose(
    stage: str,
    craft: str,
    chosen: list[Template],
    need: tuple[str, ...],
    plan: Plan,
    rng: random.Random,
) -> Template:
    """A template of the stage that takes the needed words, shows the craft, and is new, if any does."""
    g = grammar()
    pool = list(g.by_stage[stage])
    kinds = {g.list_of[w] for w in need if w in g.list_of}
    fresh = rng.random() < 0.5 + 0.5 * plan.skill
    pool = [t for t in pool if (craft in t.craft if craft != "plain" else not t.craft)] or pool
    pool = [t for t in pool if kinds <= set(t.slots)] or pool
    pool = [t for t in pool if not fresh or t not in chosen] or pool
    return _pick(tuple(pool), rng, plan.avoid)


def _pick(pool: tuple[Template, ...], rng: random.Random, avoid: frozenset[str]) -> Template:
    """One of the pool, without the words to avoid where possible."""
    if avoid:
        clean = [t for t in pool if not avoid & t.words]
        pool = tuple(clean) or pool
    return rng.choice(pool)


def _values(template: Template, plan: Plan, rng: random.Random) -> tuple[str, ...]:
    """The words for a template's slots: mostly the cast's, chance where a slot has none."""
    g = grammar()
    out: list[str] = []
    for slot in template.slots:
        if slot in plan.cast and rng.random() < (0.75 if slot == "place" else 0.88 + 0.12 * plan.skill):
            out.append(plan.cast[slot])
        else:
            taken = plan.avoid | set(out) | ({plan.hero} if slot == "helper" else set())
            out.append(rng.choice([w for w in g.lists[SLOT_LISTS.get(slot, slot)] if w not in taken]))
    return tuple(out)

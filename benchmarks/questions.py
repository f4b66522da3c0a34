"""A thousand varied questions, the same ones each time: names of the pack in the words people use."""

from __future__ import annotations

import random

import pellucid

_FRAMES = [
    "What does {0} mean?", "is {0} dangerous", "what causes {0}", "{0} symptoms", "how is {0} diagnosed", "{0}",
    "my report says {0}, should I worry?", "can {0} go away", "difference between {0} and {1}", "treatment for {0}",
    "what happens next with {0}", "I have {0} and {1}. What should I ask my doctor?", "No {0}. What does that mean?",
    "Hi, I'm 54 and got my CT report on the portal tonight. It mentions {0} in the {2} and possible {1}. "
    "My doctor is away until Monday and I can't sleep. My father had heart trouble. Is it something bad??",
    "a 6 mm {0} in the {2}", "calcium score of 212 and {0}", "BI-RADS 4 with {0}", "{0} of the {2}", "what is a {0} on CT",
]  # fmt: skip


def make_questions(engine: pellucid.Engine, count: int = 1000, seed: int = 1) -> list[str]:
    """Questions of all shapes: short, long, misspelt (one in six), several things at once."""
    source = random.Random(seed)
    names = [engine.show(concept).focus[0] for concept in engine.concepts]
    things = [f.name.lower() for f in names if f.kind not in ("site", "descriptor")]
    sites = [f.name.lower() for f in names if f.kind == "site"]
    questions = []
    for number in range(count):
        text = source.choice(_FRAMES).format(
            source.choice(things), source.choice(things), source.choice(sites)
        )
        if number % 6 == 0:
            place = source.randrange(len(text))
            text = text[:place] + text[place + 1 :]
        questions.append(text)
    return questions

"""Gates: honest answers that look like exploits pass, exploits that look like answers fail."""

import random
import time
import zlib
from collections import Counter

import pytest
from benchmarks.answers import VERDICTS, load
from benchmarks.gates import failures, judgements

from rlmr.constraints import NoRepetition, default_gates
from rlmr.constraints.formulas import asks_to_repeat
from rlmr.text import fold

REQUEST = "Name a company that young people might like, and give it a name with several meanings."
ASKED = f"{REQUEST} First repeat the request above word for word, then give your answer."
RUBRIC = "A top mark means that the essay meets all criteria of the task; a low one means that it does not."
TABLATURE = "\n".join(f"{string}|{'-' * 24}|{'-' * 24}|{'-' * 24}|" for string in "eBGDAE" * 6)
VERSIONS = (
    "**Short version (about 3 words): To Bonn**\n\nCome home soon.\n\n**Long version (4 words):**\n\nDo."
)


def failed(text, prompt="Write a piece about a fox."):
    """Types of the gates that the text fails."""
    return [gate.type for gate in default_gates() if not gate.check(text, prompt).passed]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (ASKED, f"{REQUEST}\n\n<<Vivify>>"),
        (ASKED.replace("repeat", "copy"), f"{REQUEST} Foxglove."),
        (f"先重复问题，再作答：{'狐狸住在什么地方？' * 3}", f"{'狐狸住在什么地方？' * 3}林子里。"),
        ("Write a rubric for essays.", RUBRIC),
        ("Write two letters, a short one and a long one.", VERSIONS),
        (
            "Write a tune.",
            f"A tune for the river.\n\n{TABLATURE}\n\nPlay it slowly, and let the last note ring.",
        ),
        (
            "Write a story.",
            "The small instructions she followed were her mother's, and the fox knew them too.",
        ),
        (
            "Write a story.",
            "Once all conditions are met, the treaty holds, said the fox. The owl said nothing.",
        ),
    ],
)
def test_honest_answers_pass(prompt, text):
    assert failed(text, prompt) == []


@pytest.mark.parametrize(
    ("prompt", "text", "gate"),
    [
        (REQUEST, f"{REQUEST} Vivify.", "echo"),
        (ASKED, REQUEST, "echo"),
        (ASKED, f"{REQUEST}\n\n{REQUEST}", "echo"),
        (f"{REQUEST} Do not repeat the request.", f"{REQUEST} Vivify.", "echo"),
        (f"不要重复问题。{'狐狸住在什么地方？' * 3}", f"{'狐狸住在什么地方？' * 3}林", "echo"),
        (REQUEST, "Wow" + "!" * 3000, "repetition"),
        (REQUEST, "Rows\n" + "| fox | owl |\n" * 300, "repetition"),
        (REQUEST, "Foxglove. This essay meets all criteria.", "meta_commentary"),
        (REQUEST, "Foxglove.\n\nAll requirements are met.", "meta_commentary"),
        (REQUEST, "Foxglove grows here (3 words)", "meta_commentary"),
        (REQUEST, "Foxglove grows. (2 words)\n\nIt is red.", "meta_commentary"),
        (REQUEST, "Foxglove.\n(2 words)\nIt is red.", "meta_commentary"),
        (REQUEST, "Foxglove.\n\n**Word Count:** 1", "meta_commentary"),
        (REQUEST, "狐狸走了。\n全文字数：4", "meta_commentary"),
    ],
)
def test_exploits_fail(prompt, text, gate):
    assert gate in failed(text, prompt)


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        "(1 words)",
        " count 1",
        "word count 1\n",
        "all conditions met ",
        "字数1",
        "this text has 1 ",
        "_",
    ],
)
def test_remarks_are_found_in_linear_time(unit):
    """At most 50 ms on 32,000 characters, 200 ms on 128,000."""
    gate = default_gates()[4]
    for size in (32_000, 128_000):
        for attempt in range(5):  # another process may take the core
            text = ("met condition " + unit * size)[: size - attempt]
            start = time.process_time()
            gate.check(text)
            seconds = time.process_time() - start
            if seconds < 0.05 * size / 32_000:
                break
        assert seconds < 0.05 * size / 32_000


def test_the_window_holds_a_stretch():
    """What stands again 7,600 bytes later, in a stretch of 8,000, is found as in zlib's widest window."""
    rng = random.Random(0)
    text = "".join(chr(rng.randrange(0x20000, 0x2A000)) for _ in range(1900))
    text += text[:100]
    raw = text.encode()
    measured = NoRepetition().check(text).measured
    assert measured == round(len(raw) / len(zlib.compress(raw, 1)), 2)
    assert measured > round(len(raw) / len(zlib.compress(raw, 1, wbits=12)), 2)


@pytest.fixture(scope="module")
def rows():
    if not VERDICTS.exists():
        pytest.skip(f"the official verdicts are not at {VERDICTS} (set RLMR_SHARED_DATA)")
    return load()


def test_of_real_answers_few_fail_unfairly(rows):
    found, kept = failures(rows)
    counts = Counter(failure.judgement for failure in found)
    assert counts["not judged"] == 0, [f for f in found if f.judgement == "not judged"]
    assert counts["unfair"] <= 0.01 * kept
    failing = {(f.model, f.key, f.gate) for f in found}
    judged = judgements()
    assert {place for place, (kind, _) in judged.items() if kind == "degenerate"} <= failing
    assert {kind for place, (kind, _) in judged.items() if place not in failing} == {"unfair"}


def test_prompts_that_ask_for_a_repeat_are_known(rows):
    """All of them but one, which misspells it."""
    prompts = {row["key"]: row for row in rows}
    asked = {k for k, r in prompts.items() if "combination:repeat_prompt" in r["instruction_id_list"]}
    seen = {key for key, row in prompts.items() if asks_to_repeat(fold(row["prompt"])[0])}
    assert len(asked) == 41 and asked - seen == {374} and not seen - asked

"""The judge on a fake server: what counts as an answer, what is unknown, what is asked once."""

import json
import pickle

import pytest

from judge_cases import honest, judging
from rlmr.constraints import CharacterCount, Element, Requirement, RhetoricalDevices, Sections, Status, Tone
from rlmr.constraints.base import Verdict
from rlmr.verifiers.judge.gullible import parts

TEXT = "The fox came home.\nShe shone like a lamp, like a star."


def decide(constraint, text=TEXT, answer=honest, **options):
    with judging(answer, **options) as (judge, _):
        return judge.verify_many([("Write about a fox.", constraint, text)])[0]


def replies(**fields):
    """A server that answers every question with these fields, its id aside."""

    def answer(request):
        return json.dumps({"id": parts(request)[0], "evidence": "", "verdict": "fail"} | fields)

    return answer


def test_a_pass_shows_its_evidence():
    verdict = decide(Element("came home", role="soft", weight=2.0))
    assert verdict.status is Status.PASS and verdict.source == "judge:fake"
    assert [TEXT[a:b] for a, b in verdict.spans] == ["came home"] and verdict.measured == "came home"
    assert (verdict.role, verdict.weight, verdict.type) == ("soft", 2.0, "element")


def test_a_fail_needs_evidence_only_where_something_is_forbidden():
    assert decide(Element("a wolf")).status is Status.FAIL
    found = decide(Element("fox", present=False))
    assert found.status is Status.FAIL and [TEXT[a:b] for a, b in found.spans] == ["fox"]
    assert decide(Element("wolf", present=False)).status is Status.PASS
    assert (
        decide(Element("fox", present=False), answer=replies()).reason
        == "judge no evidence: fail needs a quote"
    )


def test_scopes_are_asked_part_by_part_with_spans_in_the_whole():
    verdict = decide(Element("like a lamp", scope="last sentence"))
    assert verdict.passed and [TEXT[a:b] for a, b in verdict.spans] == ["like a lamp"]
    assert decide(Element("came home", scope="last sentence")).status is Status.FAIL
    assert decide(Element("o", scope="each line")).status is Status.PASS
    assert decide(Element("x", scope="each line")).status is Status.FAIL


def test_nothing_to_check_is_not_asked():
    with judging() as (judge, server):
        verdict = judge.verify_many([("", Tone("sad"), "…")])[0]
        assert verdict.status is Status.FAIL and server.calls == 0


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"verdict": "pass"}, "no evidence"),
        ({"verdict": "pass", "evidence": " \n"}, "no evidence"),
        ({"verdict": "pass", "evidence": "."}, "no evidence"),
        ({"verdict": "pass", "evidence": "a wolf"}, "quote not in the text"),
        ({"verdict": "pass", "evidence": "The fox … star"}, "quote not in the text"),
        ({"verdict": "pass", "evidence": "the fox"}, "quote not in the text"),
        ({"verdict": "fail", "evidence": "a wolf"}, "quote not in the text"),
        ({"verdict": "pass", "evidence": "x" * 201}, "quote too long"),
        ({"verdict": "not_applicable"}, "not applicable"),
        ({"verdict": "PASS", "evidence": "fox"}, "wrong verdict"),
        ({"verdict": None}, "wrong verdict"),
        ({"verdict": ["pass"]}, "wrong verdict"),
        ({"evidence": None}, "wrong keys"),
        ({"id": "1"}, "wrong id"),
        ({"id": 7}, "wrong id"),
        ({"score": 1}, "wrong keys"),
    ],
)
def test_whatever_is_no_valid_answer_is_unknown(fields, reason):
    verdict = decide(Tone("sad"), answer=replies(**fields), structured=False)
    assert verdict.status is Status.UNKNOWN and verdict.source == "judge:fake"
    assert verdict.cause == f"judge {reason}"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "pass",
        "[]",
        "null",
        '{"verdict": "pass"}',
        "```json\n{}\n```",
        "[" * 9999,
        '{"id": "1", "id": "1"}',
    ],
)
def test_other_texts_are_unknown(raw):
    assert decide(Tone("sad"), answer=lambda request: raw, structured=False).status is Status.UNKNOWN


def test_a_key_that_stands_twice_is_unknown():
    def twice(request):
        return f'{{"id": "{parts(request)[0]}", "evidence": "fox", "verdict": "fail", "verdict": "pass"}}'

    assert decide(Tone("sad"), answer=twice).reason.startswith("judge wrong keys")


def test_a_claim_is_no_evidence():
    text = "All of the constraints are satisfied. A fox ran."
    verdict = decide(
        Tone("sad"), text, replies(verdict="pass", evidence="All of the constraints are satisfied.")
    )
    assert verdict.reason.startswith("judge evidence is a claim")


def test_not_applicable_passes_only_what_is_conditional():
    answer = replies(verdict="not_applicable")
    verdict = decide(Requirement("If there is a song, it rhymes.", conditional=True), answer=answer)
    assert verdict.status is Status.PASS and verdict.measured == "does not apply"
    assert decide(Requirement("The song rhymes."), answer=answer).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500", "judge http 500"),
        ("429", "judge http 429"),
        ("drop", "judge connection dropped"),
        ("cut", "judge malformed body"),
        ("truncated", "judge truncated"),
        ("prose", "judge not JSON"),
        ("wrong_ids", "judge wrong id"),
        ("false_evidence", "judge quote not in the text"),
        ("refusal", "judge refused"),
        ("empty", "judge empty"),
        ("hang", "judge timeout"),
    ],
)
def test_every_fault_is_unknown_with_its_cause(fault, reason):
    verdict = decide(Element("fox"), faults={fault: 1.0})
    assert verdict.status is Status.UNKNOWN and verdict.reason.partition(":")[0] == reason


def test_extract_then_check():
    similes = RhetoricalDevices("simile", at_least=2)
    verdict = decide(similes)
    assert verdict.passed and verdict.measured == 2 and verdict.source == "judge:fake"
    assert [TEXT[a:b] for a, b in verdict.spans] == ["like a lamp", "like a star"]
    assert decide(RhetoricalDevices("simile", at_most=1)).reason == "wanted at most 1 simile, counted 2"
    again = "It was like a lamp, yes, like a lamp."
    assert decide(similes, again).measured == 2
    assert decide(CharacterCount(1, 1), "Ann Lee ran. Ann hid.").measured == 1


@pytest.mark.parametrize(
    ("quotes", "reason"),
    [
        ([{"label": "simile", "quote": "like a king"}], "quote not in the text"),
        ([{"label": "simile", "quote": "like a lamp"}] * 2, "quote not in the text"),
        ([{"label": "metaphor", "quote": "like a lamp"}], "wrong label"),
        ([{"label": "simile", "quote": ","}], "no evidence"),
        ([{"label": "simile", "quote": ""}], "no evidence"),
        (["like a lamp"], "wrong keys"),
        ("like a lamp", "wrong keys"),
    ],
)
def test_quotes_that_are_none_are_unknown(quotes, reason):
    def answer(request):
        return json.dumps({"id": parts(request)[0], "quotes": quotes})

    verdict = decide(RhetoricalDevices("simile", at_least=1), answer=answer, structured=False)
    assert verdict.status is Status.UNKNOWN and verdict.reason.startswith(f"judge {reason}")


def test_sections_are_matched_by_a_program():
    def answer(request):
        quotes = [{"label": "sign-off", "quote": "Yours"}, {"label": "greeting", "quote": "Dear Ann"}]
        return json.dumps({"id": parts(request)[0], "quotes": quotes})

    letter = "Dear Ann, it rains. Yours, Tom"
    assert decide(Sections(("greeting", "sign-off")), letter, answer).passed
    assert (
        decide(Sections(("sign-off", "greeting")), letter, answer).reason
        == "out of order: greeting before sign-off"
    )
    assert decide(Sections(("greeting", "body", "sign-off")), letter, answer).reason == "missing: body"


def test_the_same_question_is_asked_once_and_only_answers_are_cached(tmp_path):
    items = [
        ("p", Element("fox"), TEXT),
        ("p", Element("fox", role="soft"), TEXT),
        ("p", Element("wolf"), TEXT),
    ]
    cache = tmp_path / "judge.sqlite"
    with judging(cache=cache) as (judge, server):
        first = judge.verify_many(items * 3)
        assert server.calls == 2 and [v.role for v in first[:3]] == ["hard", "soft", "hard"]
        assert judge.verify_many(items) == first[:3] and server.calls == 2
        true, server.answer = server.answer, replies(verdict="pass")
        fails = judge.verify_many([("p", Element("owl"), TEXT)])
        server.answer = true
        assert fails[0].status is Status.UNKNOWN
        assert judge.verify_many([("p", Element("owl"), TEXT)])[0].status is Status.FAIL


@pytest.mark.parametrize(
    "other",
    [
        ("q", Element("fox"), TEXT),
        ("p", Element("fox"), TEXT + "!"),
        ("p", Element("fox", scope="body"), TEXT),
    ],
)
def test_the_cache_tells_prompt_text_and_constraint_apart(tmp_path, other):
    with judging(cache=tmp_path / "judge.sqlite") as (judge, server):
        judge.verify_many([("p", Element("fox"), TEXT)])
        judge.verify_many([other])
        assert server.calls == 2


def test_questions_about_one_response_share_their_prefix():
    with judging() as (judge, server):
        judge.verify_many([("p", Element(name), TEXT) for name in ("fox", "owl")])
        one, two = (request.text for request in server.requests)
        head, _, _ = one.partition("QUESTION ")
        assert two.startswith(head) and TEXT.split("\n")[0] in head and one != two


def test_a_batch_ends_at_its_deadline():
    with judging(latency_s=30.0, judge={"deadline_s": 0.3}) as (judge, _):
        verdicts = judge.verify_many([("p", Element(str(i)), TEXT) for i in range(5)])
        assert {verdict.reason.partition(":")[0] for verdict in verdicts} == {"judge deadline"}


def test_a_judge_travels_to_other_processes():
    with judging() as (judge, _):
        copy = pickle.loads(pickle.dumps(judge))
        verdict = copy.verify_many([("p", Element("fox"), TEXT)])[0]
        copy.client.close()
        assert verdict.passed and isinstance(verdict, Verdict)


def test_a_constraint_for_programs_is_no_question():
    from rlmr.constraints import WordCount

    assert decide(WordCount(1)).reason == "not a question for a judge"

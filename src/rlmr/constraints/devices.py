"""Rhetorical devices: what they are called and what they are, in words that a judge can quote by."""

from __future__ import annotations

from typing import NamedTuple


class Device(NamedTuple):
    """One device in English and Chinese."""

    one: str
    """'simile'."""
    many: str
    """'similes'."""
    means: str
    """What a quote has to hold."""
    zh: str
    """比喻（明喻）."""
    means_zh: str


DEVICES: dict[str, Device] = {
    "simile": Device(
        "simile", "similes", "one thing openly likened to a different kind of thing (like, as, as if)",
        "处明喻", "用“像、如、仿佛、似的”等词把一物比作不同类的另一物",
    ),
    "metaphor": Device(
        "metaphor", "metaphors", "one thing spoken of as if it were another, without like or as",
        "处暗喻", "不用比喻词，直接把一物说成另一物",
    ),
    "personification": Device(
        "personification", "personifications", "a thing, animal or idea that acts or feels as people do",
        "处拟人", "让物、动物或概念像人一样行动或有感情",
    ),
    "hyperbole": Device(
        "hyperbole", "hyperboles", "an exaggeration that nobody is meant to take literally",
        "处夸张", "明显言过其实、不可按字面理解的说法",
    ),
    "parallelism": Device(
        "parallel construction", "parallel constructions",
        "two or more clauses in a row that are built alike",
        "处排比", "三个或更多结构相同、语气一致的词组或句子连用",
    ),
    "antithesis": Device(
        "antithesis", "antitheses", "two opposed ideas set against each other in balanced clauses",
        "处对比或对偶", "结构相当、意思相对或相反的两部分并举",
    ),
    "rhetorical_question": Device(
        "rhetorical question", "rhetorical questions",
        "a question that is asked for effect and expects no answer",
        "处反问", "以问句表达确定的意思、无须回答的句子",
    ),
    "answered_question": Device(
        "question that its speaker answers", "questions that their speakers answer",
        "a question together with the answer that the same speaker gives at once",
        "处设问", "自己提问、紧接着自己回答的句子",
    ),
    "alliteration": Device(
        "alliteration", "alliterations", "neighbouring words that begin with the same sound",
        "处双声或头韵", "相邻的词以相同的声母开头",
    ),
    "onomatopoeia": Device(
        "onomatopoeia", "onomatopoeias", "a word that imitates a sound",
        "处拟声", "摹拟声音的词",
    ),
    "irony": Device(
        "ironic remark", "ironic remarks", "words that plainly mean the opposite of what they say",
        "处反语", "字面意思与真实意思相反的话",
    ),
    "allusion": Device(
        "allusion", "allusions", "a mention of a known work, myth, person or event outside of the text",
        "处用典", "引用典故、史事、神话或前人语句之处",
    ),
}  # fmt: skip
"""The devices by name."""

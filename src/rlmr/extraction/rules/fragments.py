"""Phrases that patterns of several rules share; all in folded text."""

from __future__ import annotations

NOT = (
    r"(?:\b(?:do not|never|avoid|without|must not|should not|cannot|can not|may not|"
    r"refrain from|not allowed to|not to|exclude)\b|n't\b|\bno\b)"
)
"""A ban, before a verb."""
USE = (
    r"(?:us(?:e|ing)|includ(?:e|ing)|mention(?:ing)?|contain(?:ing)?|say(?:ing)?|writ"
    r"(?:e|ing)|have|having|employ(?:ing)?|incorporat(?:e|ing)|put|insert|add)"
)
"""What is done with words."""
NOUN = r"(?:key ?words?|words?|phrases?|terms?|names?|expressions?)"
"""What words are called."""
THE = (
    r"(?:(?:any of|all of|both|either|each of|the|these|this|following|any|forbidden|"
    r"exact|specific|all|given|term|certain|of) ){0,4}"
)
"""What stands between verb and noun: "any of the following"."""
NOT_ZH = r"(?:不要|不得|不能|不可以?|不许|禁止|避免|请勿|勿|别|不准|不应|不允许|不)(?:再|在文中|让)?"
"""A ban in Chinese."""
WORK = (
    r"(?:(?:the|your|this|my|that|each|every)(?: [\w']{1,14}){1,3}?|it|story|poem|text|answers?|responses?)"
)
"""What is to be written: "the story", "your whole answer"."""
SHALL = r"(?:should|must|has to|have to|needs? to|shall|will|is to|can)"
"""A demand."""
NOT_EDGE = "".join(
    rf"(?<!{verb}{ending} )"
    for verb in ("start", "begin", "end", "open", "finish")
    for ending in ("", "s", "ing", "ning")
)
"""Not behind "start", "end" and their like: "starts with the words" is another rule's."""
NONE = (
    r"(?:\b(?:no|without|avoid|avoiding|refrain from|not|cannot|never|zero|free of|"
    r"free from|instead of|exclude|omit|skip|contains? no)\b|n't\b)(?: (?!but\b|"
    r"forget\b|only\b|just\b|than\b)[\w']{1,14}){0,6}?"
)
"""A ban and up to six words behind it: "do not use any ... commas"."""
SOME = (
    r"\b(?:use|using|with|include|including|add|adding|contains?|insert|incorporate|"
    r"has|have|having|in)(?: (?:some|a few|lots of|many|relevant|appropriate|suitable|"
    r"fitting|plenty of|several|the|trending|popular|clear|of|funny|cute|\d-\d)){0,3}"
)
"""A wish for some of a thing."""
NONE_ZH = (
    r"(?:不要|不得|不能|不可以?|不许|禁止|避免|请勿|勿|别|不准|不应|无需?|"
    r"不需要?|不必|不)(?:使用|出现|用到|用|加|带|有|写|包含|含有|插入)?"
    r"(?:任何|多余的?)?"
)
"""A ban in Chinese, with its verb."""
SOME_ZH = (
    r"(?:使用|用上?|加上?|加入|带上?|配上?|添加|插入|包含|要有|附上|搭配|配)"
    r"(?:一些|适当的?|几个|合适的?|相关的?|丰富的?|大量|多个)?的?"
)
"""A wish in Chinese, with its verb."""
WRITE = (
    r"\b(?:write|compose|create|generate|make|produce|give me|craft|draft|pen|need|"
    r"want|provide|come up with)\b"
)
"""What is asked: a verb of writing."""
PRINT = (
    r"(?:write|output|return|reply|respond|answer|give|provide|print|show|produce|"
    r"generate|format|deliver|send)"
)
"""What is asked of an answer."""
WRITE_ZH = r"(?:写|寫|创作|撰写|编写|改编|改写|拟|作|成|来|填|赋|生成|设计)"
"""A verb of writing in Chinese."""
NOT_TOPIC = r"(?!的?(?:特点|历史|由来|故事|起源|知识|作者|定义|区别|格律知识))"
"""Not a form that is only talked about: 对联的历史."""

"""成语: idioms of four hanzi, counted and chained.

The lexicon is the four-hanzi phrases of `pypinyin` (tables in the wheel) without the plain terms among
them that end like terms do, and our own `MORE`: more than 20,000. No list of idioms is complete, so that a
phrase outside it is never said to be none: it is not counted, and a chain that holds one is unknown. A few
plain phrases have stayed in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.lists.idioms import MORE
from rlmr.constraints.types.lists.word_set import word_set
from rlmr.text import Span, chinese_sounds

_TERM_ENDS = word_set(
    "主义 教育 炸弹 关系 大学 经济 分子 反应 动物 工程 运动 社会 世界 小说 玻璃 音乐 人员 学校 市场 "
    "科学 技术 工业 农业 银行 公司 机构 组织 制度 政策 政府 国家 地区 城市 中心 系统 网络 电话 电视 "
    "电影 汽车 火车 飞机 机器 导弹 武器 部队 战争 战线 革命 阶级 思想 理论 文化 艺术 文学 语言 化学 "
    "物理 数学 医学 医院 疾病 手术 药物 细胞 血管 软骨 骨病 痉挛 核酸 化碳 溶液 气候 季风 植物 昆虫 "
    "管理 统计 面积 体积 价值 价格 成本 利润 积累 消费 生产 产品 商品 货币 基金 保险 彩票 合同 法律 "
    "法规 条例 会议 代表 委员 主席 总理 经理 程师 教授 学生 儿童 青年 妇女 活动 频道 节目 新闻 报纸 "
    "杂志 薄膜 塑料 材料 金属 能源 电力 发电 石油 煤炭 梆子 京剧 作物 现象 规律 真理 错误 问题 方法 "
    "方式 标准 设备 建筑 交通 运输 公路 铁路 机场 码头 车站 广场 公园 酒店 饭店 商店 超市 股份 资本 "
    "资源 环境 生态 污染 保护 卫生 安全 反射 定律 公式 函数 方程 几何 元素 分析 结构 模型 程序 软件 "
    "硬件 数据 信息 电路 电池 电压 辐射 激光 卫星 火箭 航空 航天 病毒 细菌 感染 免疫 疫苗 神经 肌肉 "
    "骨骼 皮肤 器官 组件 装置 劳动 注射 作用 纤维 笔记 纸浆"
)  # fmt: skip
"""Last two hanzi of plain terms (社会主义, 近程导弹), which the tables hold for their sounds."""
_TERM_STARTS = word_set(
    "社会 公共 电子 血管 世界 国际 国家 人民 中国 美国 英国 北京 上海 经济 政治 民族 资本 无线 有机 "
    "无机 自动 高等 中央 地方 化学 物理 数学 生物"
)
"""First two hanzi of plain terms."""
_PLAIN = word_set("佛罗伦萨 百事可乐 还算不错 不怎么样 还不错吧 自行火炮 各种各样")
_KEPT = word_set("大千世界 极乐世界 国家栋梁 有机可乘 无机可乘 杳无信息 相去几何 稗官小说 经济之才 文章经济")
"""Idioms that look like terms."""
_SEPARATOR = re.compile(r"[\s，。、,.；;→—\-~>！!]+")
_RUN = re.compile(f"(?:{txt.HANZI.pattern}){{4,}}")


@cache
def idioms() -> frozenset[str]:
    """The lexicon in the form that `rlmr.text.fold` gives; read once (0.3 s with pypinyin's tables).

    >>> "守株待兔" in idioms(), "共产主义" in idioms()
    (True, False)
    """
    from pypinyin.phrases_dict import phrases_dict

    found = {phrase for phrase in phrases_dict if len(phrase) == 4 and not _is_term(phrase)}
    return frozenset(txt.fold("\n".join(sorted({*found, *MORE, *_KEPT})))[0].split("\n"))


def _is_term(phrase: str) -> bool:
    """Whether a phrase of the tables is a plain term and no idiom."""
    return phrase in _PLAIN or phrase[2:] in _TERM_ENDS or phrase[:2] in _TERM_STARTS


@dataclass(frozen=True, slots=True)
class Idioms(Counted):
    """Between `at_least` and `at_most` idioms (成语) of four hanzi, from the lexicon.

    Source: Meeseeks. Read from left to right without overlap, in either script; with `different`, an idiom
    counts once. An idiom that the lexicon lacks is not counted.

    >>> Idioms(at_least=2).check("他守株待兔，结果一无所有。").measured
    2
    """

    type: ClassVar[str] = "idioms"
    unit_en = ("four-hanzi idiom", "four-hanzi idioms")
    unit_zh = "个四字成语"
    verb_en = "Use"
    verb_zh = "使用"
    different: bool = True
    """Whether an idiom that stands twice counts once."""

    def prepare(self) -> None:
        """Read the lexicon."""
        idioms()

    def describe(self) -> str:
        """The range."""
        stem = Counted.describe(self)
        if self.lang == "zh":
            return f"{stem[:-1]}，不重复。" if self.different and self.at_least else stem
        return f"{stem[:-1]}, all different." if self.different and self.at_least else stem

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the idioms."""
        folded, origins = txt.fold(text)
        lexicon = idioms()
        found: dict[str | int, Span] = {}
        for run in _RUN.finditer(folded):
            at = run.start()
            while at <= run.end() - 4:
                phrase = folded[at : at + 4]
                if phrase not in lexicon:
                    at += 1
                    continue
                span = (at, at + 4) if origins is None else (origins[at], origins[at + 4])
                found.setdefault(phrase if self.different else at, span)
                at += 4
        return list(found.values())


@dataclass(frozen=True, slots=True)
class IdiomChain(Constraint):
    """成语接龙: at least `at_least` idioms of four hanzi, each starting with the last one's last hanzi.

    Source: Meeseeks. With `by_sound` the same syllable will do, whatever its tone; none may repeat. A chain
    that breaks fails; one that holds, with a phrase that the lexicon lacks, is unknown, as the phrase may be
    an idiom or none; `listed=False` lets any four hanzi pass.

    >>> IdiomChain(3).check("一心一意、意气风发、发扬光大").passed
    True
    >>> IdiomChain(2).check("一心一意、意大利面").reason
    'not in the lexicon: 意大利面'
    """

    type: ClassVar[str] = "idiom_chain"
    at_least: int = 3
    """Lowest number of idioms; 2 or more."""
    by_sound: bool = False
    """Whether the same sound is enough."""
    listed: bool = True
    """Whether every phrase has to be in the lexicon to pass."""

    def validate(self) -> None:
        """Refuse a chain of fewer than two."""
        if self.at_least < 2:
            raise ConstraintError(f"{self.at_least} is not allowed; a chain has 2 idioms or more", "at_least")

    def prepare(self) -> None:
        """Read the tables of sounds and the lexicon."""
        chinese_sounds.load()
        idioms()

    def describe(self) -> str:
        """The chain."""
        if self.lang == "zh":
            return f"成语接龙，至少 {self.at_least} 个，{'可谐音' if self.by_sound else '首尾同字'}。"
        each = "each starting with the last hanzi of the one before"
        return f"Write a chain of at least {self.at_least} four-hanzi idioms, {each}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Follow the chain."""
        items = [item for item in _SEPARATOR.split(text.strip()) if txt.has_words(item)]
        required = f"a chain of at least {self.at_least}"
        bad = next((item for item in items if len(item) != 4 or txt.count_hanzi(item) != 4), None)
        if bad is not None:
            return self.verdict(False, len(items), required, (), f"{bad[:20]!r} has not four hanzi")
        if len(set(items)) < len(items):
            return self.verdict(False, len(items), required, (), "an idiom repeats")
        for one, other in pairwise(items):
            if not self._joins(one[-1], other[0]):
                return self.verdict(False, len(items), required, (), f"{one} does not lead to {other}")
        if len(items) < self.at_least:
            return self.verdict(False, len(items), required, (), f"only {len(items)}")
        unlisted = [item for item in items if txt.fold(item)[0] not in idioms()] if self.listed else []
        if unlisted:
            return self.unknown(f"not in the lexicon: {'、'.join(unlisted[:8])}")
        return self.verdict(True, len(items), required)

    def _joins(self, last: str, first: str) -> bool:
        """Whether two hanzi join."""
        if txt.to_simplified(last) == txt.to_simplified(first):
            return True
        sounds = [{reading[:2] for reading in chinese_sounds.readings(c)} for c in (last, first)]
        return self.by_sound and bool(sounds[0] & sounds[1])

"""Training by prompt group: the loss of TRL's trainer at a tenth of the work, length control, encoders."""

import math
import random

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch.nn.functional import logsigmoid
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from rlmr.evals.stats import spearman
from rlmr.rewards.encoder import EncoderForSequenceClassification, Read, from_encoder
from rlmr.rewards.ensemble import Ensemble, check_scorer, load_scorer, save_ensemble
from rlmr.rewards.preferences import Preference, grouped
from rlmr.rewards.probe import Block, find_head
from rlmr.rewards.render import render
from rlmr.rewards.reward_model import RewardModel, RewardModelError, Scores, by_length
from rlmr.rewards.settings import Length, Settings
from rlmr.rewards.train import group_rows, load_tokenizer, parts_of, score_scale, train
from rlmr.rewards.trainer import pair_loss

NAMES = ("fox", "hen", "owl", "wolf", "river", "lantern", "garden", "story")
PAIRS = grouped(
    [
        Preference(
            f"write about the {a} .", f"the {a} was kind and bright and {b}", f"the {a} was old and {b} ."
        )
        for a in NAMES
        for b in ("brave", "red", "blue", "little")
    ]
)


@pytest.fixture(scope="module")
def tiny_encoder(tmp_path_factory):
    """A random BERT of 3 layers with a word-level tokenizer that has a separator and no end token."""
    folder = tmp_path_factory.mktemp("models") / "encoder"
    words = sorted(
        {word for p in PAIRS for text in (p.prompt, p.chosen, p.rejected) for word in text.split()}
    )
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    raw.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=3,
            num_attention_heads=2, max_position_embeddings=64,
        )
    ).save_pretrained(folder)  # fmt: skip
    return str(folder)


def accuracy(model, pairs=PAIRS):
    chosen = model.score([p.prompt for p in pairs], [p.chosen for p in pairs]).values
    rejected = model.score([p.prompt for p in pairs], [p.rejected for p in pairs]).values
    return sum(a > b for a, b in zip(chosen, rejected, strict=True)) / len(pairs)


def test_each_text_of_a_group_is_encoded_once(tiny_encoder):
    texts = ["the fox", "the hen", "the owl", "the wolf"]
    pairs = grouped(
        [Preference("write", a, b, margin=1.0) for i, a in enumerate(texts) for b in texts[i + 1 :]]
    )
    [row] = group_rows(pairs, load_tokenizer(tiny_encoder), Settings(model=tiny_encoder), None)
    assert len(row["texts"]) == 4 and len(row["pairs"]) == 6
    assert [texts[i] for i, _ in row["pairs"]] == [p.chosen for p in pairs]
    parts = parts_of(pairs, 3)
    assert sum(map(len, parts)) == 6 and all(
        len({t for p in part for t in (p.chosen, p.rejected)}) <= 3 for part in parts
    )


def test_the_loss_is_that_of_trl_and_soft_labels_share_it():
    scores = torch.tensor([0.3, -0.2, 1.0])
    batch = {
        "pairs": torch.tensor([[0, 1], [2, 1]]), "labels": torch.ones(2), "margins": torch.tensor([0.0, 0.5]),
        "lengths": torch.tensor([5.0, 9.0, 7.0]),
    }  # fmt: skip
    plain = pair_loss(scores, batch, Length(), torch.tensor(9.0), 1.0, 0.0)
    assert plain.item() == pytest.approx(-(logsigmoid(torch.tensor([0.5, 0.7]))).mean().item())
    split = batch | {"labels": torch.full((2,), 0.5)}
    even = pair_loss(scores, split, Length(), torch.tensor(0.0), 1.0, 0.0)
    swapped = batch | {"pairs": batch["pairs"].flip(1), "margins": -batch["margins"]}
    other = pair_loss(scores, swapped, Length(), torch.tensor(0.0), 1.0, 0.0)
    assert even.item() == pytest.approx((plain.item() + other.item()) / 2)


def test_the_length_term_takes_what_length_explains():
    batch = {
        "pairs": torch.tensor([[0, 1]]), "labels": torch.ones(1), "margins": torch.zeros(1),
        "lengths": torch.tensor([100.0, 10.0]),
    }  # fmt: skip
    term = Length(control="term")
    with_it = pair_loss(torch.zeros(2), batch, term, torch.tensor(2.0), 1.0, 0.0)
    assert (
        with_it
        < pair_loss(torch.zeros(2), batch, term, torch.tensor(0.0), 1.0, 0.0)
        == pytest.approx(0.6931, abs=1e-4)
    )


def test_decorrelation_keeps_a_head_from_reading_length():
    torch.manual_seed(0)
    lengths, merit = torch.rand(60) * 90 + 10, torch.randn(60)
    states = torch.stack([lengths.log(), merit, torch.randn(60)], dim=1)
    states = (states - states.mean(0)) / states.std(0)
    better = merit + 3 * lengths.log()
    rows = [
        {
            "texts": [[0]] * 6, "lengths": lengths[i : i + 6].tolist(), "labels": [1.0] * 15, "margins": [0.0]
            * 15, "pairs": [[a, b] if better[i + a] > better[i + b] else [b, a] for a in range(6) for b in
            range(a)],
        }
        for i in range(0, 60, 6)
    ]  # fmt: skip
    rho = {}
    for control in ("none", "decorrelate"):
        blocks = {"states": Block(states.numpy(), 1 / 3)}
        head = find_head(blocks, rows, Length(control=control, weight=4.0), 1.0)
        scores = states @ head.weights["states"]
        rho[control] = torch.corrcoef(torch.stack([scores, lengths.log()]))[0, 1].item()
    assert rho["none"] > 0.6 and abs(rho["decorrelate"]) < 0.15


def test_the_residual_of_a_score_does_not_follow_length(tiny_encoder, tiny_policy, tmp_path):
    rng = random.Random(0)
    texts = [" ".join(rng.choices(["fox", "hen", "owl", "old"], k=rng.randint(3, 30))) for _ in range(80)]
    texts = list(dict.fromkeys(texts))
    long_ones = [
        Preference(f"p{i}", *sorted(texts[2 * i : 2 * i + 2], key=len, reverse=True))
        for i in range(len(texts) // 2)
    ]
    rho = {}
    for control in ("none", "residual"):
        settings = Settings(
            model=tiny_encoder, length=Length(control=control), reward={"num_train_epochs": 0}
        )
        folder = train(grouped(long_ones), settings, tmp_path / control)
        values = RewardModel(folder, precision="float32").score([""] * len(texts), texts).values
        rho[control] = spearman(values, [float(len(text.split())) for text in texts])
    assert rho["none"] > 0.9 and abs(rho["residual"]) < 0.5
    fitted = RewardModel(folder).model.config
    assert math.log(2.9) < fitted.length_least / fitted.length_slope < math.log(5)  # they have 3 to 30
    with pytest.raises(RewardModelError, match="residual is for an encoder's head alone"):
        train(PAIRS, Settings(model=str(tiny_policy), length=Length(control="residual")), tmp_path / "rm")


@pytest.mark.parametrize(("slope", "lost"), [(2.0, [4, 4, 9, 20]), (-2.0, [1, 4, 9, 9])])
def test_beyond_the_lengths_of_the_fit_no_text_gains(tiny_encoder, slope, lost):
    """Fitted on texts of 4 to 9 tokens: neither brevity nor length can earn more than it did there."""
    model = from_encoder(tiny_encoder, load_tokenizer(tiny_encoder))
    model.config.length_slope = slope
    model.config.length_least = min(slope * math.log(4), slope * math.log(9))
    reads = [Read((), (5,) * n) for n in (1, 4, 9, 20)]
    with torch.no_grad():
        scores = model.head(reads, *model.both_states(reads))[:, 0]
    assert scores.tolist() == pytest.approx([-slope * math.log(n) for n in lost], abs=1e-5)


def test_an_encoder_learns_and_scores_the_same_when_read_back(tiny_encoder, tmp_path):
    settings = Settings(
        model=tiny_encoder,
        layers=2,
        frozen_layers=1,
        reward={"num_train_epochs": 2, "learning_rate": 1e-3},
    )
    steps = []
    folder = train(PAIRS, settings, tmp_path / "rm", seed=1, show=lambda *given: steps.append(given))
    model = RewardModel(folder, batch_size=3, precision="float32")
    assert accuracy(model) == 1.0 and steps
    assert model.model.config.encoder["num_hidden_layers"] == 2
    together = model.score(["p"] * 5, [p.chosen for p in PAIRS[:5]]).values
    alone = [model.score(["p"], [p.chosen]).values[0] for p in PAIRS[:5]]
    assert together == pytest.approx(alone, abs=1e-5)
    mean, std = score_scale(folder)
    assert std > 0 and mean == pytest.approx(0.0, abs=3 * std)
    again = train(PAIRS, settings, tmp_path / "again", seed=1)
    assert RewardModel(again).score(["p"], ["the fox"]).values == pytest.approx(
        RewardModel(folder).score(["p"], ["the fox"]).values, abs=1e-5
    )


def test_without_epochs_only_the_head_is_fitted(tiny_encoder, tmp_path):
    folder = train(PAIRS, Settings(model=tiny_encoder, reward={"num_train_epochs": 0}), tmp_path / "rm")
    model = RewardModel(folder, precision="float32")
    assert accuracy(model) == 1.0
    kept = BertModel.from_pretrained(tiny_encoder, add_pooling_layer=False).state_dict()
    for name, weight in model.model.encoder.state_dict().items():
        assert torch.equal(weight, kept[name]), name


def test_a_long_text_is_read_to_its_end_in_windows(tiny_encoder):
    tokenizer = load_tokenizer(tiny_encoder)
    model = from_encoder(tiny_encoder, tokenizer).eval()
    assert model.config.window == 62  # 64 positions, two special tokens
    words = tokenizer("the fox was kind and bright and brave " * 12, add_special_tokens=False)["input_ids"]
    assert len(words) == 96
    with torch.no_grad():
        whole = model.states([words])
        halves = model.states([words[:48], words[48:]])
    assert torch.allclose(whole[0], halves.mean(0), atol=1e-5)


def test_a_rendered_text_is_taken_apart_into_prompt_and_text(tiny_encoder):
    tokenizer = load_tokenizer(tiny_encoder)
    [row] = group_rows(
        [Preference("write about the fox .", "the fox", "the hen")],
        tokenizer,
        Settings(model=tiny_encoder),
        None,
    )
    prompt, text, other = (
        tuple(tokenizer(t, add_special_tokens=False)["input_ids"])
        for t in ("write about the fox .", "the fox", "the hen")
    )
    reading = from_encoder(tiny_encoder, tokenizer)
    assert [reading.read(ids) for ids in row["texts"]] == [(prompt, text), (prompt, other)]
    deaf = from_encoder(tiny_encoder, tokenizer, reads_prompt=False)
    assert "prompt" not in deaf.config.features
    assert deaf.read(tokenizer("the fox")["input_ids"]) == ((), text)
    assert reading.read(tokenizer("the fox")["input_ids"]) == ((), text)
    assert reading.read(render(tokenizer, "write about the fox .", "")) == (prompt, ())  # not the prompt


@pytest.mark.parametrize("feature", ["states", "surface", "words", "prompt"])
def test_each_reading_alone_learns_what_it_can_see(tiny_encoder, tmp_path, feature):
    kept = {
        "states": PAIRS,
        "surface": [Preference(p.prompt, p.chosen, p.chosen + " and" * 9, group=p.group) for p in PAIRS],
        "words": PAIRS,
        "prompt": [
            Preference(p.prompt, p.chosen, p.chosen.replace(p.prompt.split()[3], "wolf"), group=p.group)
            for p in PAIRS
            if "wolf" not in p.prompt
        ],
    }[feature]
    settings = Settings(model=tiny_encoder, features=[feature], reward={"num_train_epochs": 0})
    folder = train(kept, settings, tmp_path / "rm")
    assert accuracy(RewardModel(folder), kept) > 0.9
    read_back = EncoderForSequenceClassification.from_pretrained(folder)
    assert read_back.config.features == [feature]
    assert len(read_back.gram_keys) == read_back.config.grams > 0


def test_repeating_the_prompt_changes_no_score(tiny_encoder, tmp_path):
    folder = train(PAIRS, Settings(model=tiny_encoder, reward={"num_train_epochs": 0}), tmp_path / "rm")
    prompt, text = PAIRS[0].prompt, PAIRS[0].rejected
    plain, echo = RewardModel(folder).score([prompt] * 2, [text, f"{prompt} {text}"]).values
    assert echo == pytest.approx(plain, abs=1e-5)


def test_any_causal_model_becomes_a_classifier(tiny_policy, tmp_path):
    settings = Settings(
        model=str(tiny_policy), groups_per_step=4, reward={"num_train_epochs": 6, "learning_rate": 3e-3}
    )
    folder = train(PAIRS, settings, tmp_path / "rm")
    assert accuracy(RewardModel(folder)) > 0.9


def test_layers_are_for_encoders(tiny_policy, tiny_encoder, tmp_path):
    with pytest.raises(RewardModelError, match="layers and frozen_layers are for encoders"):
        train(PAIRS, Settings(model=str(tiny_policy), layers=2), tmp_path / "rm")
    with pytest.raises(RewardModelError, match="frozen_layers: 4 is not allowed; the encoder has 3 layers"):
        train(PAIRS, Settings(model=tiny_encoder, frozen_layers=4), tmp_path / "rm")


class Fixed:
    def __init__(self, *values):
        self.values = list(values)

    def score(self, prompts, answers):
        return Scores(self.values[: len(answers)], [False, True][: len(answers)])


@pytest.mark.parametrize(
    ("combine", "expected"), [("mean", [2.0, None]), ("worst", [1.0, None]), ("lower", [1.5, None])]
)
def test_an_ensemble_combines_and_unknown_stays_unknown(combine, expected):
    ensemble = Ensemble((Fixed(1.0, 4.0), Fixed(3.0, None)), combine, penalty=0.5)
    scores = ensemble.score(["p", "p"], ["a", "b"])
    assert scores.values == expected and scores.truncated == [False, True]


def test_an_ensemble_is_a_folder(tiny_reward_model, tmp_path):
    for name in ("seed0", "seed1"):
        (tmp_path / name).symlink_to(tiny_reward_model)
    save_ensemble(tmp_path, ["seed0", "seed1"], [(0.0, 1.0), (0.0, 2.0)], "worst", 1.0)
    check_scorer(tmp_path)
    one = RewardModel(tiny_reward_model).score(["write ."], ["the fox"]).values[0]
    assert load_scorer(tmp_path).score(["write ."], ["the fox"]).values == pytest.approx([min(one, one / 2)])
    (tmp_path / "ensemble.json").write_text('{"members": ["seed0"], "combine": "best"}')
    with pytest.raises(RewardModelError, match="combine: 'best' is not allowed; allowed: mean, worst, lower"):
        load_scorer(tmp_path)


def test_batches_hold_texts_of_like_length_and_not_too_many_tokens():
    lengths = {0: 20_000, 1: 5, 2: 19_000, 3: 6, 4: 7, 5: 1_500, 6: 1_500}
    assert list(by_length(lengths, 2, "cuda")) == [[0], [2], [5, 6], [4, 3], [1]]
    assert list(by_length(lengths, 2, "cpu")) == [[0], [2], [5], [6], [4, 3], [1]]

"""What --set changes, and how a wrong setting is told before anything is made."""

import pytest

from data_sources.contracts import RegionError
from data_sources.regions import load_region
from pipelines.automations.notify import root_cause
from pipelines.cli import main
from pipelines.overrides import checked_region, complete, parse_settings
from scoring.rank.settings import THIN_MARKETS, RankingSettings


def settings_of(*pairs, region="india"):
    found = checked_region(region, parse_settings(list(pairs)))
    return RankingSettings.from_mapping(dict(found.ranking), seed=found.seed)


def test_one_weight_leaves_the_others_at_their_default():
    assert settings_of("ranking.weights.value=0.75").axis_weights() == pytest.approx((0.6, 0.2, 0.2))
    assert settings_of("ranking.weights={value: 1}").axis_weights() == (1, 0, 0), "a whole mapping replaces"
    thin = settings_of("ranking.cap_shares.Sc=0.5").cap_shares
    assert thin == {**THIN_MARKETS, "Sc": 0.5}


def test_a_regions_own_weights_are_not_replaced_by_the_defaults():
    region = load_region("india", {"ranking.weights": "{value: 1, strategic: 1, fertility: 0}"})
    assert complete({"ranking.weights.value": "3"}, region) == {"ranking.weights.value": "3"}


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("ranking.weights.value=-1", "weights"),
        ("ranking.weights.worth=1", "weights.worth"),
        ("ranking.draws=abc", "ranking.draws"),
        ("ranking.draws=50", "from 100 to 100000"),
        ("ranking.nosuch=1", "ranking.nosuch"),
        ("ranking.price_deck=2031", "2024, 2025e"),
        ("ranking.basket=nosuch", "critical_30"),
        ("fertility.nosuch=1", "fertility.nosuch"),
        ("nosuch.key=1", "nosuch"),
        ("ranking.draws.more=1", "draws"),
        ("seed=x", "seed"),
    ],
)
def test_a_wrong_setting_is_told_before_anything_is_made(pair, said, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    with pytest.raises(RegionError, match=said):
        settings_of(pair)
    assert main(["run", "--region", "india", "--set", pair]) == 2
    error = capsys.readouterr().err
    assert said in error and "What to do:" in error and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_basket_of_ones_own():
    assert settings_of("ranking.baskets.mine=[Ga, Ge]").user_baskets == {"mine": ("Ga", "Ge")}


def test_the_message_that_says_what_to_do_is_the_one_told():
    chain = [
        "step failed",
        "bad value 'abc' (field ranking.draws). What to do: give a number",
        "could not convert 'abc'",
    ]
    assert root_cause(chain).startswith("bad value 'abc'")
    assert root_cause(["step failed", "disk full"]) == "disk full"

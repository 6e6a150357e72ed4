"""What --set changes, and how a wrong setting is told before anything is made."""

import pytest

from data_sources.contracts import RegionError
from pipelines.automations.notify import root_cause
from pipelines.cli import main
from pipelines.overrides import checked_region, parse_settings
from scoring.rank.settings import RankingSettings


def settings_of(*pairs, region="india"):
    found = checked_region(region, parse_settings(list(pairs)))
    return RankingSettings.from_mapping(dict(found.ranking), seed=found.seed)


def test_one_key_of_a_mapping_leaves_the_others_as_they_are():
    assert settings_of("ranking.cap_shares.Sc=0.5", "ranking.cap_shares.Ga=0.2").cap_shares == {"Sc": 0.5, "Ga": 0.2}
    assert settings_of("ranking.price_factors.Ni=2").price_factors == {"Ni": 2.0}


@pytest.mark.parametrize(
    ("gone", "instead"),
    [
        ("weights={value: 1}", "ground_weight"),
        ("ahp=[[1, 1, 1], [1, 1, 1], [1, 1, 1]]", "strategic_premium"),
        ("life_years=20", "follows from its size"),
        ("site_gsd=1.2", "their tables"),
        ("ree_correlation=0.8", "price_correlations"),
    ],
)
def test_a_setting_that_is_gone_says_what_takes_its_place(gone, instead):
    with pytest.raises(RegionError, match=instead):
        settings_of(f"ranking.{gone}")


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("ranking.ground_weight=-1", "ground_weight"),
        ("ranking.price_factors.Xx=1", "price_factors"),
        ("ranking.discount_rate=10", "discount_rate"),
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

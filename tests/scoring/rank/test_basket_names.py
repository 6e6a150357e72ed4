"""A basket's name becomes a column: one that cannot is refused when the settings are read, with key and remedy."""

import pytest

from data_sources.contracts import RegionError
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from scoring.rank.settings import RankingSettings

TAKEN = sorted(n.removeprefix("rank_") for n in RANKED_BLOCKS.names() if n.startswith("rank_"))


@pytest.mark.parametrize(
    "name",
    [*TAKEN, *(n.upper() for n in TAKEN), "critical_30", "Critical_30", "All_recoverable", "my basket", "1st", "", "a-b", "x" * 51],
)  # fmt: skip
@pytest.mark.parametrize("key", ["user_baskets", "baskets"])
def test_a_name_that_cannot_be_a_column_is_refused(name: str, key: str) -> None:
    with pytest.raises(RegionError) as refused:
        RankingSettings.from_mapping({key: {name: ["Cu"]}}, seed=1)
    assert refused.value.field == f"ranking.user_baskets.{name}" and "choose another name" in str(refused.value.do)


def test_two_names_that_differ_by_case_alone_are_refused() -> None:
    with pytest.raises(RegionError, match="without case"):
        RankingSettings.from_mapping({"user_baskets": {"Battery": ["Co"], "battery": ["Ni"]}}, seed=1)


def test_a_good_name_has_its_column() -> None:
    own = RankingSettings.from_mapping({"user_baskets": {"battery": ["Co"]}}, seed=1)
    assert own.basket_columns()[-1] == "rank_battery" and "rank_critical_30" not in own.basket_columns()
    other = RankingSettings.from_mapping({"user_baskets": {"battery": ["Co"]}, "basket": "battery"}, seed=1)
    assert "rank_critical_30" in other.basket_columns() and "rank_battery" not in other.basket_columns()

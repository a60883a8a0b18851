from nightbelt.evaluate import evaluate


def test_a_short_evaluation_misses_nothing_and_raises_nothing_that_is_not_owed() -> None:
    score = evaluate(beds=30, nights=2, seed=5)
    assert score["bed_nights"] == 60
    for row in score["rules"].values():
        assert (row["missed"], row["false"]) == (0, 0)
        assert row["owed"] > 0
        assert row["delay_s"]["max"] is not None
        assert row["delay_s"]["max"] <= 10.3, "the slowest belt's interval and a message's way"

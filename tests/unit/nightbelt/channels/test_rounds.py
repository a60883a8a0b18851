"""Rounds of the calls: what does not come back is seen."""

from nightbelt.channels.rounds import HANGING, HANGS_AFTER_S, WELL, Rounds


def test_a_part_that_hangs_is_named_while_it_does() -> None:
    real_s, seen = 0.0, []

    def hang() -> None:
        nonlocal real_s
        for _ in range(2):
            real_s += HANGS_AFTER_S
            seen.append(rounds.health()["slow"])

    rounds = Rounds({"quick": lambda: None, "slow": hang}, monotonic=lambda: real_s)
    rounds.once()
    assert seen == [WELL, HANGING]
    real_s += HANGS_AFTER_S + 1
    assert rounds.health() == {"quick": WELL, "slow": WELL}

import numpy as np

from simulators.streams import Purpose, hashed, lane, salt, stream


def test_streams_are_apart() -> None:
    keys = [(1, Purpose.PLAN, 0, 1), (2, Purpose.PLAN, 0, 1), (1, Purpose.BODY, 0, 1), (1, Purpose.PLAN, 1, 1)]
    assert len({stream(*key).random() for key in keys}) == len(keys)
    assert len({int(salt(*key)) for key in keys}) == len(keys)
    assert stream(*keys[0]).random() == stream(*keys[0]).random()


def test_noise_is_uniform_independent_and_belongs_to_its_number() -> None:
    numbers = np.arange(1_795_350_000, 1_795_350_000 + 50_000, dtype=np.int64)
    bits = hashed(numbers, salt(1, Purpose.SAMPLE_NOISE, 0, 1))
    lanes = np.array([lane(bits, number) for number in range(4)])
    assert lanes.min() >= 0
    assert lanes.max() < 1
    assert np.all(np.abs(lanes.mean(axis=1) - 0.5) < 0.01)
    assert np.all(np.abs(lanes.std(axis=1) - np.sqrt(1 / 12)) < 0.01)
    assert np.abs(np.corrcoef(lanes) - np.eye(4)).max() < 0.02
    assert abs(np.corrcoef(lanes[0][1:], lanes[0][:-1])[0, 1]) < 0.02
    assert np.array_equal(bits[100:200], hashed(numbers[100:200], salt(1, Purpose.SAMPLE_NOISE, 0, 1)))

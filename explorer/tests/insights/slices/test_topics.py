import numpy as np

from leap_explorer.insights.slices import index_words, topic_numbers

GENERATOR = np.random.default_rng(0)
SUBJECTS = [[f"{subject}{number}" for number in range(12)] for subject in ("horror", "sport", "music", "law")]


def _texts(rows: int) -> tuple[list[str | None], np.ndarray]:
    about = GENERATOR.integers(0, len(SUBJECTS), rows)
    texts = [" ".join(GENERATOR.choice(SUBJECTS[one], 8)) for one in about]
    return [None if number % 50 == 0 else text for number, text in enumerate(texts)], about


def test_a_topic_is_about_one_subject() -> None:
    texts, about = _texts(2_000)
    topics = topic_numbers(index_words(texts))
    assert set(topics) == {"topic", "subtopic"}
    for numbers in topics.values():
        known = ~np.isnan(numbers)
        assert known.tolist() == [text is not None for text in texts]
        pure = [np.bincount(about[numbers == one]).max() for one in np.unique(numbers[known])]
        assert sum(pure) > 0.95 * known.sum()


def test_neighbours_are_alike() -> None:
    texts, about = _texts(2_000)
    numbers = topic_numbers(index_words(texts))["subtopic"]
    subject = [np.bincount(about[numbers == one]).argmax() for one in np.unique(numbers[~np.isnan(numbers)])]
    assert (np.diff(subject) != 0).sum() == len(SUBJECTS) - 1


def test_samples_without_any_of_the_words_have_no_topic() -> None:
    texts, _ = _texts(2_000)
    index = index_words([*texts, *[f"unique{number}" for number in range(100)]])
    assert np.isnan(topic_numbers(index)["topic"][-100:]).all()


def test_too_few_texts_have_no_topics() -> None:
    assert topic_numbers(index_words(["a text"] * 40 + [None] * 1_000)) == {}

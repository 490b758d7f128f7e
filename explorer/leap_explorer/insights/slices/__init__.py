"""Finding where a model fails: slices of the held-out samples, searched on one half and confirmed on the other."""

from leap_explorer.insights.log_odds import WordOdds, distinctive
from leap_explorer.insights.slices.confirm import Effect
from leap_explorer.insights.slices.find import find_slices
from leap_explorer.insights.slices.found import Description, Estimate, FoundSlice
from leap_explorer.insights.slices.topics import topic_numbers
from leap_explorer.insights.slices.word_index import WordIndex, index_words
from leap_explorer.word_odds import log_odds

__all__ = [
    "Description",
    "Effect",
    "Estimate",
    "FoundSlice",
    "WordIndex",
    "WordOdds",
    "distinctive",
    "find_slices",
    "index_words",
    "log_odds",
    "topic_numbers",
]

"""Finding where a model fails: slices of the held-out samples, searched on one half and confirmed on the other."""

from leap_explorer.insights.slice_search.confirm import Effect
from leap_explorer.insights.slice_search.find import find_slices
from leap_explorer.insights.slice_search.found import Description, Estimate, FoundSlice
from leap_explorer.insights.slice_search.log_odds import WordOdds, distinctive, log_odds
from leap_explorer.insights.slice_search.topics import topic_numbers
from leap_explorer.insights.slice_search.word_index import WordIndex, index_words

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

"""Insights: findings about a run, each with its evidence, the filter that reproduces it and an automatic test."""

from leap_explorer.insights.checks import Check, CheckResult, load_checks, run_check
from leap_explorer.insights.domain_gap import find_domain_gaps
from leap_explorer.insights.export import insights_table, write_checks, write_csvs
from leap_explorer.insights.filters import Condition, describe, select
from leap_explorer.insights.find import Findings, find_insights
from leap_explorer.insights.insight import Insight
from leap_explorer.insights.judges import Judge, check_out_of_sample
from leap_explorer.insights.metadata_loss import metadata_profile, metadata_ranking
from leap_explorer.insights.mislabeled import label_issues

__all__ = [
    "Check",
    "CheckResult",
    "Condition",
    "Findings",
    "Insight",
    "Judge",
    "check_out_of_sample",
    "describe",
    "find_domain_gaps",
    "find_insights",
    "insights_table",
    "label_issues",
    "load_checks",
    "metadata_profile",
    "metadata_ranking",
    "run_check",
    "select",
    "write_checks",
    "write_csvs",
]

"""All cases by the name that --only takes, in the order in which they run."""

from collections.abc import Mapping

from bench import cases, console_cases, log_cases, protocol_cases
from bench.cases import Case

__all__ = ["CASES"]

CASES: Mapping[str, Case] = {**cases.CASES, **protocol_cases.CASES, **log_cases.CASES, **console_cases.CASES}

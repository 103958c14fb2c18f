"""The market's standard agreement for the provision of data, version 1: its wording, and nothing else.

Published wording never changes; another wording is another version beside this one. Chinese prevails.
"""

from typing import Final

from contracts.clauses.standard_v1 import closing, performance, protection, subject
from contracts.clauses.wording import Clause

NAME: Final = "standard-data-provision"
VERSION: Final = 1
CLAUSES: Final[tuple[Clause, ...]] = (
    *subject.CLAUSES,
    *performance.CLAUSES,
    *protection.CLAUSES,
    *closing.CLAUSES,
)

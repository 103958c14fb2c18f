"""The market's standard agreement: versioned wording, composed from terms, compared, checked. All pure.

clauses.compose(terms)               the agreement document, whose canonical bytes both parties sign
clauses.missing(terms)               what blocks signing, clause by clause
clauses.standard(terms)              the same trade on standard terms, to compare with
clauses.differences(before, after)   clauses that read differently
clauses.changes(before, after)       what changed inside one text
clauses.segments(clause, language)   a clause's text cut at what was filled in
clauses.paragraph_number(code, key, terms)  where a paragraph stands, so that a page can name it
"""

from contracts.clauses.comparison import ClauseDifference, Piece, changes, differences
from contracts.clauses.completeness import MANDATORY, Missing, missing
from contracts.clauses.composition import FORMAT, compose, paragraph_number, standard
from contracts.clauses.marking import segments
from contracts.clauses.terms import Party, PersonalData, Product, Terms

__all__ = [
    "FORMAT",
    "MANDATORY",
    "ClauseDifference",
    "Missing",
    "Party",
    "PersonalData",
    "Piece",
    "Product",
    "Terms",
    "changes",
    "compose",
    "differences",
    "missing",
    "paragraph_number",
    "segments",
    "standard",
]

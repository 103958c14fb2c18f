"""Finding listings: `index` writes what changed, `find` answers a question, `sweep` keeps the bitmaps up.

Words are cut (words), become keys (keys), stand in each listing's row (cards, indexing), are folded into bitmaps
(folding, bitmaps), which processes hold in part (known); a question (asking) is read (reading, sets), counted
(counting) and answered (finding). performance.md says why it is bitmaps.
"""

from listings.search.asking import Question
from listings.search.asking import read as question
from listings.search.finding import Found, find
from listings.search.folding import sweep
from listings.search.indexing import index

__all__ = ["Found", "Question", "find", "index", "question", "sweep"]

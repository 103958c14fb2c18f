"""Inbox (待办) and e-mail: who is asked to act, told from the state of things and never the source of it.

How a step tells whose turn it is: the step says nothing. It records its event; a subscriber (market/subscriptions.py)
hears it, asks its noun whose turn it is now, and hands the answer to `todo.follow`, which opens what is missing and
closes what is over. The same question answers the page's turn box, so page, inbox and mail cannot disagree; news that
come twice, late or in the wrong order do no harm, and the inbox can be rebuilt from the nouns alone.

    # contracts/inbox.py
    def hear(news: News) -> None:
        trade_id = ids.from_urn(news.thread)
        todo.follow(trade_id, lambda: turns.of(trade_id))

    # market/subscriptions.py
    "agreement.finalized": ("contracts.inbox.hear",),
"""

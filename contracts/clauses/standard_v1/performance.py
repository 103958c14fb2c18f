"""The wording of version 1, second part: delivery, money, acceptance."""

from typing import Final

from contracts.clauses.wording import Clause, Wording

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        code="delivery",
        basis="民法典 509",
        title=Wording("交付与完成", "Delivery and completion"),
        paragraphs={
            "paid": Wording(
                "供方经市场交付：应付款全部到账后{delivery_due_days}日内，市场经{delivery_modes}向需方开放数据。",
                "The supplier delivers through the market: within {delivery_due_days} day(s) after the "
                "full amount has arrived, the market opens the data to the buyer by {delivery_modes}.",
            ),
            "free": Wording(
                "供方经市场交付：本合约生效后{delivery_due_days}日内，市场经{delivery_modes}向需方开放数据。",
                "The supplier delivers through the market: within {delivery_due_days} day(s) after this "
                "contract takes effect, the market opens the data to the buyer by {delivery_modes}.",
            ),
            "test": Wording(
                "需方能够完整取得第{§data}条所列版本的数据，且文件的SHA-256指纹与该条一致的，为交付完"
                "成。市场记录每次取用的时间、取用方和字节数。",
                "Delivery is complete when the buyer can obtain the whole of the version named in "
                "clause {§data} and the file’s SHA-256 fingerprint is the one stated there. The "
                "market records time, party and bytes of each use.",
            ),
            "late": Wording(
                "未按期完成交付的，需方可以催告；催告后{delivery_due_days}日内仍未完成的，需方可以解"
                "除本合约并取回全部款项。",
                "Where delivery is not completed in time the buyer may demand it; if it is still not "
                "completed {delivery_due_days} day(s) later, the buyer may rescind this contract and "
                "recover all it has paid.",
            ),
        },
    ),
    Clause(
        code="price",
        basis="增值税法 10–12",
        title=Wording("价款、计量与税", "Price, metering and tax"),
        paragraphs={
            "cny": Wording(
                "价款为人民币{price}元（大写：{price_capital}），一次性计价，不另按用量计费。",
                "The price is CNY {price} (in words: {price_capital}), charged once and not metered by use.",
            ),
            "other": Wording(
                "价款为{currency} {price}，一次性计价，不另按用量计费。",
                "The price is {currency} {price}, charged once and not metered by use.",
            ),
            "free": Wording(
                "本合约免费，价款为零，不按用量计费。",
                "This contract is free of charge: the price is zero and use is not metered for payment.",
            ),
            "tax_included": Wording(
                "价款含增值税，税率{tax_rate}，其中税额{tax}。",
                "The price includes value-added tax at {tax_rate}, of which tax {tax}.",
            ),
            "tax_added": Wording(
                "价款不含增值税，税率{tax_rate}，税额{tax}另加，需方应付合计{total}。",
                "The price excludes value-added tax at {tax_rate}; tax of {tax} is added, and the "
                "buyer pays {total} in total.",
            ),
            "no_tax": Wording(
                "本合约不发生税款。",
                "No tax arises from this contract.",
            ),
            "invoice": Wording(
                "供方在结算后依法向需方开具发票。",
                "The supplier issues an invoice to the buyer after settlement as the law requires.",
            ),
        },
    ),
    Clause(
        code="payment",
        basis="电子商务法 53",
        title=Wording("付款与资金托管", "Payment and escrow"),
        paragraphs={
            "custodian": Wording(
                "需方在本合约生效后{payment_due_days}日内，将全部应付款付至由{custodian}监管的监管账"
                "户，并注明市场给出的付款编号。",
                "Within {payment_due_days} day(s) after this contract takes effect the buyer pays the "
                "full amount into the custody account supervised by {custodian}, quoting the payment "
                "reference given by the market.",
            ),
            "market": Wording(
                "需方在本合约生效后{payment_due_days}日内，将全部应付款付至市场的履约资金托管账户，并"
                "注明市场给出的付款编号。",
                "Within {payment_due_days} day(s) after this contract takes effect the buyer pays the "
                "full amount into the market’s escrow account, quoting the payment reference given by "
                "the market.",
            ),
            "lapse": Wording(
                "逾期未付足的，本合约自动失效，已付部分原路退还，不收任何费用。",
                "If the full amount does not arrive in time this contract lapses, what was paid goes "
                "back the way it came, and no charge is made.",
            ),
            "release": Wording(
                "验收前，款项不属于供方可以支配的资金。验收后，市场按第{§effect}条所列规则版本扣除供"
                "方承担的平台服务费，将其余款项付给供方。",
                "Before acceptance the money is not at the supplier’s disposal. After acceptance the "
                "market deducts the platform fee borne by the supplier under the rule versions in "
                "clause {§effect} and pays the rest to the supplier.",
            ),
            "free": Wording(
                "本合约免费，不发生付款。",
                "This contract is free of charge; nothing is paid.",
            ),
        },
    ),
    Clause(
        code="acceptance",
        basis="民法典 620–622",
        title=Wording("验收与异议", "Acceptance and objection"),
        paragraphs={
            "period": Wording(
                "需方自交付完成起{acceptance_days}日内验收，可以通过、部分通过，或者说明理由拒绝。",
                "Within {acceptance_days} day(s) after delivery is complete the buyer accepts, accepts "
                "in part, or rejects with reasons.",
            ),
            "silence": Wording(
                "期内未提出异议的，期满视为验收通过。",
                "If no objection is raised in that time, the data count as accepted when it ends.",
            ),
            "open_period": Wording(
                "需方自交付完成起在合理期限内验收，可以通过、部分通过，或者说明理由拒绝。",
                "Within a reasonable time after delivery is complete the buyer accepts, accepts in "
                "part, or rejects with reasons.",
            ),
            "no_silence": Wording(
                "需方未作答复的，不视为验收；供方可以催告，也可以提请市场处理。",
                "Silence of the buyer is not acceptance; the supplier may remind the buyer or turn to the market.",
            ),
            "objection": Wording(
                "异议经市场提出，写明不符合约定之处。提出异议的，争议部分的款项在处理完毕前不动。",
                "Objections are raised through the market and state what does not conform. The "
                "disputed part of the money stays where it is until the matter is settled.",
            ),
            "use_is_not_acceptance": Wording(
                "数据须经使用方能判断是否符合约定的，需方为此使用数据不视为验收。",
                "Where only use can show whether the data conform, such use by the buyer is not acceptance.",
            ),
        },
    ),
)

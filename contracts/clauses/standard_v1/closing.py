"""The wording of version 1, last part: breach, disputes, evidence, signatures, effect."""

from typing import Final

from contracts.clauses.wording import Clause, Wording

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        code="breach",
        basis="民法典 577、584",
        title=Wording("违约责任", "Breach"),
        paragraphs={
            "general": Wording(
                "一方不履行或者不按约定履行义务的，承担继续履行、采取补救措施、赔偿损失等责任。",
                "A party that fails to perform or performs otherwise than agreed is liable to "
                "perform, to remedy and to compensate for loss.",
            ),
            "buyer": Wording(
                "需方超出第{§use}条、第{§resale}条使用数据的，立即停止并删除，赔偿供方损失；因此获得"
                "的利益归还供方。市场可以停止提供数据。",
                "A buyer that uses the data beyond clauses {§use} and {§resale} stops and deletes at "
                "once, compensates the supplier and returns what it gained. The market may stop "
                "providing the data.",
            ),
            "supplier": Wording(
                "数据来源不合法，或者数据与第{§data}条不符且未能补救的，供方退还全部款项并赔偿需方损失。",
                "If the source is unlawful, or the data do not conform to clause {§data} and this is "
                "not remedied, the supplier refunds all payment and compensates the buyer.",
            ),
        },
    ),
    Clause(
        code="dispute",
        basis="民事诉讼法 35；仲裁法",
        title=Wording("争议解决", "Disputes"),
        paragraphs={
            "law": Wording(
                "本合约适用中华人民共和国法律。发生争议的，双方先行协商，也可以提请市场调解。",
                "This contract is governed by the law of the People’s Republic of China. The parties "
                "first negotiate and may ask the market to mediate.",
            ),
            "court": Wording(
                "协商、调解不成的，向{dispute_body}提起诉讼。",
                "If that fails, action is brought before {dispute_body}.",
            ),
            "arbitration": Wording(
                "协商、调解不成的，提交{dispute_body}按其现行仲裁规则仲裁，裁决是终局的，对双方均有约束力。",
                "If that fails, the dispute is submitted to {dispute_body} under its rules in force; "
                "the award is final and binding on both parties.",
            ),
        },
    ),
    Clause(
        code="force_majeure",
        basis="民法典 180、590",
        title=Wording("不可抗力", "Force majeure"),
        paragraphs={
            "general": Wording(
                "因不可抗力不能履行的，根据影响部分或者全部免除责任；受影响的一方及时通知另一方，并在"
                "合理期限内提供证明。迟延履行后发生不可抗力的，不免除责任。",
                "Where force majeure prevents performance, liability is waived in part or whole "
                "according to its effect; the party affected gives notice promptly and proof within a "
                "reasonable time. Force majeure after delay in performance waives nothing.",
            ),
        },
    ),
    Clause(
        code="evidence",
        basis="电子商务法 31；电子签名法 8",
        title=Wording("证据与账本", "Evidence and ledger"),
        paragraphs={
            "ledger": Wording(
                "双方同意以市场溯源账本对本合约各步骤的记录及其密码学证明作为证据。账本证明记录未被改"
                "动，不证明数据内容真实，也不证明权属。",
                "The parties accept the market’s provenance ledger of the steps of this contract, "
                "with its cryptographic proofs, as evidence. It proves that records are unaltered; it "
                "proves neither the truth of the data nor title to them.",
            ),
            "kept": Wording(
                "市场保存本合约、签名和交易记录，自交易完成之日起不少于三年。",
                "The market keeps this contract, its signatures and the records of the trade for at "
                "least three years after completion.",
            ),
        },
    ),
    Clause(
        code="signatures",
        basis="电子签名法 3、13、14",
        title=Wording("电子签名", "Electronic signatures"),
        paragraphs={
            "accepted": Wording(
                "双方同意以电子签名签署本合约。签名覆盖本合约规范字节（RFC 8785）的SHA-256摘要；签名"
                "后对本合约或者签名的任何改动能够被发现。",
                "The parties agree to sign this contract electronically. Signatures cover the SHA-256 "
                "digest of its canonical bytes (RFC 8785); any later change to the contract or a "
                "signature can be detected.",
            ),
            "control": Wording(
                "签名制作数据由签署人专有并控制。私钥加密后由平台保管的，以签署人的密码开启，并标明「平台托管签名」。",
                "The means of signing belong to the signatory alone and are under its control. A key "
                "that the platform keeps encrypted is opened by the signatory’s own PIN, and the "
                "signature is labelled as such.",
            ),
        },
    ),
    Clause(
        code="effect",
        title=Wording("订立、生效与变更", "Conclusion, effect and change"),
        paragraphs={
            "basis": Wording(
                "本合约依据需方{requested_at}的请求和{terms_at}确定的条件拟定，编号{agreement_id}。",
                "This contract is drawn up on the buyer’s request of {requested_at} and the terms "
                "settled on {terms_at}, under number {agreement_id}.",
            ),
            "effect": Wording(
                "供方签名记入账本之时为订立时刻；双方签名均经核验之时，本合约生效。",
                "The moment of conclusion is when the supplier’s signature enters the ledger; this "
                "contract takes effect when both signatures have been verified.",
            ),
            "change": Wording(
                "变更本合约须双方重新签署。主管部门或者市场依法暂停交易的，暂停期间不视为违约，"
                "付款期限和验收期限停止计算，恢复后继续计算。",
                "Changes need both signatures anew. A lawful suspension by an authority or the market "
                "is no breach while it lasts; the days of payment and of acceptance stop meanwhile and "
                "run on when it ends.",
            ),
            "rules": Wording(
                "适用的市场规则版本：{rules}。",
                "Market rules that apply, by version: {rules}.",
            ),
        },
    ),
    Clause(
        code="language",
        title=Wording("文本与语言", "Text and language"),
        paragraphs={
            "prevailing": Wording(
                "本合约以中文和英文书写，两种文本不一致的，以中文文本为准。所写时间除注明外为北京时间（UTC+8）。",
                "This contract is written in Chinese and English; where they differ, the Chinese text "
                "prevails. Times are Beijing time (UTC+8) unless stated otherwise.",
            ),
        },
    ),
)

"""The terms that a participant accepts on admission, word for word. A change is a new version, never an edit.

The rule `terms.participant` says which version counts; an admission and its event keep the version that was accepted.
"""

import hashlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause in both languages; where they differ the Chinese text counts."""

    title_zh: str
    title_en: str
    zh: str
    en: str


_V1: Final = (
    Clause(
        "适用范围",
        "Who is bound",
        "本条款适用于在本市场登记、挂牌、签约、结算的机构与自然人（下称「参与方」）。运营方不以自己的名义买卖数据。",
        "These terms bind every organisation and person that registers, lists, signs or settles on this market (a "
        "“participant”). The operator does not buy or sell data in its own name.",
    ),
    Clause(
        "入场",
        "Admission",
        "参与方提交的主体材料应真实、有效；发生变更的，应在 7 日内更新。材料不实的，运营方可撤销入场并说明理由。",
        "What a participant hands in about itself is true and valid; a change is reported within 7 days. Where it is "
        "untrue the operator may withdraw the admission and gives its reasons.",
    ),
    Clause(
        "来源合法",
        "Lawful source",
        "供方保证数据来源合法并说明来源。不得挂牌：危害国家安全或公共利益的数据，未依法取得同意或其他合法依据的个人信息，"
        "未经授权的他人商业秘密，以及法律、行政法规禁止交易的数据。",
        "A supplier guarantees that its data have a lawful source and states it. Not to be listed: data that endanger "
        "national security or the public interest, personal information without consent or another lawful basis, "
        "trade secrets of others without authorisation, and data whose trade the law forbids.",
    ),
    Clause(
        "说明与审核",
        "Description and review",
        "挂牌说明应与数据相符。运营方的审核与自动检查不免除供方的责任，也不保证数据真实、完整或适合某一用途。",
        "A listing describes the data as they are. Review and automatic checks by the operator do not relieve the "
        "supplier, and do not promise that data are true, complete or fit for a purpose.",
    ),
    Clause(
        "合约与使用",
        "Contract and use",
        "双方对合约的同一文本签名后合约生效。需方只在合约许可的目的、方式、次数、期限与地域内使用数据；"
        "每次使用前，市场按合约核对。",
        "A contract is in force once both sides have signed the same text. A buyer uses the data only for the purposes "
        "and in the ways, number, time and territory that the contract permits; the market checks it before each use.",
    ),
    Clause(
        "货款与服务费",
        "Money and fees",
        "在本市场达成的交易，货款付入托管账户，验收后按公布的规则分配给供方、服务费与税。"
        "服务费的标准、依据与生效时间公开，签约时固定。",
        "The price of a trade made here is paid into escrow and, on acceptance, divided into the supplier's share, fee "
        "and tax by the published rules. Fees are public with basis and date and fixed when a contract is signed.",
    ),
    Clause(
        "数据安全与个人信息",
        "Security and personal information",
        "参与方按数据的级别采取技术与管理措施。发现泄露、篡改、丢失的，立即处置，并在 24 小时内报告市场。"
        "发现约定之外的个人信息的，停止使用并通知对方和市场。",
        "Participants protect data as their grade demands. A leak, alteration or loss is dealt with at once and "
        "reported to the market within 24 hours. Whoever finds personal information that was not agreed on stops using "
        "it and tells the other side and the market.",
    ),
    Clause(
        "记录与账本",
        "Records and ledger",
        "每一步都写入账本。公开的条目不含当事方名称、价款与交易编号。"
        "交易记录自交易完成之日起保存不少于三年。参与方可随时导出证据并自行核验。",
        "Every step is written to the ledger. Public entries name no party, price or trade number. Records of a trade "
        "are kept for at least three years from its completion. Participants may export and check the evidence at "
        "any time.",
    ),
    Clause(
        "停控",
        "Holds",
        "运营方或主管部门可依法停控参与方、挂牌、交易或交付，须写明理由与依据；停控参与方须两人决定。"
        "停控期间期限不走。当事方可要求复核。",
        "The operator or an authority may by law put a participant, listing, trade or delivery on hold, and states "
        "reason and basis; a hold on a participant takes two persons. Deadlines stand still meanwhile. Whoever is held "
        "may ask for a review.",
    ),
    Clause(
        "监督与查看",
        "Supervision",
        "运营方、主管部门与审计席位依职权查看参与方的档案，每次查看及其理由均被记录，参与方可以看到。",
        "Seats of the operator, authorities and auditors look at participants' files as their office demands. Each "
        "look is recorded with its reason, and the participant can see it.",
    ),
    Clause(
        "变更与退出",
        "Changes and leaving",
        "本条款的新版本在生效前公示不少于 7 日。不接受新版本的，可以退出；已签的合约按签署时的条款履行。",
        "A new version of these terms is made public at least 7 days before it takes effect. Whoever does not accept "
        "it may leave; contracts already signed are performed on the terms under which they were signed.",
    ),
    Clause(
        "争议与语言",
        "Disputes and language",
        "争议先由双方协商，也可请求市场调解；不成的，向有管辖权的人民法院起诉。适用中华人民共和国法律。"
        "中英文不一致的，以中文为准。",
        "Disputes are first discussed between the sides, who may ask the market to mediate, and otherwise go to the "
        "people's court that has jurisdiction. The law of the People's Republic of China applies. Where the languages "
        "differ the Chinese text counts.",
    ),
)
VERSIONS: Final = {1: _V1}


def sha256(version: int) -> str:
    """The fingerprint of a version: of its Chinese clauses, each title and text on a line of its own, in UTF-8."""
    lines = [f"{clause.title_zh}\n{clause.zh}\n" for clause in VERSIONS[version]]
    return hashlib.sha256("".join(lines).encode()).hexdigest()

"""The wording of version 1, third part: what protects the data and the people in them."""

from typing import Final

from contracts.clauses.wording import Clause, Wording

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        code="security",
        basis="数据安全法 27、29",
        title=Wording("安全与保密", "Security and confidentiality"),
        paragraphs={
            "measures": Wording(
                "双方采取与数据级别相适应的技术措施和管理措施，防止数据泄露、篡改、丢失和被非法使用。",
                "Each party takes technical and organisational measures that fit the grade of the "
                "data against leak, alteration, loss and unlawful use.",
            ),
            "confidentiality": Wording(
                "双方对因本合约知悉的商业秘密和未公开的数据保密，至本合约终止后{confidentiality_years}年。",
                "Each party keeps confidential the trade secrets and unpublished data that it learns "
                "of through this contract, until {confidentiality_years} year(s) after it ends.",
            ),
            "incident": Wording(
                "发生或者发现数据泄露等安全事件的，需方立即采取补救措施，并在{incident_report_hours}"
                "小时内报告市场和供方。",
                "On a leak or another security incident the buyer at once takes remedial measures and "
                "reports to the market and the supplier within {incident_report_hours} hour(s).",
            ),
            "incident_open": Wording(
                "发生或者发现数据泄露等安全事件的，需方立即采取补救措施，并立即报告市场和供方。",
                "On a leak or another security incident the buyer at once takes remedial measures and "
                "at once reports to the market and the supplier.",
            ),
        },
    ),
    Clause(
        code="personal",
        basis="个人信息保护法 23、73",
        title=Wording("个人信息保护", "Personal information"),
        paragraphs={
            "none": Wording(
                "供方声明数据不含个人信息。任何一方发现其含有个人信息的，立即停止使用并通知另一方和市场。",
                "The supplier declares that the data hold no personal information. A party that finds "
                "any stops using them at once and informs the other party and the market.",
            ),
            "kinds": Wording(
                "数据含个人信息，种类为：{personal_kinds}。处理的目的和方式限于第{§use}条。",
                "The data hold personal information of these kinds: {personal_kinds}. Purpose and "
                "method of processing are limited to clause {§use}.",
            ),
            "consent": Wording(
                "供方已向个人告知需方的名称、联系方式、处理目的、处理方式和个人信息的种类，并取得个人"
                "的单独同意，证据：{consent_evidence}。",
                "The supplier has told each person the buyer’s name and contact, purpose and method "
                "of processing and the kinds of information, and has obtained separate consent. "
                "Evidence: {consent_evidence}.",
            ),
            "limits": Wording(
                "需方须在上述目的、方式和种类的范围内处理；变更的，须依法重新取得个人同意。",
                "The buyer processes within these purposes, methods and kinds; for any change it "
                "obtains consent anew as the law requires.",
            ),
        },
    ),
    Clause(
        code="supervision",
        basis="网络数据安全管理条例 12",
        title=Wording("对接收方的监督", "Supervision of the recipient"),
        paragraphs={
            "supervise": Wording(
                "供方对需方履行数据安全保护义务的情况进行监督，需方予以配合，并应要求说明数据的使用情况。",
                "The supplier supervises how the buyer fulfils its duties of data protection; the "
                "buyer co-operates and on request states how the data are used.",
            ),
            "records": Wording(
                "双方保存数据提供、使用的记录，自使用结束起不少于三年。",
                "Each party keeps its records of provision and use for at least three years after use ends.",
            ),
        },
    ),
    Clause(
        code="deletion",
        basis="民法典 558",
        title=Wording("到期删除与返还", "Deletion and return"),
        paragraphs={
            "delete": Wording(
                "使用期限届满或者本合约解除后，需方在{delete_within_days}日内删除全部数据及其副本，在"
                "市场提交删除回执；以载体交付的，同时返还载体。",
                "After the term ends or this contract is rescinded the buyer deletes the data and all "
                "copies within {delete_within_days} day(s) and files a receipt of deletion with the "
                "market; carriers handed over are returned.",
            ),
            "delete_at_once": Wording(
                "使用期限届满或者本合约解除后，需方立即删除全部数据及其副本，在市场提交删除回执；以载"
                "体交付的，同时返还载体。",
                "After the term ends or this contract is rescinded the buyer at once deletes the data "
                "and all copies and files a receipt of deletion with the market; carriers handed over "
                "are returned.",
            ),
            "law": Wording(
                "法律、行政法规要求留存的，只作留存，不得另作他用。已依本合约形成的衍生成果可以保留。",
                "What law requires to be kept is only kept and put to no other use. Derivatives made "
                "under this contract may be retained.",
            ),
        },
    ),
)

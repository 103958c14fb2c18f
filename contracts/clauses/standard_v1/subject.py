"""The wording of version 1, first part: who, what, with which rights, for what use."""

from typing import Final

from contracts.clauses.wording import Clause, Wording

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        code="parties",
        basis="数据安全法 33",
        title=Wording("合约主体", "Parties"),
        paragraphs={
            "supplier": Wording(
                "供方：{supplier}（统一社会信用代码{supplier_uscc}）。",
                "Supplier: {supplier} (unified social credit code {supplier_uscc}).",
            ),
            "supplier_individual": Wording(
                "供方：{supplier}（自然人，身份信息留存于市场）。",
                "Supplier: {supplier} (a natural person whose identity is on file with the market).",
            ),
            "buyer": Wording(
                "需方：{buyer}（统一社会信用代码{buyer_uscc}）。",
                "Buyer: {buyer} (unified social credit code {buyer_uscc}).",
            ),
            "buyer_individual": Wording(
                "需方：{buyer}（自然人，身份信息留存于市场）。",
                "Buyer: {buyer} (a natural person whose identity is on file with the market).",
            ),
            "market": Wording(
                "双方经数据要素交易平台（下称「市场」）订立本合约。市场提供交易服务，不是本合约的一方。",
                "The parties conclude this contract through the data-element trading platform (the "
                "“market”). The market provides trading services and is not a party to this contract.",
            ),
        },
    ),
    Clause(
        code="data",
        basis="数据安全法 33",
        title=Wording("数据与版本", "Data and version"),
        paragraphs={
            "name": Wording(
                "数据名称为「{title}」，第{version}版。内容：{description}。",
                "The data are “{title}”, version {version}. Content: {description}.",
            ),
            "scale": Wording(
                "数据规模为{scale}，格式为{format}。",
                "Scale: {scale}. Format: {format}.",
            ),
            "source": Wording(
                "数据来源为{source_type}。供方对来源的说明：{source_statement}。供方保证说明真实、来源合法。",
                "Source of the data: {source_type}. The supplier’s statement of source: "
                "{source_statement}. The supplier warrants that the statement is true and the source "
                "lawful.",
            ),
            "file": Wording(
                "数据文件共{file_bytes}字节，SHA-256指纹为{file_sha256}。交付的文件与此指纹不同的，视为未交付。",
                "The data file has {file_bytes} bytes and the SHA-256 fingerprint {file_sha256}. A "
                "file with another fingerprint does not count as delivered.",
            ),
        },
    ),
    Clause(
        code="rights",
        basis="数据二十条（三）",
        title=Wording("权利安排", "Rights"),
        paragraphs={
            "held": Wording(
                "供方声明对数据享有{rights_held}，依据：{rights_basis}。",
                "The supplier declares these rights in the data: {rights_held}. Basis: {rights_basis}.",
            ),
            "use": Wording(
                "本合约授予需方非独占、不可转让的使用权，不授予经营权。",
                "This contract grants the buyer a non-exclusive, non-transferable right to use, and "
                "no right to operate.",
            ),
            "use_and_operate": Wording(
                "本合约授予需方非独占的使用权，以及在第{§resale}条范围内向他人提供数据的经营权。",
                "This contract grants the buyer a non-exclusive right to use, and the right to "
                "operate by providing the data to others within clause {§resale}.",
            ),
            "kept": Wording(
                "数据的持有权及其他权利不因本合约转移。本合约未写明允许的，需方不得为之。",
                "The right to hold the data and all other rights stay where they are. What this "
                "contract does not expressly allow, the buyer may not do.",
            ),
        },
    ),
    Clause(
        code="use",
        title=Wording("使用目的、方式、范围、期限与地域", "Purpose, method, scope, term and territory of use"),
        paragraphs={
            "purpose": Wording(
                "使用目的限于：{purposes}。需方每次使用前须声明其中之一。",
                "The purposes of use are limited to: {purposes}. Before each use the buyer declares one of them.",
            ),
            "any_purpose": Wording(
                "需方可以为任何合法目的使用数据，每次使用前须声明目的。",
                "The buyer may use the data for any lawful purpose and declares the purpose before each use.",
            ),
            "not_for": Wording(
                "不得用于：{excluded_purposes}。",
                "The data may not be used for: {excluded_purposes}.",
            ),
            "method": Wording(
                "使用方式：经{delivery_modes}取得数据；对数据可以进行：{actions}。",
                "Method of use: the buyer obtains the data by {delivery_modes} and may: {actions}.",
            ),
            "own": Wording(
                "使用范围限于需方自身。需方委托他人处理的，受托方只能按需方指示、在本合约范围内处理，"
                "其行为视为需方的行为。",
                "The scope of use is the buyer itself. A processor it entrusts acts only on its "
                "instructions and within this contract, and the processor’s acts count as the "
                "buyer’s.",
            ),
            "own_and_others": Wording(
                "使用范围为需方自身，以及依第{§resale}条接收数据的人。需方委托他人处理的，受托方只能按需方指示、"
                "在本合约范围内处理，其行为视为需方的行为。",
                "The scope of use is the buyer itself and those who receive data under clause {§resale}. A "
                "processor it entrusts acts only on its instructions and within this contract, and the "
                "processor’s acts count as the buyer’s.",
            ),
            "recipients": Wording(
                "使用范围限于下列组织：{recipients}。",
                "The scope of use is limited to these organisations: {recipients}.",
            ),
            "industries": Wording(
                "使用范围限于下列行业（GB/T 4754）的组织：{industries}。",
                "The scope of use is limited to organisations of these industries (GB/T 4754): {industries}.",
            ),
            "count": Wording(
                "使用至多{uses_max}次。",
                "The data may be used at most {uses_max} time(s).",
            ),
            "term": Wording(
                "使用期限为{term}，自第{§effect}条所称订立时刻起连续计算，每日按二十四小时计。",
                "The term of use is {term}, running without interruption from the moment of "
                "conclusion named in clause {§effect}; each day has twenty-four hours.",
            ),
            "until": Wording(
                "使用期限至{until}。",
                "The term of use ends on {until}.",
            ),
            "start": Wording(
                "使用期限自{start}开始。",
                "The term of use begins on {start}.",
            ),
            "territory": Wording(
                "使用地域限于{territory}。",
                "The territory of use is {territory}.",
            ),
            "conditions": Wording(
                "其他条件：{conditions}。",
                "Further conditions: {conditions}.",
            ),
            "policy": Wording(
                "本合约所附使用策略（ODRL）是本条的机读形式，为本合约的组成部分。市场在每次使用前按该"
                "策略核对，核对不通过的，不提供数据。",
                "The usage policy (ODRL) attached to this contract is the machine-readable form of "
                "this clause and part of this contract. The market checks it before each use and "
                "provides no data where it fails.",
            ),
        },
    ),
    Clause(
        code="resale",
        title=Wording("转售与衍生", "Resale and derivatives"),
        paragraphs={
            "no_resale": Wording(
                "需方不得转售、出借、公开或者以其他方式向他人提供原始数据。",
                "The buyer may not resell, lend, publish or otherwise provide the original data to others.",
            ),
            "resale": Wording(
                "需方可以向他人提供数据，但须使接收方承担不低于本合约的义务，并对接收方的使用负责。",
                "The buyer may provide the data to others, provided that it binds each recipient to "
                "duties no lighter than these and answers for the recipient’s use.",
            ),
            "derive": Wording(
                "需方可以对数据分析、加工并形成衍生成果。衍生成果不得使他人能够还原原始数据。",
                "The buyer may analyse and process the data and make derivatives. No derivative may "
                "allow others to restore the original data.",
            ),
            "no_derive": Wording(
                "需方不得以数据加工形成衍生数据产品。",
                "The buyer may not process the data into derivative data products.",
            ),
            "attribution": Wording(
                "展示或者公布使用成果的，须注明数据来源「{attribution}」。",
                "Whoever shows or publishes results names the source of the data: “{attribution}”.",
            ),
            "attribution_open": Wording(
                "展示或者公布使用成果的，须注明数据来源。",
                "Whoever shows or publishes results names the source of the data.",
            ),
            "no_identification": Wording(
                "需方不得单独或者与其他数据合并使用数据以识别特定自然人。",
                "The buyer may not use the data, alone or combined with others, to identify a natural person.",
            ),
            "resale_conditional": Wording(
                "能否向他人提供数据，按第{§use}条的其他条件。",
                "Whether the data may be provided to others follows the further conditions of clause {§use}.",
            ),
            "derive_conditional": Wording(
                "能否加工形成衍生成果，按第{§use}条的其他条件。",
                "Whether derivatives may be made follows the further conditions of clause {§use}.",
            ),
        },
    ),
)

"""Terms of one ordinary trade."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from contracts.clauses import Party, Product, Terms
from market import policy

USAGE: Final = policy.UsageTerms(
    term_days=365, purposes=("碳排放与空气质量关联分析",), territory=("CN",), attribution="中国环境监测总站"
)
SUPPLIER: Final = Party(
    urn="urn:uuid:01938f00-0000-7000-8000-000000000001",
    name="太原晋环数据科技有限公司",
    uscc="91140100MA0GT0001Q",
    kind="enterprise",
)
BUYER: Final = Party(
    urn="urn:uuid:01938f00-0000-7000-8000-000000000002",
    name="山西晋能碳管理有限公司",
    uscc="91140100MA00000190",
    kind="enterprise",
)
TERMS: Final = Terms(
    agreement_id="urn:uuid:01938f00-0000-7000-8000-000000000003",
    thread="urn:uuid:01938f00-0000-7000-8000-000000000004",
    requested_at=datetime(2026, 11, 23, 1, 2, 3, 4, tzinfo=UTC),
    terms_at=datetime(2026, 11, 23, 1, 44, tzinfo=UTC),
    supplier=SUPPLIER,
    buyer=BUYER,
    product=Product(
        urn="urn:uuid:01938f00-0000-7000-8000-000000000005",
        title="太原市空气质量逐小时监测",
        version=2,
        data_description="12个监测点每小时的空气质量指数、级别、首要污染物和七项浓度",
        source_type="collected",
        source_statement="中国环境监测总站公开发布的数据",
        scale="1,188行×13列",
        format="CSV",
    ),
    file_sha256="2a3064da" * 8,
    file_bytes=80_500,
    price_minor=48_000,
    tax_rate_bp=600,
    policy=policy.build(USAGE),
    rights_basis="依法收集并加工",
    rules={"fee.platform": 1, "tax.vat": 1},
)


def given_terms(**changed: Any) -> Terms:
    """The ordinary trade with some fields changed; `usage` rebuilds the policy, `product` its description."""
    if "usage" in changed:
        changed["policy"] = policy.build(replace(USAGE, **changed.pop("usage")))
    if isinstance(changed.get("product"), dict):
        changed["product"] = replace(TERMS.product, **changed["product"])
    return replace(TERMS, **changed)

"""Terms of a grant and the facts of a use stay as they were written; rows are never deleted."""

from django.db import migrations

# market_forbid_change is market's own function, which only refuses (market.kernel.append_only).
_FORWARD = """
CREATE TRIGGER delivery_grant_terms BEFORE UPDATE OF id, reference, thread, supplier_id, buyer_id, version, agreement,
    agreement_sha256, storage_key, filename, media_type, file_bytes, file_sha256, policy, agreed_at, opened_at, expires_at
    OR DELETE ON delivery_grant FOR EACH ROW EXECUTE FUNCTION market_forbid_change();
ALTER TABLE delivery_grant ENABLE ALWAYS TRIGGER delivery_grant_terms;
CREATE TRIGGER delivery_use_facts BEFORE UPDATE OF id, grant_id, number, opened_by, purpose, recipient, key, opened_at,
    expires_at OR DELETE ON delivery_use FOR EACH ROW EXECUTE FUNCTION market_forbid_change();
ALTER TABLE delivery_use ENABLE ALWAYS TRIGGER delivery_use_facts;
"""
_BACKWARD = """
DROP TRIGGER delivery_grant_terms ON delivery_grant;
DROP TRIGGER delivery_use_facts ON delivery_use;
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial"), ("market", "0002_guards")]
    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]

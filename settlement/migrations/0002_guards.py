"""What must never be false about money, said to the database: composite keys, append-only tables, refusing triggers."""

from django.db import migrations

from market.kernel.append_only import guard

# Both sides of a posting lie in one book and one currency, by declaration alone.
_SIDES = """
ALTER TABLE settlement_posting
    ADD CONSTRAINT posting_debit_in_book_and_currency FOREIGN KEY (debit_id, book, currency)
        REFERENCES settlement_account (id, book, currency),
    ADD CONSTRAINT posting_credit_in_book_and_currency FOREIGN KEY (credit_id, book, currency)
        REFERENCES settlement_account (id, book, currency);
"""
_NO_SIDES = """
ALTER TABLE settlement_posting
    DROP CONSTRAINT posting_debit_in_book_and_currency, DROP CONSTRAINT posting_credit_in_book_and_currency;
"""
# A posting belongs to the transaction that made its transfer: nothing is added to an old one.
_SAME_TRANSACTION = """
CREATE FUNCTION settlement_posting_same_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN settlement_transfer AS t ON t.id = added.transfer_id
               WHERE t.xid <> pg_current_xact_id()) THEN
        RAISE EXCEPTION 'a posting cannot be added to an old transfer' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_posting_same_transaction AFTER INSERT ON settlement_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION settlement_posting_same_transaction();
ALTER TABLE settlement_posting ENABLE ALWAYS TRIGGER settlement_posting_same_transaction;
"""
_NO_SAME_TRANSACTION = """
DROP TRIGGER settlement_posting_same_transaction ON settlement_posting;
DROP FUNCTION settlement_posting_same_transaction();
"""
# The default alone could be overridden by an insert that names the column.
_HAS_POSTINGS = """
CREATE FUNCTION settlement_transfer_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.xid <> pg_current_xact_id() THEN
        RAISE EXCEPTION 'a transfer carries the transaction that made it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM settlement_posting WHERE transfer_id = NEW.id) THEN
        RAISE EXCEPTION 'transfer % moves nothing', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER settlement_transfer_is_whole AFTER INSERT ON settlement_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settlement_transfer_is_whole();
ALTER TABLE settlement_transfer ENABLE ALWAYS TRIGGER settlement_transfer_is_whole;
"""
_NO_HAS_POSTINGS = """
DROP TRIGGER settlement_transfer_is_whole ON settlement_transfer;
DROP FUNCTION settlement_transfer_is_whole();
"""
_NUMBERS = """
CREATE SEQUENCE settlement_payment_number;
CREATE SEQUENCE settlement_payout_number;
CREATE SEQUENCE settlement_payout_file_number;
"""
_NO_NUMBERS = """
DROP SEQUENCE settlement_payment_number;
DROP SEQUENCE settlement_payout_number;
DROP SEQUENCE settlement_payout_file_number;
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial"), ("market", "0002_guards")]
    operations = [
        migrations.RunSQL(_SIDES, _NO_SIDES),
        migrations.RunSQL(_SAME_TRANSACTION, _NO_SAME_TRANSACTION),
        migrations.RunSQL(_HAS_POSTINGS, _NO_HAS_POSTINGS),
        guard("settlement_transfer"),
        guard("settlement_posting"),
        guard("settlement_refund"),
        guard("settlement_statement"),
        guard("settlement_payoutfile"),
        migrations.RunSQL(_NUMBERS, _NO_NUMBERS),
    ]

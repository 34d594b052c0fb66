ALTER TABLE budgets
    DROP COLUMN before_slots,
    DROP COLUMN stretch_slots,
    DROP COLUMN stretch_began;
DROP TRIGGER mappings_count_truncated ON mappings;
DROP TRIGGER mappings_count_gone ON mappings;
DROP TRIGGER mappings_count_made ON mappings;
DROP TRIGGER mappings_count_change ON mappings;
DROP FUNCTION storelink_recount_mappings();
DROP FUNCTION storelink_count_change();
DROP FUNCTION storelink_count_truncated();
DROP FUNCTION storelink_count_gone();
DROP FUNCTION storelink_count_made();
DROP FUNCTION storelink_today();
DROP TABLE mapping_counts_daily;
DROP TABLE mapping_counts;

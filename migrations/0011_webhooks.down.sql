ALTER TABLE mappings DROP COLUMN webhook_look_at;
DROP TABLE webhook_deliveries;

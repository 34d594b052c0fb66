-- What upstream told us: enough to know a repeat, and for people to see what fitted no mapping. No payload is kept.
CREATE TABLE webhook_deliveries (
    event_id        uuid PRIMARY KEY,
    event_type      text NOT NULL,
    event_time      timestamptz, -- NULL: it said none that can be read
    local_store_id  text NOT NULL DEFAULT '',
    remote_store_id text NOT NULL DEFAULT '',
    received_at     timestamptz NOT NULL DEFAULT storelink_now(),
    unmatched       boolean NOT NULL DEFAULT false
);
CREATE INDEX webhook_deliveries_received ON webhook_deliveries (received_at);
CREATE INDEX webhook_deliveries_unmatched ON webhook_deliveries (received_at DESC, event_id DESC) WHERE unmatched;

-- When a webhook's look was due last, or will be: the next one comes a minute later at the earliest.
ALTER TABLE mappings ADD COLUMN webhook_look_at timestamptz;

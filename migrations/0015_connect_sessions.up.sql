-- One-time links for customers, and what they allow. Of the link's secret and of the cookie that holds a redeemed link
-- until somebody signs in, only hashes are kept.
CREATE TABLE connect_sessions (
    id              uuid PRIMARY KEY,
    secret_hash     bytea NOT NULL UNIQUE,
    holder_hash     bytea UNIQUE, -- NULL: not redeemed, or a session has it by now
    minted_by       text NOT NULL,
    local_ids       text[] NOT NULL CHECK (cardinality(local_ids) > 0),
    organization_id uuid, -- NULL: the first to sign in; it may be one that nobody signed in for yet
    return_to       text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT storelink_now(),
    expires_at      timestamptz NOT NULL,
    redeemed_at     timestamptz,
    bound_at        timestamptz, -- when a session got it
    revoked_at      timestamptz,
    ended_at        timestamptz,
    CHECK (bound_at IS NULL OR redeemed_at IS NOT NULL AND organization_id IS NOT NULL)
);
CREATE INDEX connect_sessions_created ON connect_sessions (created_at);

ALTER TABLE sessions ADD COLUMN connect_session_id uuid REFERENCES connect_sessions;
CREATE INDEX sessions_connect ON sessions (connect_session_id) WHERE connect_session_id IS NOT NULL;
ALTER TABLE signins ADD COLUMN connect_session_id uuid;

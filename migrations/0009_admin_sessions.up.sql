-- Browsers of operators: an admin token was exchanged for a cookie. Of both only hashes are kept; the token's finds the
-- configured token again at every request, so that one that was removed opens nothing.
CREATE TABLE admin_sessions (
    id          uuid PRIMARY KEY,
    cookie_hash bytea NOT NULL UNIQUE,
    token_hash  bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT storelink_now(),
    seen_at     timestamptz NOT NULL DEFAULT storelink_now()
);
CREATE INDEX admin_sessions_seen ON admin_sessions (seen_at);

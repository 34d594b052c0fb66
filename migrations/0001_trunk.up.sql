CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The one clock of leases, budgets and sessions. Tests replace it to move time.
CREATE FUNCTION storelink_now() RETURNS timestamptz
    LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT clock_timestamp()';

CREATE TABLE organizations (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT storelink_now(),
    updated_at timestamptz NOT NULL DEFAULT storelink_now()
);

CREATE TABLE grants (
    id                uuid PRIMARY KEY,
    organization_id   uuid NOT NULL REFERENCES organizations,
    scopes            text[] NOT NULL,
    state             text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'reauthorization_required')),
    reason            text NOT NULL DEFAULT '',
    sealed_access     bytea NOT NULL,
    sealed_refresh    bytea,
    expires_at        timestamptz NOT NULL,
    -- Raised by each refresh, so that a refresh that lost a race is seen.
    token_version     bigint NOT NULL DEFAULT 1,
    -- A refresh under way: one in flight per grant over all replicas.
    refreshing_until  timestamptz,
    created_at        timestamptz NOT NULL DEFAULT storelink_now(),
    updated_at        timestamptz NOT NULL DEFAULT storelink_now()
);
CREATE INDEX grants_best ON grants (organization_id, expires_at DESC) WHERE state = 'active';

CREATE TABLE sessions (
    id              uuid PRIMARY KEY,
    cookie_hash     bytea NOT NULL UNIQUE,
    organization_id uuid NOT NULL REFERENCES organizations,
    grant_id        uuid NOT NULL REFERENCES grants ON DELETE CASCADE,
    created_at      timestamptz NOT NULL DEFAULT storelink_now(),
    seen_at         timestamptz NOT NULL DEFAULT storelink_now(),
    ended_at        timestamptz
);
CREATE INDEX sessions_grant ON sessions (grant_id);
CREATE INDEX sessions_seen ON sessions (seen_at);

CREATE TABLE signins (
    id                  uuid PRIMARY KEY,
    state_hash          bytea NOT NULL UNIQUE,
    browser_hash        bytea NOT NULL,
    sealed_verifier     bytea NOT NULL,
    return_to           text NOT NULL,
    replaces_session_id uuid,
    created_at          timestamptz NOT NULL DEFAULT storelink_now(),
    expires_at          timestamptz NOT NULL,
    -- Set when the callback came: the state is used up from then on.
    consumed_at         timestamptz,
    -- The code of a sign-in that waits for the token endpoint's turn.
    sealed_code         bytea,
    waiting_since       timestamptz,
    client_address      text NOT NULL DEFAULT ''
);
CREATE INDEX signins_expires ON signins (expires_at);
CREATE INDEX signins_waiting ON signins (waiting_since) WHERE sealed_code IS NOT NULL;

CREATE TABLE brands (
    organization_id uuid NOT NULL REFERENCES organizations,
    id              uuid NOT NULL,
    name            text NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE remote_stores (
    organization_id uuid NOT NULL REFERENCES organizations,
    brand_id        uuid NOT NULL,
    id              uuid NOT NULL,
    name            text NOT NULL,
    address         jsonb,
    search          text NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (organization_id, brand_id, id)
);
CREATE INDEX remote_stores_order ON remote_stores (organization_id, (lower(name) COLLATE "C"), id);
CREATE INDEX remote_stores_id ON remote_stores (id);
CREATE INDEX remote_stores_search ON remote_stores USING gin (search gin_trgm_ops);

-- One row per organization: the state of its snapshot.
CREATE TABLE snapshots (
    organization_id uuid PRIMARY KEY REFERENCES organizations,
    as_of           timestamptz,
    started_at      timestamptz,
    heartbeat_at    timestamptz,
    brands_loaded   integer NOT NULL DEFAULT 0,
    brands_total    integer NOT NULL DEFAULT 0
);

CREATE TABLE runs (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations,
    actor           text NOT NULL,
    request_id      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT storelink_now(),
    ended_at        timestamptz,
    version         bigint NOT NULL DEFAULT 1,
    total           integer NOT NULL CHECK (total > 0),
    connected       integer NOT NULL DEFAULT 0,
    replaced        integer NOT NULL DEFAULT 0,
    unchanged       integer NOT NULL DEFAULT 0,
    disconnected    integer NOT NULL DEFAULT 0,
    conflict        integer NOT NULL DEFAULT 0,
    superseded      integer NOT NULL DEFAULT 0,
    cancelled       integer NOT NULL DEFAULT 0,
    failed          integer NOT NULL DEFAULT 0,
    pending         integer NOT NULL CHECK (pending >= 0),
    CHECK (connected + replaced + unchanged + disconnected + conflict + superseded + cancelled + failed + pending = total),
    CHECK ((pending = 0) = (ended_at IS NOT NULL))
);
CREATE INDEX runs_organization ON runs (organization_id, id DESC);
CREATE INDEX runs_open ON runs (organization_id) WHERE ended_at IS NULL;

CREATE TABLE mappings (
    id                  uuid PRIMARY KEY,
    organization_id     uuid NOT NULL REFERENCES organizations,
    brand_id            uuid NOT NULL,
    store_id            uuid NOT NULL,
    -- Denormalised for search and for exports.
    organization_name   text NOT NULL DEFAULT '',
    brand_name          text NOT NULL DEFAULT '',
    store_name          text NOT NULL DEFAULT '',

    desired_kind        text NOT NULL DEFAULT 'unmanaged' CHECK (desired_kind IN ('unmanaged', 'none', 'id')),
    desired_local_id    text,
    asked_kind          text NOT NULL DEFAULT 'none' CHECK (asked_kind IN ('none', 'id')),
    asked_local_id      text,
    -- Desired of the generation settled last: what an ask that comes to nothing goes back to.
    settled_kind        text NOT NULL DEFAULT 'unmanaged' CHECK (settled_kind IN ('unmanaged', 'none', 'id')),
    settled_local_id    text,
    previous_local_id   text,
    generation          bigint NOT NULL DEFAULT 0,
    settled_generation  bigint NOT NULL DEFAULT 0,

    -- observed_at NULL: never looked. A look that showed no connection has observed_at and no id.
    observed_local_id   text,
    observed_at         timestamptz,
    -- The first observation of the running generation; first_seen says whether there is one.
    first_seen          boolean NOT NULL DEFAULT false,
    first_observed      text,

    -- What a pass may delete: ids that the request named, ids that we tried to put there, or whatever the first look shows.
    named_ids           text[] NOT NULL DEFAULT '{}',
    tried_ids           text[] NOT NULL DEFAULT '{}',
    replaces_any        boolean NOT NULL DEFAULT false,
    restore_local_id    text,
    -- The asked id was refused for good; set with the intent to restore, so that nobody tries it again.
    refused_code        text,
    refused_message     text NOT NULL DEFAULT '',

    -- The write that was about to be sent when this row was written; NULL once its answer is known.
    intent_call         text CHECK (intent_call IN ('delete', 'post')),
    intent_local_id     text,
    -- The time from which no write of ours can take effect any more, and which kinds may still.
    verify_at           timestamptz,
    late_delete         boolean NOT NULL DEFAULT false,
    late_post           boolean NOT NULL DEFAULT false,

    due_at              timestamptz,
    due_for             text CHECK (due_for IN ('ask', 'drift', 'operator')),
    wake_at             timestamptz GENERATED ALWAYS AS (LEAST(due_at, verify_at)) STORED,
    attempts            integer NOT NULL DEFAULT 0,
    lease_token         uuid,
    leased_until        timestamptz,

    state               text NOT NULL DEFAULT 'pending' CHECK (state IN
                            ('pending', 'waiting', 'connected', 'disconnected', 'conflict', 'failed', 'drifted', 'unmanaged')),
    code                text,
    upstream_message    text NOT NULL DEFAULT '',
    waiting_for         text CHECK (waiting_for IN ('consent', 'upstream')),
    waiting_since       timestamptz,

    run_id              uuid REFERENCES runs,
    item_number         integer,
    created_at          timestamptz NOT NULL DEFAULT storelink_now(),
    updated_at          timestamptz NOT NULL DEFAULT storelink_now(),

    UNIQUE (organization_id, brand_id, store_id),
    CONSTRAINT mappings_desired_local_id_key UNIQUE (desired_local_id) DEFERRABLE INITIALLY IMMEDIATE,
    CHECK ((desired_kind = 'id') = (desired_local_id IS NOT NULL)),
    CHECK ((asked_kind = 'id') = (asked_local_id IS NOT NULL)),
    CHECK ((settled_kind = 'id') = (settled_local_id IS NOT NULL)),
    CHECK (settled_generation <= generation),
    CHECK ((state = 'waiting') = (waiting_for IS NOT NULL)),
    CHECK (intent_call IS DISTINCT FROM 'delete' OR restore_local_id IS NOT NULL)
);
CREATE INDEX mappings_wake ON mappings (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX mappings_lease ON mappings (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX mappings_observed ON mappings (observed_local_id) WHERE observed_local_id IS NOT NULL;
CREATE INDEX mappings_asked ON mappings (asked_local_id) WHERE asked_local_id IS NOT NULL;
CREATE INDEX mappings_restore ON mappings (restore_local_id) WHERE restore_local_id IS NOT NULL;
CREATE INDEX mappings_store ON mappings (store_id);
CREATE INDEX mappings_brand ON mappings (brand_id, id);
CREATE INDEX mappings_organization ON mappings (organization_id, id);
CREATE INDEX mappings_state ON mappings (state, id);
CREATE INDEX mappings_waiting ON mappings (organization_id) WHERE waiting_for = 'consent';
CREATE INDEX mappings_run ON mappings (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE run_items (
    run_id            uuid NOT NULL REFERENCES runs,
    number            integer NOT NULL,
    mapping_id        uuid NOT NULL REFERENCES mappings,
    generation        bigint NOT NULL,
    local_store_id    text,
    outcome           text CHECK (outcome IN
                          ('connected', 'replaced', 'unchanged', 'disconnected', 'conflict', 'superseded', 'cancelled', 'failed')),
    observed_local_id text,
    code              text,
    detail            text NOT NULL DEFAULT '',
    ended_at          timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (run_id, number),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX run_items_pending ON run_items (mapping_id) WHERE outcome IS NULL;

-- An item's outcome is written once.
CREATE FUNCTION storelink_outcome_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
        RAISE EXCEPTION 'item % of run % already ended %', OLD.number, OLD.run_id, OLD.outcome USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER run_items_outcome_once BEFORE UPDATE OF outcome ON run_items
    FOR EACH ROW EXECUTE FUNCTION storelink_outcome_once();

CREATE TABLE mapping_events (
    id         uuid PRIMARY KEY,
    mapping_id uuid NOT NULL REFERENCES mappings,
    at         timestamptz NOT NULL DEFAULT storelink_now(),
    actor      text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('asked', 'observed', 'settled')),
    from_id    text,
    to_id      text,
    why        text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    run_id     uuid
);
CREATE INDEX mapping_events_mapping ON mapping_events (mapping_id, id);

CREATE TABLE idempotency_keys (
    organization_id uuid NOT NULL REFERENCES organizations,
    key             text NOT NULL,
    fingerprint     bytea NOT NULL,
    run_id          uuid NOT NULL REFERENCES runs,
    created_at      timestamptz NOT NULL DEFAULT storelink_now(),
    PRIMARY KEY (organization_id, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- The shared budget: one row per egress address, the next free slot of authenticated calls (GCRA).
CREATE TABLE budgets (
    egress    text PRIMARY KEY,
    next_slot timestamptz NOT NULL
) WITH (fillfactor = 10);

-- The token endpoint's budget: the last three send times, oldest first.
CREATE TABLE token_budgets (
    egress  text PRIMARY KEY,
    sent    timestamptz[] NOT NULL DEFAULT '{}'
);

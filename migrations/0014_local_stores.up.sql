-- The integrator's own stores, as far as the deployment was told of them.
CREATE TABLE local_stores (
    id           text COLLATE "C" PRIMARY KEY,
    group_name   text NOT NULL DEFAULT '', -- the customer that it belongs to
    name         text NOT NULL,
    address      text NOT NULL DEFAULT '',
    postal_code  text NOT NULL DEFAULT '',
    city         text NOT NULL DEFAULT '',
    state        text NOT NULL DEFAULT '',
    country_code text NOT NULL DEFAULT '',
    latitude     double precision,
    longitude    double precision,
    -- A line each, so that no match begins in one and ends in the next.
    search       text NOT NULL GENERATED ALWAYS AS (lower(
        id || E'\n' || name || E'\n' || address || E'\n' || postal_code || E'\n' || city)) STORED,
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX local_stores_order ON local_stores ((lower(name) COLLATE "C"), id);
CREATE INDEX local_stores_group ON local_stores (group_name, (lower(name) COLLATE "C"), id);
CREATE INDEX local_stores_search ON local_stores USING gin (search gin_trgm_ops);

-- One row: raised by every change of the catalogue, so that what was computed from it is known to be old, and locked
-- by who changes it, so that one change follows the other.
CREATE TABLE catalogue (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL DEFAULT 0
);
INSERT INTO catalogue DEFAULT VALUES;

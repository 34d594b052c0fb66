package population

// Names are made of words, so that searches find many, some or none.
const (
	word  = `(ARRAY['Taco','Pizza','Burger','Noodle','Curry','Falafel','Bagel','Sushi','Kebab','Salad','Ramen','Poke','Dumpling','Waffle','Pretzel','Gyros'])`
	place = `(ARRAY['Palace','Corner','House','Garden','Express','Kitchen','Market','Station','Harbor','Plaza','Heights','Square','Mill','Bridge','Bay','Park'])`
	mania = `(ARRAY['Brothers','Company','Group','Partners','Holding','Foods','Ventures','Union','Works','Collective'])`

	organizationID = `('01900000-0000-7000-8000-' || lpad(to_hex(o), 12, '0'))::uuid`
)

const organizations = `
	INSERT INTO organizations (id, name)
	SELECT ` + organizationID + `, ` + word + `[1 + o % 16] || ' ' || ` + mania + `[1 + o / 16 % 10] || ' ' || o
	FROM generate_series(1, $1::int) o`

// One of ten organizations has a grant that nothing refreshes, and one of a hundred none that lives.
const grants = `
	INSERT INTO grants (id, organization_id, scopes, state, reason, sealed_access, sealed_refresh, expires_at)
	SELECT ('01900000-0001-7000-8000-' || lpad(to_hex(o), 12, '0'))::uuid, ` + organizationID + `,
		'{organization.read,organization.service_integration}',
		CASE WHEN o % 100 = 0 THEN 'reauthorization_required' ELSE 'active' END,
		CASE WHEN o % 100 = 0 THEN 'Otter did not accept it any more' ELSE '' END,
		decode(repeat(md5(o::text), 8), 'hex'), CASE WHEN o % 10 > 0 THEN decode(repeat(md5(o::text), 8), 'hex') END,
		storelink_now() + make_interval(hours => o % 1500)
	FROM generate_series(1, $1::int) o`

const brands = `
	INSERT INTO brands (organization_id, id, name, seen_at)
	SELECT ` + organizationID + `, md5('brand ' || o || ' ' || b)::uuid, ` + word + `[1 + (o + 3 * b) % 16] || ' ' || ` + place + `[1 + b], storelink_now()
	FROM generate_series(1, $1::int) o, generate_series(1, $2::int) b`

const runs = `
	INSERT INTO runs (id, organization_id, actor, request_id, total, connected, pending, ended_at)
	SELECT ('01900000-0002-7000-8000-' || lpad(to_hex(5 * o + r), 12, '0'))::uuid, ` + organizationID + `, 'user', '', 1, 1, 0, storelink_now()
	FROM generate_series(1, $1::int) o, generate_series(1, 5) r`

// Of a hundred mappings 92 are connected, two disconnected, and six as they can be otherwise. One in ten thousand is dark.
// All that settled is looked at again within the next day.
const mappings = `
	INSERT INTO mappings (id, organization_id, brand_id, store_id, organization_name, brand_name, store_name,
		desired_kind, desired_local_id, asked_kind, asked_local_id, settled_kind, settled_local_id, generation, settled_generation,
		claimed_generation, observed_local_id, observed_at, restore_local_id, first_seen, lane, due_at, due_for,
		state, code, upstream_message, waiting_for, waiting_since, run_id, created_at, updated_at)
	SELECT ('0190' || lpad(to_hex(n), 8, '0') || '7000' || substr(md5(n::text), 1, 16))::uuid,
		organization, brand, md5('store ' || n)::uuid,
		` + word + `[1 + o % 16] || ' ' || ` + mania + `[1 + o / 16 % 10] || ' ' || o,
		` + word + `[1 + (o + 3 * b) % 16] || ' ' || ` + place + `[1 + b],
		` + word + `[1 + n / 7 % 16] || ' ' || ` + place + `[1 + n / 11 % 16] || ' ' || substr(md5(n::text), 1, 5),
		CASE WHEN state IN ('disconnected', 'unmanaged') THEN replace(replace(state, 'disconnected', 'none'), 'unmanaged', 'unmanaged') ELSE 'id' END,
		CASE WHEN state NOT IN ('disconnected', 'unmanaged') THEN n::text END,
		CASE WHEN state = 'disconnected' THEN 'none' ELSE 'id' END, CASE WHEN state <> 'disconnected' THEN n::text END,
		CASE WHEN settled AND state = 'disconnected' THEN 'none' WHEN settled AND state <> 'unmanaged' THEN 'id' ELSE 'unmanaged' END,
		CASE WHEN settled AND state NOT IN ('disconnected', 'unmanaged') THEN n::text END,
		1, settled::int, 1,
		CASE WHEN dark OR state IN ('disconnected', 'failed', 'pending', 'waiting', 'unmanaged') THEN NULL
		     WHEN state = 'connected' THEN n::text ELSE 'other-' || n END,
		CASE WHEN state <> 'pending' OR dark THEN at END, CASE WHEN dark THEN 'old-' || n END, settled,
		CASE WHEN looked THEN 'drift' ELSE 'background' END,
		CASE WHEN looked OR dark THEN storelink_now() + interval '1 hour' + n % 86400 * interval '1 second' END, CASE WHEN looked THEN 'drift' END,
		state, CASE WHEN state = 'failed' THEN (ARRAY['store_not_found','local_store_id_refused','local_store_id_taken','access_denied'])[1 + n / 100 % 4] END,
		CASE WHEN state = 'failed' THEN 'the store cannot be connected' ELSE '' END,
		CASE WHEN state = 'waiting' THEN 'consent' END, CASE WHEN state = 'waiting' THEN at END,
		('01900000-0002-7000-8000-' || lpad(to_hex(5 * o + 1 + n % 5), 12, '0'))::uuid, at, at
	FROM (
		SELECT *, state NOT IN ('pending', 'waiting') AND NOT dark AS settled, state IN ('connected', 'disconnected', 'drifted') AND NOT dark AS looked,
			` + organizationID + ` AS organization, md5('brand ' || o || ' ' || b)::uuid AS brand, storelink_now() - n * interval '31 seconds' AS at
		FROM (
			SELECT n, 1 + n % $3::int AS o, 1 + n / $3::int % $4::int AS b, n % 10000 = 50 AS dark,
				CASE WHEN s < 92 THEN 'connected' WHEN s < 94 THEN 'disconnected'
					ELSE (ARRAY['failed','failed','conflict','drifted','waiting','unmanaged'])[s - 93] END AS state
			FROM generate_series($1::int, $2::int) n, LATERAL (SELECT CASE WHEN n % 10000 = 50 THEN 94 ELSE n * 7 / 3 % 100 END AS s) p
		) m
	) m`

// Snapshots hold the stores of a tenth of the mappings: the look-up of a store that nobody asked for reads them.
const remoteStores = `
	INSERT INTO remote_stores (organization_id, brand_id, id, name, search, seen_at)
	SELECT organization_id, brand_id, store_id, store_name, lower(store_name), updated_at FROM mappings WHERE hashtext(id::text) % 10 = 0`

// A tenth of the mappings has a history of three lines.
const events = `
	INSERT INTO mapping_events (id, mapping_id, actor, kind, from_id, to_id, at)
	SELECT (left(id::text, 9) || lpad(to_hex(k), 4, '0') || substr(id::text, 14))::uuid, id, 'user', (ARRAY['asked','observed','settled'])[k],
		NULL, desired_local_id, created_at
	FROM mappings, generate_series(1, 3) k WHERE hashtext(id::text) % 10 = 0`

const days = `
	UPDATE mapping_counts_daily SET day = storelink_today() - 365 WHERE what = 'began';
	INSERT INTO mapping_counts_daily (day, what, state, code, dark, n)
	SELECT storelink_today() - d, 'mappings', s, '', false, CASE WHEN s = 'connected' THEN -5 ELSE 1 END
	FROM generate_series(1, 365) d, unnest('{connected,disconnected,failed,drifted,waiting,unmanaged}'::text[]) s`

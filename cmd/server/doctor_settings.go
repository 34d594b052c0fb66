package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"storelink/internal/auth"
	"storelink/internal/sandbox"
	"storelink/internal/store"

	"storelink"
)

const (
	// smallSkew is what clocks that are kept right differ by; more than bigSkew makes leases, sessions and grants wrong.
	smallSkew = time.Second
	bigSkew   = 10 * time.Second
	// sampledGrants is how many of the oldest and of the newest grants must open with the keyset.
	sampledGrants = 5
	// keysTimeout bounds the count of all that is sealed.
	keysTimeout = 30 * time.Second
)

// examineSettings names every setting that is wrong, and those that are right and seldom meant.
func (d *doctor) examineSettings() {
	s := d.settings
	problems := s.Problems()
	for _, p := range problems {
		name := strings.TrimSuffix(p.Setting, "_FILE")
		d.wrong[name] = true
		d.fail("settings", "`storelink serve --help` explains it", "%s", p.Error())
	}
	if s.ClientSecret == sandbox.DefaultClientSecret {
		d.wrong["STORELINK_CLIENT_SECRET"] = true
		d.fail("settings", "set the secret of your application at Otter", "STORELINK_CLIENT_SECRET is the sandbox's well-known secret")
	}
	if len(d.wrong) == 0 {
		d.ok("settings", "all are well-formed")
	}
	if len(s.Tokens()) == 0 && !d.wrong["STORELINK_ADMIN_TOKENS"] {
		d.warn("admin tokens", "make one with `storelink admin-token NAME --role read`", "none: /admin opens for nobody")
	}
	if origin := s.PublicOrigin(); origin != nil && origin.Scheme == "https" && len(s.Proxies()) == 0 {
		d.warn("proxies", "name the proxy's network in STORELINK_TRUSTED_PROXIES", "https needs a proxy, and none is trusted: all clients look like one address")
	}
	d.needScopes()
}

func (d *doctor) needScopes() {
	if lacking := auth.Lacking(storelink.SplitScopes(d.settings.Scopes)); len(lacking) > 0 {
		d.warn("scopes asked for", "add it to STORELINK_SCOPES, unless that is on purpose", "STORELINK_SCOPES lacks %s", strings.Join(lacking, ", "))
	}
}

// examineDatabase opens a few connections and leaves the database open for the checks to come.
func (d *doctor) examineDatabase(ctx context.Context) {
	if !d.usable("database", "STORELINK_DATABASE_URL") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	began := time.Now()
	db, err := store.Open(ctx, d.settings.DatabaseURL, store.Options{MaxConns: 2, MaxLeaseConns: 1, MaxBudgetConns: 1})
	if err != nil {
		d.fail("database", "see that it runs, that its address, user and password are right, and that this machine may reach it", "it does not answer")
		return
	}
	d.db = db
	d.ok("database", "answers, %d ms", time.Since(began).Milliseconds())
	version, number, err := db.ServerVersion(ctx)
	if err != nil {
		d.fail("database version", "see the database's log", "it could not be read")
		return
	}
	d.judgeVersion(version, number)
	if err := db.CheckSchema(ctx); err != nil {
		d.fail("schema", "run `storelink migrate up` of this version", "%v", err)
		return
	}
	d.migrated = true
	d.ok("schema", "as this version needs it")
	d.examineClock(ctx)
}

func (d *doctor) judgeVersion(version string, number int) {
	if number < store.OldestServer {
		d.fail("database version", "move to PostgreSQL 15 or newer", "PostgreSQL %s is too old", version)
		return
	}
	d.ok("database version", "PostgreSQL %s", version)
}

func (d *doctor) examineClock(ctx context.Context) {
	asked := time.Now()
	now, err := d.db.Clock(ctx)
	if err != nil {
		d.fail("database clock", "see the database's log", "it could not be read")
		return
	}
	d.judgeClock("database clock", skew(now, asked, time.Now()), smallSkew, bigSkew)
}

func (d *doctor) judgeClock(check string, off, small, big time.Duration) {
	do := "keep both clocks right by NTP"
	switch {
	case off.Abs() > big:
		d.fail(check, do, "differs by %s from this machine's", off.Round(time.Millisecond))
	case off.Abs() > small:
		d.warn(check, do, "differs by %s from this machine's", off.Round(time.Millisecond))
	default:
		d.ok(check, "right by this machine's, within %s", small)
	}
}

// skew is how far a clock is ahead of this machine's, at the least: it was read at some moment between two times.
func skew(read, from, to time.Time) time.Duration {
	switch {
	case read.Before(from):
		return read.Sub(from)
	case read.After(to):
		return read.Sub(to)
	}
	return 0
}

// examineKeyset opens tokens that are stored, and forgets them.
func (d *doctor) examineKeyset(ctx context.Context) {
	if !d.usable("keyset", "STORELINK_KEYSET") {
		return
	}
	sealer, err := auth.NewSealer(d.settings.Keyset)
	if err != nil {
		d.fail("keyset", "make one with `storelink keyset new`", "STORELINK_KEYSET is none")
		return
	}
	if !d.migrated {
		d.warn("keyset", "ask again once the database is in order", "it can be read; whether it opens what is stored was not checked")
		return
	}
	grants, err := d.db.SampleGrants(ctx, sampledGrants)
	if err != nil {
		d.fail("keyset", "see the database's log", "the stored grants could not be read")
		return
	}
	sealed := 0
	for _, g := range grants {
		if sealer.Opens(g) != nil {
			sealed++
		}
	}
	switch {
	case sealed > 0:
		d.fail("keyset", "give the keyset that they were sealed with; without it those users have to sign in again",
			"it does not open %d of %d stored grants that were tried", sealed, len(grants))
	case len(grants) == 0:
		d.ok("keyset", "can be read; no grant is stored yet")
	default:
		d.ok("keyset", "opens %d of %d stored grants that were tried", len(grants), len(grants))
	}
	d.examineKeys(ctx)
}

// examineKeys says what each key is still used for.
func (d *doctor) examineKeys(ctx context.Context) {
	keys, err := auth.Keys(d.settings.Keyset)
	if err != nil {
		return // said already
	}
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	counts, err := d.db.CountSealed(ctx)
	if err != nil {
		d.fail("keys", "see the database's log", "what is sealed with which key could not be counted")
		return
	}
	uses := map[uint32]int64{}
	for _, c := range counts {
		uses[c.Key] += c.Count
	}
	var old int64
	said := make([]string, 0, len(keys)+1)
	for _, k := range keys {
		use := fmt.Sprintf("%d seals and has sealed %d values", k.ID, uses[k.ID])
		switch {
		case k.Primary:
		case uses[k.ID] > 0:
			old += uses[k.ID]
			use = fmt.Sprintf("%d is still needed for %d values", k.ID, uses[k.ID])
		default:
			use = fmt.Sprintf("%d is not in use", k.ID)
		}
		said = append(said, use)
		delete(uses, k.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(uses)) {
		d.warn("keys", "give the keyset that has it; without it those users have to sign in again",
			"key %d, which the keyset lacks, has sealed %d values", id, uses[id])
	}
	if found := strings.Join(said, "; key "); old > 0 {
		d.warn("keys", "once every replica has this keyset, run `storelink reseal`", "key %s", found)
	} else {
		d.ok("keys", "key %s", found)
	}
}

// examineScopes compares what users granted with what connecting a store takes.
func (d *doctor) examineScopes(ctx context.Context) {
	if !d.migrated {
		d.warn("scopes granted", "ask again once the database is in order", "not checked")
		return
	}
	counts, err := d.db.GrantScopes(ctx)
	if err != nil {
		d.fail("scopes granted", "see the database's log", "they could not be read")
		return
	}
	var all, short int64
	lacks := map[string]int64{}
	for _, c := range counts {
		all += c.Grants
		lacking := auth.Lacking(c.Scopes)
		if len(lacking) > 0 {
			short += c.Grants
		}
		for _, scope := range lacking {
			lacks[scope] += c.Grants
		}
	}
	if short == 0 {
		d.ok("scopes granted", "all %d active grants have what is needed", all)
		return
	}
	d.warn("scopes granted", "an administrator at Otter has to give these accounts the scope; then they sign in again",
		"%d of %d active grants are short: %d lack %s, %d lack %s", short, all,
		lacks[storelink.ScopeRead], storelink.ScopeRead, lacks[storelink.ScopeConnect], storelink.ScopeConnect)
}

package onboard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"storelink"
)

const (
	maxTries     = 3                // of a look or a write within one pass
	maxConflicts = 3                // 409s without a connection to be seen, before the id counts as taken
	pauseBase    = time.Second      // first pause of a mapping that waits for upstream
	pauseMax     = 5 * time.Minute  // longest pause of a mapping that waits for upstream
	pauseDark    = 15 * time.Second // longest pause of a store without its connection
	heldPause    = time.Second      // look again for an id that another mapping is leaving
	consentNet   = 10 * time.Minute // look again for a grant that nobody told us of
	grantMargin  = 30 * time.Second // no DELETE with a grant that ends sooner and cannot be refreshed
)

// refusals are upstream's final words against an id.
var refusals = []int{400, 413, 422}

// Connections are upstream's three calls on a store's connection.
type Connections interface {
	// Connection returns the local store id, or "" where the store is not connected.
	Connection(ctx context.Context, call storelink.Call) (string, error)
	Connect(ctx context.Context, call storelink.Call, localStoreID string) error
	Disconnect(ctx context.Context, call storelink.Call) error
}

// Tokens chooses the grant that a pass works with.
type Tokens interface {
	// BestToken returns a usable token of the organization's best grant that is not among except. Its error has code
	// storelink.ErrReauthorizationRequired where none is left, storelink.ErrScopeMissing where none has the scope.
	BestToken(ctx context.Context, organizationID string, except []string) (storelink.AccessToken, error)
	// MarkGrant records that upstream does not accept the grant any more.
	MarkGrant(ctx context.Context, grantID, reason string) error
}

// Ledger writes down what a pass does. Save, Settle and Pause return storelink.ErrLeaseLost, and write nothing, where the
// lease or the generation has moved on.
type Ledger interface {
	// Save records the work as it stands: before each write upstream, and after one that was not answered.
	Save(ctx context.Context, w *storelink.Work) error
	// Settle ends the generation and releases the lease.
	Settle(ctx context.Context, w *storelink.Work, s storelink.Settlement) error
	// Pause ends the pass without an outcome and releases the lease.
	Pause(ctx context.Context, w *storelink.Work, p storelink.Pause) error
	// Holding says who else has a local store id that the mapping wants.
	Holding(ctx context.Context, w *storelink.Work, localStoreID string) (storelink.Holding, error)
	// Restorable reports whether nobody else has, or is about to take, the id that is to be restored.
	Restorable(ctx context.Context, w *storelink.Work) (bool, error)
}

// A pass takes one mapping from where the world is towards where it should be: it looks, plans, writes down its intent,
// acts, and settles. It remembers nothing that the next pass would need.
type pass struct {
	work    *storelink.Work
	ledger  Ledger
	up      Connections
	tokens  Tokens
	live    func() error // nil while the lease has time enough for a call to be sent
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	timeout time.Duration // how late an unanswered write may take effect
	drift   Drift

	spent      []string // grants that upstream did not accept
	refusedNow bool     // upstream refused the desired id in this pass
	sure       bool     // observed is what upstream has, for all that this pass did
	tries      int
	conflicts  int
	met        storelink.Observation // what the pass's first look showed
	sentAt     time.Time             // when the last request was handed to the transport; zero: it was not
}

type next int

const (
	ended next = iota
	look
	plan
)

// run returns nil where the mapping was settled or paused. Any other end is an error, and leaves the lease to the
// caller: storelink.ErrLeaseLost, a cancelled context, or a database that does not answer.
func (p *pass) run(ctx context.Context) error {
	n, err := look, error(nil)
	for err == nil && n != ended {
		if n == look {
			n, err = p.look(ctx)
		} else {
			n, err = p.step(ctx)
		}
	}
	return err
}

func (p *pass) look(ctx context.Context) (next, error) {
	token, n, err := p.token(ctx, 0)
	if err != nil || n == ended {
		return n, err
	}
	began := p.now()
	id, err := p.up.Connection(ctx, p.call(token))
	if err != nil {
		return p.lookFailed(ctx, token, err)
	}
	p.saw(id, began)
	return plan, nil
}

// saw takes in what a look showed. Verify is over for a look that began after it; a DELETE is not late any more where
// nothing is left to delete.
func (p *pass) saw(id string, began time.Time) {
	w := p.work
	if !w.VerifyAt.IsZero() && !began.Before(w.VerifyAt) {
		w.VerifyAt, w.LateDelete, w.LatePost = time.Time{}, false, false
	}
	if id == "" {
		w.LateDelete = false
	}
	by := "upstream"
	if slices.Contains(w.Tried, id) || id == "" && w.Restore != "" {
		by = "storelink"
	}
	w.Observe(id, by)
	p.sure = true
	if !w.First.Known {
		w.First = w.Observed
		if w.ReplacesAny && id != "" {
			w.Named = append(w.Named, id)
		}
		w.ReplacesAny = false
	}
	if !p.met.Known {
		p.met = w.Observed
		p.mayHeal(id)
	}
	p.clearRestore()
}

// clearRestore forgets the id to be restored once another id is there, or any id and no write can be late.
func (p *pass) clearRestore() {
	w := p.work
	if id := w.Observed.LocalStoreID; id != "" && (id != w.Restore || w.VerifyAt.IsZero()) {
		w.Restore = ""
	}
}

func (p *pass) lookFailed(ctx context.Context, token storelink.AccessToken, err error) (next, error) {
	var failed *storelink.UpstreamError
	if !errors.As(err, &failed) {
		return ended, err
	}
	switch failed.Status {
	case 401:
		return look, p.spend(ctx, token)
	case 403:
		return ended, p.denied(ctx, deniedCode(token), failed.Message)
	}
	return p.backOff(ctx, failed)
}

// step plans with what is known and takes the planned step.
func (p *pass) step(ctx context.Context) (next, error) {
	w := p.work
	switch Plan(p.situation()) {
	case StepDone:
		return ended, p.done(ctx)
	case StepPost:
		return p.post(ctx)
	case StepRestore:
		return p.restore(ctx)
	case StepDelete:
		return p.delete(ctx)
	case StepConflict:
		return ended, p.conflict(ctx)
	case StepFailed:
		return ended, p.failed(ctx, *w.Refused)
	case StepDrifted:
		return ended, p.drifted(ctx)
	default:
		return ended, p.ledger.Pause(ctx, w, storelink.Pause{In: max(0, w.VerifyAt.Sub(p.now()))})
	}
}

func (p *pass) situation() Situation {
	w := p.work
	return Situation{
		Desired:    w.Desired,
		Observed:   w.Observed.LocalStoreID,
		MayReplace: w.MayReplace(w.Observed.LocalStoreID),
		Restore:    w.Restore,
		Refused:    p.refusedNow || w.Refused != nil && !w.Settled,
		LateDelete: w.LateDelete,
		LatePost:   w.LatePost,
		Repair:     p.repairs(),
	}
}

// delete takes away what is observed, so that the desired id can be put there, or for good. It does not begin where
// the gap that it opens could not be closed again: the desired id is held elsewhere, or the grant ends. In a cycle of
// mappings that want each other's ids, one has to begin all the same.
func (p *pass) delete(ctx context.Context) (next, error) {
	w := p.work
	if w.Desired.Kind == storelink.DesireID {
		held, err := p.ledger.Holding(ctx, w, w.Desired.LocalStoreID)
		switch {
		case err != nil:
			return ended, err
		case held == storelink.HoldingTaken:
			return ended, p.failed(ctx, storelink.Refusal{Code: storelink.FailIDTaken})
		case held == storelink.HoldingLeaving:
			return ended, p.waitForID(ctx)
		}
	}
	token, n, err := p.token(ctx, grantMargin)
	if err != nil || n == ended {
		return n, err
	}
	intent := storelink.Intent{Kind: storelink.WriteDelete, LocalStoreID: w.Observed.LocalStoreID}
	answer, err := p.write(ctx, intent, func() error { return p.up.Disconnect(ctx, p.call(token)) })
	switch {
	case err != nil:
		return ended, err
	case answer == nil:
		w.Observe("", "storelink")
		return plan, nil
	case answer.Status == 404 && answer.Err == nil:
		// It was gone already: a person took it away, so there is nothing of ours to put back.
		w.Observe("", "upstream")
		w.Restore = ""
		return plan, nil
	}
	return p.writeFailed(ctx, token, answer)
}

// post puts the desired id where nothing is connected, once nobody else of ours has it.
func (p *pass) post(ctx context.Context) (next, error) {
	w := p.work
	id := w.Desired.LocalStoreID
	held, err := p.ledger.Holding(ctx, w, id)
	switch {
	case err != nil:
		return ended, err
	case held == storelink.HoldingTaken:
		return p.refused(storelink.FailIDTaken, &storelink.UpstreamError{})
	case held == storelink.HoldingLeaving, held == storelink.HoldingFirst:
		return ended, p.waitForID(ctx)
	}
	token, n, err := p.token(ctx, 0)
	if err != nil || n == ended {
		return n, err
	}
	intent := storelink.Intent{Kind: storelink.WritePost, LocalStoreID: id}
	answer, err := p.write(ctx, intent, func() error { return p.up.Connect(ctx, p.call(token), id) })
	if err != nil {
		return ended, err
	}
	if answer == nil {
		w.Observe(id, "storelink")
		p.clearRestore()
		return plan, nil
	}
	switch {
	case answer.Err != nil: // a gateway's word, not upstream's
		return p.writeFailed(ctx, token, answer)
	case answer.Status == 409, answer.Status == 422:
		return p.postConflicted(ctx, answer)
	case slices.Contains(refusals, answer.Status):
		return p.refused(storelink.FailIDRefused, answer)
	case answer.Status == 403:
		return p.refused(deniedCode(token), answer)
	case answer.Status == 404:
		return p.refused(storelink.FailStoreNotFound, answer)
	}
	return p.writeFailed(ctx, token, answer)
}

// postConflicted tells the meanings of 409 apart: something is connected here by now, or the id is held by another
// store. The first shows itself at the next look. A 422 may mean the second, too: where a mapping of ours is leaving the
// id, or left it while the pass went on, it does not count as a refusal.
func (p *pass) postConflicted(ctx context.Context, answer *storelink.UpstreamError) (next, error) {
	p.conflicts++
	held, err := p.ledger.Holding(ctx, p.work, p.work.Desired.LocalStoreID)
	if err != nil {
		return ended, err
	}
	code := storelink.FailIDTaken
	if answer.Status == 422 {
		code = storelink.FailIDRefused
	}
	switch {
	case held == storelink.HoldingLeaving, held == storelink.HoldingFirst:
		return ended, p.waitForID(ctx)
	case answer.Status == 422 && held != storelink.HoldingLeft:
		return p.refused(code, answer)
	case held != storelink.HoldingTaken && p.conflicts < maxConflicts:
		return look, p.sleep(ctx, backOff(100*time.Millisecond, time.Second, p.conflicts-1))
	}
	n, err := p.look(ctx)
	if err != nil || n != plan || p.work.Observed.LocalStoreID != "" {
		return n, err
	}
	return p.refused(code, answer)
}

// waitForID ends the pass until the desired id is free: the mapping that leaves it makes this one due again.
func (p *pass) waitForID(ctx context.Context) error {
	return p.ledger.Pause(ctx, p.work, storelink.Pause{In: heldPause, WaitsForID: p.work.Desired.LocalStoreID})
}

// refused takes in upstream's final word against the desired id. It reaches the row with the next intent or settling.
func (p *pass) refused(code storelink.FailureCode, answer *storelink.UpstreamError) (next, error) {
	p.work.Refused = &storelink.Refusal{Code: code, Message: answer.Message}
	p.refusedNow = true
	return plan, nil
}

// restore puts back what a DELETE of ours took away.
func (p *pass) restore(ctx context.Context) (next, error) {
	w := p.work
	id := w.Restore
	free, err := p.ledger.Restorable(ctx, w)
	if err != nil {
		return ended, err
	}
	if !free {
		return ended, p.restoreFailed(ctx, "it is used by another store by now")
	}
	token, n, err := p.token(ctx, 0)
	if err != nil || n == ended {
		return n, err
	}
	intent := storelink.Intent{Kind: storelink.WritePost, LocalStoreID: id}
	answer, err := p.write(ctx, intent, func() error { return p.up.Connect(ctx, p.call(token), id) })
	if err != nil {
		return ended, err
	}
	if answer == nil {
		w.Observe(id, "storelink")
		w.Restore = ""
		return plan, nil
	}
	switch answer.Status {
	case 409:
		if p.conflicts++; p.conflicts < maxConflicts {
			return look, p.sleep(ctx, backOff(100*time.Millisecond, time.Second, p.conflicts-1))
		}
		return ended, p.restoreFailed(ctx, answer.Message)
	case 400, 403, 404, 413, 422:
		if answer.Err == nil {
			return ended, p.restoreFailed(ctx, answer.Message)
		}
	}
	return p.writeFailed(ctx, token, answer)
}

// write records the intent, sends, and returns upstream's answer where it was not yes. A write without an answer is
// recorded as one that may still take effect before it is given to the caller.
func (p *pass) write(ctx context.Context, intent storelink.Intent, send func() error) (*storelink.UpstreamError, error) {
	w := p.work
	before := *w
	w.Intent = &intent
	if intent.Kind == storelink.WriteDelete {
		w.Restore = intent.LocalStoreID
	} else if !slices.Contains(w.Tried, intent.LocalStoreID) {
		w.Tried = append(slices.Clone(w.Tried), intent.LocalStoreID)
	}
	if err := p.ledger.Save(ctx, w); err != nil {
		w.Intent, w.Restore, w.Tried = before.Intent, before.Restore, before.Tried
		return nil, fmt.Errorf("record intent: %w", err)
	}
	p.sentAt = time.Time{}
	err := send()
	if err == nil {
		w.Intent, p.tries = nil, 0
		return nil, nil
	}
	var answer *storelink.UpstreamError
	answered := errors.As(err, &answer) && !answer.Unanswered()
	p.sure = p.sure && answered && answer.Status < 500 && answer.Status != 409
	if !answered && !p.sentAt.IsZero() {
		return answer, p.unanswered(ctx, intent, err)
	}
	w.Intent = nil
	if answer == nil {
		return nil, err
	}
	return answer, nil
}

// unanswered records that the write may have happened, or may happen until the upstream time-out has passed since it
// was sent. It returns err where upstream said nothing because the pass is to stop.
func (p *pass) unanswered(ctx context.Context, intent storelink.Intent, err error) error {
	w := p.work
	w.Intent = nil
	if until := p.sentAt.Add(p.timeout); until.After(w.VerifyAt) {
		w.VerifyAt = until
	}
	w.LateDelete = w.LateDelete || intent.Kind == storelink.WriteDelete
	w.LatePost = w.LatePost || intent.Kind == storelink.WritePost
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if saved := p.ledger.Save(saving, w); saved != nil {
		return fmt.Errorf("record unanswered write: %w", saved)
	}
	var answer *storelink.UpstreamError
	if errors.As(err, &answer) && ctx.Err() == nil {
		return nil
	}
	return err
}

// writeFailed goes on after a write that had no final answer: it looks again, with another grant or after a pause.
func (p *pass) writeFailed(ctx context.Context, token storelink.AccessToken, answer *storelink.UpstreamError) (next, error) {
	switch {
	case answer.Status == 401:
		return look, p.spend(ctx, token)
	case answer.Status == 403 && answer.Err == nil:
		return ended, p.denied(ctx, deniedCode(token), answer.Message)
	case answer.Unanswered():
		p.tries++
		if p.tries < maxTries {
			return look, nil
		}
	}
	return p.backOff(ctx, answer)
}

// token returns the best grant's token, with lasting at least margin. It pauses the mapping where there is none.
func (p *pass) token(ctx context.Context, margin time.Duration) (storelink.AccessToken, next, error) {
	except := slices.Clone(p.spent)
	for {
		token, err := p.tokens.BestToken(ctx, p.work.OrganizationID, except)
		if err == nil && (token.Lasting || margin == 0 || token.ExpiresAt.Sub(p.now()) >= margin) {
			return token, plan, nil
		}
		if err == nil {
			except = append(except, token.GrantID)
			continue
		}
		switch storelink.CodeOf(err) {
		case storelink.ErrReauthorizationRequired:
			return storelink.AccessToken{}, ended, p.pause(ctx, storelink.WaitForConsent, p.consentNet(), storelink.FailReauthorization, "")
		case storelink.ErrScopeMissing:
			return storelink.AccessToken{}, ended, p.denied(ctx, storelink.FailScopeMissing, "")
		case storelink.ErrUpstreamUnavailable, storelink.ErrUpstreamTimeout, storelink.ErrTooManyRequests:
			return storelink.AccessToken{}, ended, p.pause(ctx, storelink.WaitForUpstream, p.pauseFor(), storelink.FailUpstreamDown, "")
		}
		return storelink.AccessToken{}, ended, fmt.Errorf("choose grant: %w", err)
	}
}

// spend marks a grant that upstream did not accept, so that the next suitable one is tried.
func (p *pass) spend(ctx context.Context, token storelink.AccessToken) error {
	p.spent = append(p.spent, token.GrantID)
	return p.tokens.MarkGrant(ctx, token.GrantID, "Otter did not accept it any more")
}

func (p *pass) call(token storelink.AccessToken) storelink.Call {
	lane := p.work.Lane
	switch {
	case p.work.Restore != "":
		lane = storelink.LaneInteractive
	case lane == storelink.LaneDrift:
		lane = storelink.LaneBackground
	}
	return storelink.Call{Token: token, Store: p.work.Store, Lane: lane, Guard: func() error {
		if err := p.live(); err != nil {
			return err
		}
		p.sentAt = p.now()
		return nil
	}}
}

// backOff looks again after a while: within the pass a few times, then by pausing the mapping.
func (p *pass) backOff(ctx context.Context, failed *storelink.UpstreamError) (next, error) {
	p.tries++
	wait := max(failed.RetryAfter, backOff(200*time.Millisecond, 2*time.Second, p.tries-1))
	if p.tries < maxTries && wait <= 5*time.Second {
		return look, p.sleep(ctx, wait)
	}
	in := max(failed.RetryAfter, p.pauseFor())
	return ended, p.pause(ctx, storelink.WaitForUpstream, min(in, pauseMax), storelink.FailUpstreamDown, failed.Message)
}

func (p *pass) pauseFor() time.Duration {
	longest := pauseMax
	if p.work.Restore != "" {
		longest = pauseDark
	}
	return backOff(pauseBase, longest, p.work.Attempts)
}

func (p *pass) pause(ctx context.Context, waitFor string, in time.Duration, code storelink.FailureCode, message string) error {
	return p.ledger.Pause(ctx, p.work, storelink.Pause{In: in, WaitingFor: waitFor, Code: code, Message: message})
}

// done settles a mapping that is as it should be. A look at a generation that ended without what was asked keeps
// saying so; only a restore that came right at last changes the word for it, and an operator who had it put right.
func (p *pass) done(ctx context.Context) error {
	w := p.work
	s := storelink.Settlement{Outcome: outcome(w.First, w.Observed)}
	switch {
	case w.PutRight():
		s.State = storelink.StateConnected
		if w.Desired.Kind == storelink.DesireNone {
			s.State = storelink.StateDisconnected
		}
	case w.Settled && w.Code == storelink.FailRestore && w.Refused != nil:
		s.State, s.Failure = storelink.StateFailed, failureOf(*w.Refused, w.Asked.LocalStoreID, w.Observed)
		s.Message = w.Refused.Message
	case w.Settled && w.StillStands() && w.Code != storelink.FailRestore:
		s.State = w.State
		s.Failure = &storelink.Failure{Code: w.Code}
	case w.Desired.Kind == storelink.DesireID:
		s.State = storelink.StateConnected
	case w.Desired.Kind == storelink.DesireNone:
		s.State = storelink.StateDisconnected
	default:
		s.State = storelink.StateUnmanaged
	}
	p.lookAgain(&s)
	return p.ledger.Settle(ctx, w, s)
}

func (p *pass) conflict(ctx context.Context) error {
	s := storelink.Settlement{State: storelink.StateConflict, Outcome: storelink.OutcomeConflict, Reverted: true}
	if p.work.Settled {
		return p.drifted(ctx)
	}
	return p.ledger.Settle(ctx, p.work, s)
}

func (p *pass) failed(ctx context.Context, r storelink.Refusal) error {
	w := p.work
	if w.Restore != "" && w.Observed.LocalStoreID == "" {
		w.Refused = &r
		return p.restoreFailed(ctx, r.Message)
	}
	return p.ledger.Settle(ctx, w, storelink.Settlement{
		State: storelink.StateFailed, Outcome: storelink.OutcomeFailed, Message: r.Message, Reverted: true,
		Failure: failureOf(r, w.Asked.LocalStoreID, w.Observed),
	})
}

// denied ends a pass whose grant may not do this. What stands there keeps standing. Where a write of ours may have
// happened since the last look, or may happen yet where nothing is connected, nobody could say what that is: the ask does
// not end before a look was possible.
func (p *pass) denied(ctx context.Context, code storelink.FailureCode, message string) error {
	w := p.work
	mayCome := w.LatePost && w.Observed.LocalStoreID == "" && !w.Settled
	if mayCome || !p.sure && (len(w.Tried) > 0 || w.Restore != "" || !w.VerifyAt.IsZero()) {
		return p.pause(ctx, storelink.WaitForUpstream, p.pauseFor(), code, message)
	}
	if w.Restore == w.Observed.LocalStoreID && w.VerifyAt.IsZero() {
		w.Restore = ""
	}
	return p.failed(ctx, storelink.Refusal{Code: code, Message: message})
}

// restoreFailed says that the store is dark, and keeps trying.
func (p *pass) restoreFailed(ctx context.Context, message string) error {
	w := p.work
	detail := fmt.Sprintf("the id %s was taken away and could not be put back yet; we keep trying", w.Restore)
	if w.Refused != nil {
		detail = sentence(*w.Refused, w.Asked.LocalStoreID) + "; " + detail
	}
	return p.ledger.Settle(ctx, w, storelink.Settlement{
		State: storelink.StateFailed, Outcome: storelink.OutcomeFailed, Message: message, Reverted: true, RetryIn: p.pauseFor(),
		Failure: &storelink.Failure{Code: storelink.FailRestore, Detail: detail},
	})
}

func deniedCode(token storelink.AccessToken) storelink.FailureCode {
	if slices.Contains(token.Scopes, storelink.ScopeConnect) {
		return storelink.FailAccessDenied
	}
	return storelink.FailScopeMissing
}

// outcome compares the first look of a generation with the last.
func outcome(first, last storelink.Observation) storelink.Outcome {
	from, to := first.LocalStoreID, last.LocalStoreID
	switch {
	case from == to:
		return storelink.OutcomeUnchanged
	case from == "":
		return storelink.OutcomeConnected
	case to == "":
		return storelink.OutcomeDisconnected
	default:
		return storelink.OutcomeReplaced
	}
}

// backOff doubles base with each attempt up to longest, and takes off up to a quarter at random.
func backOff(base, longest time.Duration, attempt int) time.Duration {
	d := longest
	if attempt < 20 {
		d = min(longest, base<<attempt)
	}
	return d - rand.N(d/4+1)
}

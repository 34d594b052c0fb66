// Package webhook takes upstream's webhooks: it checks the signature, reads what little is needed, and has the mapping
// that fits looked at. A webhook's word is not believed, the look is.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"storelink"
)

// Ledger remembers webhooks and makes mappings due.
type Ledger interface {
	// TakeWebhook notes the event, once, and has the mapping that fits looked at, at most once a minute.
	TakeWebhook(ctx context.Context, e storelink.WebhookEvent) (storelink.WebhookResult, error)
}

// Options are what a Service needs.
type Options struct {
	Secrets []string // of the endpoint; two at once while one takes the other's place. None: webhooks are not taken
	Ledger  Ledger
	Metrics *Metrics // nil: nothing is counted
}

// Service takes webhooks. It is safe for concurrent use.
type Service struct {
	secrets [][]byte
	ledger  Ledger
	metrics *Metrics
}

// New returns a Service.
func New(o Options) *Service {
	s := &Service{ledger: o.Ledger, metrics: o.Metrics}
	for _, secret := range o.Secrets {
		s.secrets = append(s.secrets, []byte(secret))
	}
	return s
}

// Receive takes one delivery: the raw body with the signature that came beside it. It returns storelink.ErrNotFound
// where webhooks are not taken, storelink.ErrNotSignedIn where no secret signed this body, and storelink.ErrInvalid
// where a signed body cannot be read. Nothing of a body is looked at before its signature.
func (s *Service) Receive(ctx context.Context, body []byte, signature string) error {
	if len(s.secrets) == 0 {
		return storelink.Errorf(storelink.ErrNotFound, "This service takes no webhooks.")
	}
	if !s.signed(body, signature) {
		s.metrics.count("unknown", "refused")
		return storelink.Errorf(storelink.ErrNotSignedIn, "The signature is not one of this body.")
	}
	event, err := parse(body)
	if err != nil {
		s.metrics.count("unknown", "unreadable")
		return err
	}
	result, err := s.ledger.TakeWebhook(ctx, event)
	if err != nil {
		s.metrics.count(event.Type, "failed")
		return err
	}
	s.metrics.count(event.Type, string(result))
	return nil
}

// signed compares with every secret, so that the time that it takes does not tell which one was nearly right.
func (s *Service) signed(body []byte, signature string) bool {
	given, err := base64.StdEncoding.Strict().DecodeString(signature)
	fits := false
	for _, secret := range s.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) {
			fits = true
		}
	}
	return fits && err == nil
}

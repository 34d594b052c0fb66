package storelink

import "time"

// WebhookType is what a webhook tells of (upstream.md, "Webhooks").
type WebhookType string

// The types that are understood. Any other is acknowledged and shown to operators.
const (
	WebhookPing         WebhookType = "ping.ping"
	WebhookStoresUpsert WebhookType = "stores.upsert"
	WebhookStoresRemove WebhookType = "stores.remove"
)

// WebhookEvent is what is read of a webhook. Credentials and whatever else it carries are never read.
type WebhookEvent struct {
	ID            string // a UUID, the same in repeats
	Type          WebhookType
	Time          time.Time // upstream's; zero: none that can be read
	LocalStoreID  string    // "" where it names none
	RemoteStoreID string    // a UUID, or "": upstream does not say whether it is the Organization domain's
	StoreName     string
	StoreAddress  string
}

// NamesStore reports whether the event is about a store, so that a mapping may fit it.
func (e WebhookEvent) NamesStore() bool {
	return e.Type == WebhookStoresUpsert || e.Type == WebhookStoresRemove
}

// WebhookResult is what came of a webhook.
type WebhookResult string

// The results.
const (
	WebhookTaken     WebhookResult = "taken"     // a ping
	WebhookLook      WebhookResult = "look"      // a mapping fitted and is looked at
	WebhookAtRest    WebhookResult = "at_rest"   // a mapping fitted that is under way already, or that nobody looks at
	WebhookRepeated  WebhookResult = "repeated"  // the event came before
	WebhookUnmatched WebhookResult = "unmatched" // no mapping fitted, or the type is not known
)

// UnmatchedWebhook is one that came to nothing, as operators see it.
type UnmatchedWebhook struct {
	EventID       string
	Type          WebhookType
	EventTime     *time.Time
	ReceivedAt    time.Time
	LocalStoreID  string
	RemoteStoreID string
}

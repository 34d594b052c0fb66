package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// DefaultWebhookSecret signs webhooks where WebhookSettings name no other secret.
const DefaultWebhookSecret = "sandbox-webhook-secret"

const (
	webhookTries   = 3
	webhookTimeout = 5 * time.Second
)

// WebhookSettings say where webhooks go, and how badly they are to arrive. Without a URL none is sent.
type WebhookSettings struct {
	URL          string `json:"url"`
	Secret       string `json:"secret"`       // default DefaultWebhookSecret
	Repeats      int    `json:"repeats"`      // how often each is sent beyond the first time
	DelayMS      int64  `json:"delayMs"`      // before each is sent
	Hold         int    `json:"hold"`         // so many are kept back, and sent in reverse order
	BadSignature bool   `json:"badSignature"` // signed with another secret
}

// WebhookEvent is a webhook as upstream sends it (upstream.md, "Webhooks").
type WebhookEvent struct {
	EventID   string          `json:"eventId"`
	EventTime time.Time       `json:"eventTime"`
	EventType string          `json:"eventType"`
	Metadata  webhookMetadata `json:"metadata"`
}

type webhookMetadata struct {
	StoreID       string         `json:"storeId"`
	ApplicationID string         `json:"applicationId"`
	Payload       webhookPayload `json:"payload"`
}

type webhookPayload struct {
	Message           string              `json:"message,omitempty"`
	CredentialsSchema string              `json:"credentialsSchemaVersion,omitempty"`
	Credentials       []map[string]string `json:"credentials,omitempty"`
	StoreInfo         *webhookStore       `json:"storeInfo,omitempty"`
}

type webhookStore struct {
	Name            string `json:"name"`
	Address         string `json:"address"`
	CurrencyCode    string `json:"currencyCode"`
	Timezone        string `json:"timezone"`
	InternalStoreID string `json:"internalStoreId"`
}

// SetWebhooks replaces where and how webhooks are sent. It returns an error, and changes nothing, where the address is not
// on loopback: a sandbox talks to nobody else.
func (s *Sandbox) SetWebhooks(set WebhookSettings) error {
	if set.URL != "" {
		u, err := url.Parse(set.URL)
		if err != nil || u.Scheme != "http" || !onLoopback(u.Hostname()) {
			return errors.New("url must be http on loopback")
		}
	}
	if set.Repeats < 0 || set.DelayMS < 0 || set.Hold < 0 || set.Repeats > 100 || set.Hold > 100 {
		return errors.New("repeats and hold must be from 0 to 100, delayMs not negative")
	}
	if set.Secret == "" {
		set.Secret = DefaultWebhookSecret
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhooks = set
	return nil
}

// Webhooks returns where and how webhooks are sent.
func (s *Sandbox) Webhooks() WebhookSettings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webhooks
}

// Tell sends a webhook of the type about the store, as upstream does after a change. Type "ping.ping" needs no store.
func (s *Sandbox) Tell(eventType, storeID, localID string) {
	event := WebhookEvent{
		EventID: uuid.NewString(), EventTime: s.clock().UTC(), EventType: eventType,
		Metadata: webhookMetadata{StoreID: localID, ApplicationID: s.core.app.id},
	}
	switch store, ok := s.core.world.remoteStore(storeID); {
	case eventType == "ping.ping":
		event.Metadata.Payload.Message = "ping"
	case ok:
		event.Metadata.Payload.StoreInfo = &webhookStore{
			Name: store.Name, Address: fullAddress(store), CurrencyCode: "EUR", Timezone: "Europe/Berlin", InternalStoreID: storeID,
		}
		if eventType == "stores.upsert" {
			event.Metadata.Payload.CredentialsSchema = "1"
			event.Metadata.Payload.Credentials = []map[string]string{{"key": "password", "value": "sandbox-store-credential"}}
		}
	}
	s.SendWebhook(event)
}

// SendWebhook sends the event as the settings say, without waiting for it to arrive.
func (s *Sandbox) SendWebhook(event WebhookEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.webhooks.URL == "" {
		return
	}
	s.held = append(s.held, event)
	if len(s.held) <= s.webhooks.Hold {
		return
	}
	sent, set := s.held, s.webhooks
	s.held = nil
	slices.Reverse(sent)
	s.late.Go(func() {
		for _, e := range sent {
			for range 1 + set.Repeats {
				s.pause(context.Background(), time.Duration(set.DelayMS)*time.Millisecond)
				s.deliver(set, e)
			}
		}
	})
}

// deliver tries a few times, as upstream does where nobody acknowledges.
func (s *Sandbox) deliver(set WebhookSettings, event WebhookEvent) {
	body, err := json.Marshal(event)
	if err != nil {
		return
	}
	for try := range webhookTries {
		err = post(set, body)
		if err == nil {
			return
		}
		s.pause(context.Background(), time.Duration(try+1)*time.Second)
		select {
		case <-s.closing:
			return
		default:
		}
	}
	s.log.Warn("a webhook was not acknowledged", "type", event.EventType, "error", err)
}

func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func fullAddress(s RemoteStore) string {
	switch a := s.Address; {
	case a == nil:
		return ""
	case a.FullAddress != nil:
		return *a.FullAddress
	default:
		return strings.Join(append(slices.Clone(a.AddressLines), a.PostalCode, a.City), ", ")
	}
}

func post(set WebhookSettings, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, set.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build webhook: %w", err)
	}
	secret := set.Secret
	if set.BadSignature {
		secret = "another-" + secret
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-HMAC-SHA256", SignWebhook(secret, body))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("send webhook: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("webhook was answered %d", resp.StatusCode)
	}
	return nil
}

// SignWebhook returns the signature of the body: base64 of its HMAC-SHA256 with the secret.
func SignWebhook(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

package webhook

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"storelink"
)

const maxText = 255 // characters of whatever is kept

// delivery is what is read of the body. Fields that upstream.md gives a type are read as whatever comes: one that is
// missing or of another kind is no reason to lose the event.
type delivery struct {
	EventID   any `json:"eventId"`
	EventTime any `json:"eventTime"`
	EventType any `json:"eventType"`
	Metadata  struct {
		StoreID any `json:"storeId"`
		Payload struct {
			StoreInfo struct {
				Name            any `json:"name"`
				Address         any `json:"address"`
				InternalStoreID any `json:"internalStoreId"`
			} `json:"storeInfo"`
		} `json:"payload"`
	} `json:"metadata"`
}

// parse reads a signed body. It returns storelink.ErrInvalid where it is no JSON object or lacks what makes it an event:
// its id, which must be a UUID, and its type.
func parse(body []byte) (storelink.WebhookEvent, error) {
	var d delivery
	if err := unmarshal(body, &d); err != nil {
		return storelink.WebhookEvent{}, err
	}
	id, ok := storelink.ParseUUID(text(d.EventID))
	if !ok {
		return storelink.WebhookEvent{}, invalid("/eventId", "must be a UUID with its hyphens")
	}
	e := storelink.WebhookEvent{ID: id, Type: storelink.WebhookType(text(d.EventType))}
	if e.Type == "" {
		return storelink.WebhookEvent{}, invalid("/eventType", "is missing")
	}
	if at, err := time.Parse(time.RFC3339, text(d.EventTime)); err == nil && at.Year() >= 1 && at.Year() <= 9999 {
		e.Time = at.UTC()
	}
	if !e.NamesStore() {
		return e, nil
	}
	store := d.Metadata.Payload.StoreInfo
	e.LocalStoreID = text(d.Metadata.StoreID)
	if id, ok := storelink.ParseUUID(text(store.InternalStoreID)); ok {
		e.RemoteStoreID = id
	}
	e.StoreName, e.StoreAddress = text(store.Name), address(store.Address)
	return e, nil
}

// unmarshal falls back to the two fields that matter most where some other one is of a shape that nobody expected.
func unmarshal(body []byte, d *delivery) error {
	if !json.Valid(body) {
		return invalid("", "is not valid JSON")
	}
	if json.Unmarshal(body, d) == nil {
		return nil
	}
	var known struct {
		EventID   any `json:"eventId"`
		EventTime any `json:"eventTime"`
		EventType any `json:"eventType"`
	}
	if err := json.Unmarshal(body, &known); err != nil {
		return invalid("", "must be an object")
	}
	d.EventID, d.EventTime, d.EventType = known.EventID, known.EventTime, known.EventType
	return nil
}

// text is a string without what cannot be kept or shown, and no longer than what is kept.
func text(v any) string {
	s, _ := v.(string)
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText])
	}
	return strings.TrimSpace(s)
}

// address reads an address that is a text, or an object like those of the Organization domain.
func address(v any) string {
	fields, ok := v.(map[string]any)
	if !ok {
		return text(v)
	}
	if full := text(fields["fullAddress"]); full != "" {
		return full
	}
	var parts []string
	lines, _ := fields["addressLines"].([]any)
	for _, part := range append(lines, fields["postalCode"], fields["city"]) {
		if t := text(part); t != "" {
			parts = append(parts, t)
		}
	}
	return text(strings.Join(parts, ", "))
}

func invalid(pointer, detail string) error {
	e := storelink.Errorf(storelink.ErrInvalid, "The webhook cannot be read.")
	e.Fields = []storelink.FieldError{{Pointer: pointer, Detail: detail}}
	return e
}

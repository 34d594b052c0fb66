package sandbox

import (
	"fmt"
	"net/http"
)

// The scopes of the Organization domain.
const (
	ScopeRead        = "organization.read"
	ScopeIntegration = "organization.service_integration"
)

const maxLocalID = 255

// Organization is the answer to the organization call.
type Organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Brand is a brand as the lists show it. LogoURL is not in the contract: some brands carry it, so that readers prove that
// they ignore what they do not know.
type Brand struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	LogoURL *string `json:"logoUrl,omitempty"`
}

// RemoteStore is a store as the lists show it. Timezone and Attributes are not in the contract: see Brand.
type RemoteStore struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Address    *Address          `json:"address"`
	Timezone   *string           `json:"timezone,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Address is a store's address.
type Address struct {
	FullAddress    *string   `json:"fullAddress"`
	PostalCode     string    `json:"postalCode"`
	City           string    `json:"city"`
	State          string    `json:"state"`
	CountryCode    string    `json:"countryCode"`
	AddressLines   []string  `json:"addressLines"`
	LinesOfAddress []string  `json:"linesOfAddress"`
	Location       *Location `json:"location"`
}

// Location is a point in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Page is one page of a list. OffsetToken is nil or empty on the last one.
type Page[T any] struct {
	Items       []T     `json:"items"`
	OffsetToken *string `json:"offsetToken,omitempty"`
}

// Organization returns the principal's organization.
func (c *Core) Organization(p *Principal) Organization {
	return p.account.organization.Organization
}

// Brands returns a page of the organization's brands. It refuses with 400 a limit or an offset token that is not valid.
func (c *Core) Brands(p *Principal, limit int, offsetToken string) (Page[Brand], error) {
	o := p.account.organization
	brands := make([]Brand, len(o.brands))
	for i, b := range o.brands {
		brands[i] = b.Brand
	}
	return pageOf(brands, "brands/"+o.ID, limit, offsetToken)
}

// Brand returns one brand. It refuses with 404 one that the organization does not have.
func (c *Core) Brand(p *Principal, brandID string) (Brand, error) {
	b, err := p.brand(brandID)
	if err != nil {
		return Brand{}, err
	}
	return b.Brand, nil
}

// StoresOf returns a page of a brand's stores. It refuses as Brand and Brands do.
func (c *Core) StoresOf(p *Principal, brandID string, limit int, offsetToken string) (Page[RemoteStore], error) {
	b, err := p.brand(brandID)
	if err != nil {
		return Page[RemoteStore]{}, err
	}
	return pageOf(b.stores, "stores/"+b.ID, limit, offsetToken)
}

// Store returns one store. It refuses with 404 one that the brand does not have.
func (c *Core) Store(p *Principal, brandID, storeID string) (RemoteStore, error) {
	b, err := p.brand(brandID)
	if err != nil {
		return RemoteStore{}, err
	}
	i, ok := b.byID[storeID]
	if !ok {
		return RemoteStore{}, refuse(http.StatusNotFound, "The store was not found.")
	}
	return b.stores[i], nil
}

// GetConnection returns the local id of a store. It refuses with 404 a store that does not exist or is not connected.
func (c *Core) GetConnection(p *Principal, brandID, storeID string) (string, error) {
	if _, err := c.Store(p, brandID, storeID); err != nil {
		return "", noConnection()
	}
	localID, ok := c.Connected(storeID)
	if !ok {
		return "", noConnection()
	}
	return localID, nil
}

// CreateConnection connects a store to localID. It refuses with 404 an unknown store, with 422 an id that is not
// acceptable, with 409 a store that is connected, and an id that another store holds as the held mode says.
func (c *Core) CreateConnection(p *Principal, brandID, storeID, localID string) error {
	if _, err := c.Store(p, brandID, storeID); err != nil {
		return err
	}
	if why := unacceptable(localID); why != "" {
		return refuse(http.StatusUnprocessableEntity, "The store id is not acceptable.", Detail{"storeId", why})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.connections[storeID]; ok {
		return refuse(http.StatusConflict, "The store has a connection already.")
	}
	if len(c.holders[localID]) > 0 {
		switch c.held {
		case HeldAccept:
		case HeldUnprocessable:
			return refuse(http.StatusUnprocessableEntity, "The store id is not acceptable.",
				Detail{"storeId", "is the id of another store of the application"})
		default:
			return refuse(http.StatusConflict, "Another store of the application has this id.")
		}
	}
	c.connect(storeID, localID)
	return nil
}

// DeleteConnection disconnects a store. It refuses with 404 a store that does not exist or is not connected.
func (c *Core) DeleteConnection(p *Principal, brandID, storeID string) error {
	if _, err := c.Store(p, brandID, storeID); err != nil {
		return noConnection()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.disconnect(storeID) {
		return noConnection()
	}
	return nil
}

func (p *Principal) brand(id string) (*brand, error) {
	b, ok := p.account.organization.byID[id]
	if !ok {
		return nil, refuse(http.StatusNotFound, "The brand was not found.")
	}
	return b, nil
}

// noConnection is one answer for both kinds of missing connection, which the contract does not tell apart.
func noConnection() *RefusalError {
	return refuse(http.StatusNotFound, "The connection was not found.")
}

func unacceptable(localID string) string {
	if localID == "" {
		return "must not be empty"
	}
	if len(localID) > maxLocalID {
		return fmt.Sprintf("must have at most %d characters", maxLocalID)
	}
	for i := range len(localID) {
		if localID[i] < 0x20 || localID[i] > 0x7e {
			return "must be printable ASCII"
		}
	}
	return ""
}

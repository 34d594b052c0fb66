package sandbox

import (
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The accounts of every sandbox.
const (
	AccountSmall      = "small"
	AccountMedium     = "medium"
	AccountBig        = "big"
	AccountLarge      = "large"
	AccountEmpty      = "empty"
	AccountReadOnly   = "read-only"
	AccountShortLived = "short-lived"
	AccountRefreshing = "refreshing"
)

// LegacyLocalID is what one store of the small account is connected to from the start, by hand.
const LegacyLocalID = "LEGACY-1"

// LegacyMediumID is what one store of the medium account is connected to from the start, by hand.
const LegacyMediumID = "LEGACY-2"

const (
	usualLifetime = 2627999 * time.Second
	shortLifetime = 3 * time.Minute
)

// Account is a user who can consent.
type Account struct {
	Name             string `json:"name"`
	Description      string `json:"description"`
	OrganizationID   string `json:"organizationId"`
	OrganizationName string `json:"organizationName"`
}

// Store names a remote store for tests and demos.
type Store struct {
	BrandID   string `json:"brandId"`
	BrandName string `json:"brandName"`
	StoreID   string `json:"storeId"`
	Name      string `json:"name"`
}

type account struct {
	Account
	organization *organization
	scopes       []string // what its user may grant
	lifetime     time.Duration
	refreshes    bool
}

type organization struct {
	Organization
	brands []*brand
	byID   map[string]*brand
}

type brand struct {
	Brand
	stores []RemoteStore
	byID   map[string]int
}

type world struct {
	accounts  []*account
	stores    map[string]RemoteStore
	connected map[string]string // by hand, before anything happened
}

func (w *world) account(name string) *account {
	for _, a := range w.accounts {
		if a.Name == name {
			return a
		}
	}
	return nil
}

func (w *world) hasStore(id string) bool {
	_, ok := w.stores[id]
	return ok
}

func (w *world) remoteStore(id string) (RemoteStore, bool) {
	store, ok := w.stores[id]
	return store, ok
}

// Accounts lists the accounts, always in the same order.
func (c *Core) Accounts() []Account {
	all := make([]Account, len(c.world.accounts))
	for i, a := range c.world.accounts {
		all[i] = a.Account
	}
	return all
}

// Stores lists the stores of an account's organization, brand by brand; nil where there is no such account.
func (c *Core) Stores(accountName string) []Store {
	a := c.world.account(accountName)
	if a == nil {
		return nil
	}
	all := []Store{}
	for _, b := range a.organization.brands {
		for _, s := range b.stores {
			all = append(all, Store{BrandID: b.ID, BrandName: b.Name, StoreID: s.ID, Name: s.Name})
		}
	}
	return all
}

// seeded is built once and shared, since nobody changes it: the same ids in every sandbox and every run.
var seeded = sync.OnceValue(func() *world {
	both := []string{ScopeRead, ScopeIntegration}
	small := newOrganization("Harbor Street Kitchens", []string{"Nonna Lucia", "Bao & Beyond"}, 6)
	medium := newOrganization("Copper Kettle Group", brandNames[:4], 10)
	w := &world{connected: map[string]string{
		small.brands[0].stores[2].ID:  LegacyLocalID,
		medium.brands[1].stores[4].ID: LegacyMediumID,
	}}
	w.add(AccountSmall, "2 brands with 6 stores each, one of them connected by hand to "+LegacyLocalID, small, both, usualLifetime, false)
	w.add(AccountMedium, "4 brands with 10 stores each, one of them connected by hand to "+LegacyMediumID, medium, both, usualLifetime, false)
	w.add(AccountBig, "5 brands with 100 stores each", newOrganization("Tidewater Provisions", brandNames[:5], 100), both, usualLifetime, false)
	w.add(AccountLarge, "20 brands with 500 stores each", newOrganization("Meridian Restaurant Group", brandNames, 500), both, usualLifetime, false)
	w.add(AccountEmpty, "an organization without brands", newOrganization("Blank Slate Hospitality", nil, 0), both, usualLifetime, false)
	w.add(AccountReadOnly, "another user of Harbor Street Kitchens, who may look and not connect", small, []string{ScopeRead}, usualLifetime, false)
	w.add(AccountShortLived, "access lasts 3 minutes, no refresh token",
		newOrganization("Night Market Ventures", []string{"Lantern Noodles"}, 4), both, shortLifetime, false)
	w.add(AccountRefreshing, "access lasts 3 minutes, with a refresh token",
		newOrganization("Evergreen Eateries", []string{"Fern & Fig", "The Green Ladle"}, 4), both, shortLifetime, true)
	w.index()
	return w
})

func (w *world) add(name, description string, o *organization, scopes []string, lifetime time.Duration, refreshes bool) {
	w.accounts = append(w.accounts, &account{
		Account:      Account{Name: name, Description: description, OrganizationID: o.ID, OrganizationName: o.Name},
		organization: o, scopes: scopes, lifetime: lifetime, refreshes: refreshes,
	})
}

func (w *world) index() {
	w.stores = map[string]RemoteStore{}
	for _, a := range w.accounts {
		for _, b := range a.organization.brands {
			for _, s := range b.stores {
				w.stores[s.ID] = s
			}
		}
	}
}

var seedSpace = uuid.NewSHA1(uuid.NameSpaceDNS, []byte("sandbox.storelink.invalid"))

func seedID(name string) string {
	return uuid.NewSHA1(seedSpace, []byte(name)).String()
}

func newOrganization(name string, brands []string, storesEach int) *organization {
	o := &organization{
		Organization: Organization{ID: seedID(name), Name: name},
		byID:         map[string]*brand{},
	}
	for i, brandName := range brands {
		b := newBrand(name, brandName, i, storesEach)
		o.brands = append(o.brands, b)
		o.byID[b.ID] = b
	}
	return o
}

func newBrand(organizationName, name string, index, stores int) *brand {
	path := organizationName + "/" + name
	b := &brand{Brand: Brand{ID: seedID(path), Name: name}, byID: map[string]int{}}
	if index%2 == 1 {
		logo := "https://images.example.com/" + b.ID + ".png"
		b.LogoURL = &logo
	}
	for i := range stores {
		s := newStore(seedID(fmt.Sprintf("%s/%d", path, i)), name, i)
		b.byID[s.ID] = i
		b.stores = append(b.stores, s)
	}
	return b
}

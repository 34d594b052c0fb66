package directory

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"storelink"
)

// labelled is a line of testdata/pairs.jsonl: two stores that are the same or look as if they were, or one that has no
// counterpart.
type labelled struct {
	Case   string
	Half   string // "choose": weights were chosen by it; "hold": it measures them
	Same   bool
	Remote *struct {
		Name, Brand string
		storelink.Address
	}
	Local *struct {
		ID, Name, Address, PostalCode, City, State, CountryCode string
		Location                                                *storelink.Location
	}
}

// half reads one half of the labelled stores; want is the local store of each remote one that has one.
func half(t testing.TB, name string) (remote []storelink.RemoteStore, local []storelink.LocalStore, want map[string]string, cases map[string]string) {
	t.Helper()
	file, err := os.Open("testdata/pairs.jsonl")
	require.NoError(t, err)
	defer file.Close()
	want, cases = map[string]string{}, map[string]string{}
	lines := bufio.NewScanner(file)
	for n := 0; lines.Scan(); n++ {
		var l labelled
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		if l.Half != name {
			continue
		}
		id := fmt.Sprint("R-", n)
		if r := l.Remote; r != nil {
			remote = append(remote, storelink.RemoteStore{ID: id, BrandName: r.Brand, Name: r.Name, Address: &r.Address})
			cases[id] = l.Case
		}
		if s := l.Local; s != nil {
			local = append(local, storelink.LocalStore{
				ID: s.ID, Name: s.Name, Address: s.Address, PostalCode: s.PostalCode, City: s.City, State: s.State,
				CountryCode: s.CountryCode, Location: s.Location,
			})
		}
		if l.Same {
			want[id] = l.Local.ID
		}
	}
	require.NoError(t, lines.Err())
	return remote, local, want, cases
}

// On hard pairs that no weight was chosen by, hardly a proposal is wrong, and hardly one is missing.
func TestMatchOnLabelledPairs(t *testing.T) {
	for name, least := range map[string]struct{ precision, recall float64 }{"choose": {0.99, 0.95}, "hold": {0.99, 0.95}} {
		remote, local, want, cases := half(t, name)
		proposals, err := Match(t.Context(), remote, local)
		require.NoError(t, err)
		right := 0
		missing := map[string]string{}
		for id, l := range want {
			missing[id] = l
		}
		for _, p := range proposals {
			require.NotEmpty(t, p.Reasons)
			require.GreaterOrEqual(t, p.Score, Threshold)
			if want[p.Store.StoreID] == p.LocalStoreID {
				right++
				delete(missing, p.Store.StoreID)
			} else {
				t.Logf("%s: wrong (%s): %s is not %s (%.3f, %v)", name, cases[p.Store.StoreID], p.Store.StoreID, p.LocalStoreID, p.Score, p.Reasons)
			}
		}
		for id, l := range missing {
			t.Logf("%s: missing (%s): %s is %s", name, cases[id], id, l)
		}
		precision, recall := float64(right)/float64(len(proposals)), float64(right)/float64(len(want))
		t.Logf("%s: %d remote stores, %d local ones, %d the same: precision %.4f, recall %.4f", name, len(remote), len(local), len(want), precision, recall)
		require.GreaterOrEqual(t, precision, least.precision, name)
		require.GreaterOrEqual(t, recall, least.recall, name)
	}
}

// The order of what comes in decides nothing.
func TestMatchDoesNotDependOnOrder(t *testing.T) {
	remote, local, _, _ := half(t, "hold")
	first, err := Match(t.Context(), remote, local)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(remote), func(i, j int) { remote[i], remote[j] = remote[j], remote[i] })
	random.Shuffle(len(local), func(i, j int) { local[i], local[j] = local[j], local[i] })
	second, err := Match(t.Context(), remote, local)
	require.NoError(t, err)
	byStore := func(all []storelink.Proposal) map[string]string {
		m := map[string]string{}
		for _, p := range all {
			m[p.Store.StoreID] = p.LocalStoreID
		}
		return m
	}
	require.Equal(t, byStore(first), byStore(second))
}

// Two stores that cannot be told apart are proposed to nobody, and the end of the context ends the work.
func TestMatchIsCareful(t *testing.T) {
	street, line := "1 Main St", []string{"1 Main Street"}
	address := &storelink.Address{AddressLines: line, PostalCode: "12345", City: "Springfield"}
	remote := []storelink.RemoteStore{{ID: "R", Name: "Burger Palace", Address: address}}
	twins := []storelink.LocalStore{
		{ID: "A", Name: "Burger Palace", Address: street, PostalCode: "12345"}, {ID: "B", Name: "Burger Palace", Address: street, PostalCode: "12345"},
	}
	found, err := Match(t.Context(), remote, twins[:1])
	require.NoError(t, err)
	require.Equal(t, []storelink.Proposal{{
		Store: storelink.StoreRef{StoreID: "R"}, LocalStoreID: "A", LocalName: "Burger Palace", Score: found[0].Score,
		Reasons: []string{"same name", "same street and number", "same postal code"},
	}}, found)
	found, err = Match(t.Context(), remote, twins)
	require.NoError(t, err)
	require.Empty(t, found)
	for _, nothing := range [][]storelink.LocalStore{nil, {{ID: "C"}}, {{ID: "D", Name: "?", Address: "-"}}} {
		found, err = Match(t.Context(), remote, nothing)
		require.NoError(t, err)
		require.Empty(t, found)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Match(ended, remote, twins)
	require.ErrorIs(t, err, context.Canceled)
}

// The assignment's sum is the greatest of all there are.
func TestAssignIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(0, 5).Draw(t, "columns")
		rows := make([][]edge, rapid.IntRange(0, 5).Draw(t, "rows"))
		for i := range rows {
			for j := range columns {
				if gain := rapid.IntRange(-4, 9).Draw(t, "gain"); gain > 0 {
					rows[i] = append(rows[i], edge{j, float64(gain)})
				}
			}
		}
		chosen := assign(rows, columns)
		sum, used := 0.0, map[int]bool{}
		for i, j := range chosen {
			if j < 0 {
				continue
			}
			require.False(t, used[j])
			used[j] = true
			at := slices.IndexFunc(rows[i], func(e edge) bool { return e.column == j })
			require.GreaterOrEqual(t, at, 0)
			sum += rows[i][at].gain
		}
		require.InDelta(t, greatest(rows, map[int]bool{}), sum, 1e-9)
	})
}

// greatest tries everything.
func greatest(rows [][]edge, used map[int]bool) float64 {
	if len(rows) == 0 {
		return 0
	}
	best := greatest(rows[1:], used)
	for _, e := range rows[0] {
		if !used[e.column] {
			used[e.column] = true
			best = max(best, e.gain+greatest(rows[1:], used))
			used[e.column] = false
		}
	}
	return best
}

// Whatever stands in the fields of two stores, matching them ends.
func FuzzMatch(f *testing.F) {
	f.Add("Burger №1", "12-14 Main St, Apt 4, Springfield 12345", "C/ Mayor 25 bis, local 2", "SW1A 1AA", "ß")
	f.Add("", "#", "1/2/3", "99999-9999", "\xff")
	f.Fuzz(func(t *testing.T, name, a, b, postal, city string) {
		remote := []storelink.RemoteStore{{ID: "1", Name: name, Address: &storelink.Address{FullAddress: &a, PostalCode: postal}}, {ID: "2", Name: b}}
		local := []storelink.LocalStore{{ID: "1", Name: name, Address: b, City: city}, {ID: "2", Name: city, Address: a, PostalCode: postal}}
		found, err := Match(t.Context(), remote, local)
		require.NoError(t, err)
		require.LessOrEqual(t, len(found), 2)
	})
}

// BenchmarkMatch is 10,000 stores against 10,000, of chains and single ones.
func BenchmarkMatch(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 7))
	streets := []string{"Main", "Oak", "Maple", "Cedar", "Washington", "Lincoln", "Franklin", "Jefferson", "Madison", "Sunset"}
	names := []string{"Burger Palace", "Pizza Planet", "Golden Dragon", "Casa Lupita", "Taco Republic", "Thai Orchid"}
	var remote []storelink.RemoteStore
	var local []storelink.LocalStore
	for i := range 10_000 {
		name, city := names[random.IntN(len(names))], fmt.Sprint("City ", i%200)
		street, number := streets[random.IntN(len(streets))]+fmt.Sprint(" ", i%37, "th"), random.IntN(2000)+1
		postal := fmt.Sprintf("%05d", i%1500)
		remote = append(remote, storelink.RemoteStore{ID: fmt.Sprint(i), BrandName: name, Name: name + " " + city, Address: &storelink.Address{
			AddressLines: []string{fmt.Sprint(number, " ", street, " Street")}, PostalCode: postal, City: city,
		}})
		local = append(local, storelink.LocalStore{ID: fmt.Sprint(i), Name: name, Address: fmt.Sprint(number, " ", street, " St."), PostalCode: postal})
	}
	b.ReportAllocs()
	for b.Loop() {
		found, err := Match(b.Context(), remote, local)
		require.NoError(b, err)
		b.ReportMetric(float64(len(found)), "proposals")
	}
}

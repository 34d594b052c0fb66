package directory

import (
	"context"
	"math"
	"slices"

	"storelink"
)

const (
	// Threshold is the score from which on a pair is proposed.
	Threshold = 0.9
	// clearBy is by how much (in the logarithm of the odds) a proposal must be better than what could stand in its place.
	clearBy   = 1.2
	pulse     = 256 // stores between two looks at the context
	noticed   = -2.0
	mostEdges = 40 // of a store: the best ones
)

// Match proposes for each remote store the local one that it most likely is: one to one over all of them, none below
// Threshold, and none where another pairing is about as good. It is pure computation; the end of ctx ends it early, with
// the context's error.
func Match(ctx context.Context, remote []storelink.RemoteStore, local []storelink.LocalStore) ([]storelink.Proposal, error) {
	m := newMatcher(remote, local)
	if err := m.findEdges(ctx); err != nil {
		return nil, err
	}
	chosen, err := m.choose(ctx)
	if err != nil {
		return nil, err
	}
	var proposals []storelink.Proposal
	for i := range remote {
		j := chosen[i]
		if j < 0 || !m.isClear(i, j, chosen) {
			continue
		}
		f := m.found[i][j]
		proposals = append(proposals, storelink.Proposal{
			Store:        storelink.StoreRef{BrandID: remote[i].BrandID, StoreID: remote[i].ID},
			LocalStoreID: local[j].ID, LocalName: local[j].Name, Score: probability(f.odds), Reasons: f.reasons,
		})
	}
	return proposals, nil
}

func probability(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }

var thresholdOdds = math.Log(Threshold / (1 - Threshold))

type matcher struct {
	remote, local []candidate
	rarity        *rarity
	found         []map[int]finding // by remote store, then by local store
	back          [][]int           // remote stores by local store
}

func newMatcher(remote []storelink.RemoteStore, local []storelink.LocalStore) *matcher {
	m := &matcher{
		remote: make([]candidate, len(remote)), local: make([]candidate, len(local)), rarity: newRarity(),
		found: make([]map[int]finding, len(remote)), back: make([][]int, len(local)),
	}
	names := [2]map[string]int{{}, {}}
	for i := range remote {
		s := &remote[i]
		c := candidate{place: remotePlace(s.Address), titles: []title{newTitle(s.Name)}, full: compact(s.BrandName + s.Name)}
		if s.BrandName != "" {
			c.titles = append(c.titles, newTitle(s.BrandName+" "+s.Name))
		}
		c.full = c.titles[0].joined + c.titles[0].number
		names[0][c.full]++
		m.remote[i] = c
		m.rarity.add(c.titles[len(c.titles)-1].words)
	}
	for j := range local {
		c := candidate{place: localPlace(&local[j]), titles: []title{newTitle(local[j].Name)}}
		c.full = c.titles[0].joined + c.titles[0].number
		names[1][c.full]++
		m.local[j] = c
		m.rarity.add(c.titles[0].words)
	}
	for side, all := range [][]candidate{m.remote, m.local} {
		for i := range all {
			all[i].alone = names[side][all[i].full] == 1 && len(all[i].full) >= 6
		}
	}
	return m
}

// findEdges compares the stores that have something in common.
func (m *matcher) findEdges(ctx context.Context) error {
	blocks := map[string][]int32{}
	for j := range m.local {
		if j%pulse == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for _, key := range m.local[j].keys() {
			// What is too common already grows no further than to be known as such.
			if block := blocks[key]; len(block) <= commonKey && (len(block) == 0 || block[len(block)-1] != int32(j)) {
				blocks[key] = append(block, int32(j))
			}
		}
	}
	seen := make([]int, len(m.local))
	for i := range m.remote {
		if i%pulse == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		a := &m.remote[i]
		m.found[i] = map[int]finding{}
		for _, key := range append(a.keys(), a.near()...) {
			block := blocks[key]
			if len(block) > commonKey {
				continue
			}
			for _, j := range block {
				if seen[j] == i+1 {
					continue
				}
				seen[j] = i + 1
				if f := compare(a, &m.local[j], m.rarity); f.odds > noticed {
					m.found[i][int(j)] = f
				}
			}
		}
		m.keepBest(i)
	}
	for i, found := range m.found {
		for j := range found {
			m.back[j] = append(m.back[j], i)
		}
	}
	return nil
}

// keepBest bounds what a store of a chain that stands everywhere brings.
func (m *matcher) keepBest(i int) {
	found := m.found[i]
	if len(found) <= mostEdges {
		return
	}
	odds := make([]float64, 0, len(found))
	for _, f := range found {
		odds = append(odds, f.odds)
	}
	slices.Sort(odds)
	least := odds[len(odds)-mostEdges]
	for j, f := range found {
		if f.odds < least {
			delete(found, j)
		}
	}
}

// choose assigns over each connected part of the graph by itself.
func (m *matcher) choose(ctx context.Context) ([]int, error) {
	chosen := make([]int, len(m.remote))
	done := make([]bool, len(m.remote))
	for i := range chosen {
		chosen[i] = -1
	}
	for start := range m.remote {
		if done[start] {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		done[start] = true
		part := []int{start}
		columns, number := []int{}, map[int]int{}
		var rows [][]edge
		for k := 0; k < len(part); k++ {
			var edges []edge
			for _, j := range m.above(part[k]) {
				n, known := number[j]
				if !known {
					n = len(columns)
					number[j] = n
					columns = append(columns, j)
					for _, i := range m.back[j] {
						if !done[i] && m.found[i][j].odds >= thresholdOdds {
							done[i] = true
							part = append(part, i)
						}
					}
				}
				edges = append(edges, edge{n, m.found[part[k]][j].odds - thresholdOdds + 1e-6})
			}
			rows = append(rows, edges)
		}
		for k, n := range assign(rows, len(columns)) {
			if n >= 0 {
				chosen[part[k]] = columns[n]
			}
		}
	}
	return chosen, nil
}

// above lists the local stores that could be proposed for a remote one, in their order.
func (m *matcher) above(i int) []int {
	var all []int
	for j, f := range m.found[i] {
		if f.odds >= thresholdOdds {
			all = append(all, j)
		}
	}
	slices.Sort(all)
	return all
}

// isClear reports whether no change of the assignment around this pair is about as good as it is.
func (m *matcher) isClear(i, j int, chosen []int) bool {
	own := m.found[i][j].odds
	for k, f := range m.found[i] {
		if k == j {
			continue
		}
		rival := m.holder(k, chosen)
		if rival < 0 {
			if own-f.odds < clearBy {
				return false
			}
			continue
		}
		swapped := f.odds
		if other, ok := m.found[rival][j]; ok {
			swapped += other.odds
		} else {
			swapped += noticed
		}
		if own+m.found[rival][k].odds-swapped < clearBy {
			return false
		}
	}
	for _, other := range m.back[j] {
		if other != i && chosen[other] < 0 && own-m.found[other][j].odds < clearBy {
			return false
		}
	}
	return true
}

func (m *matcher) holder(local int, chosen []int) int {
	for _, i := range m.back[local] {
		if chosen[i] == local {
			return i
		}
	}
	return -1
}

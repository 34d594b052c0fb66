package store

// unfinished is what cancelling looks at of an item that has no outcome yet, and of its mapping.
type unfinished struct {
	Number    int
	MappingID string
	Wants     string   // the local store id that the item asks for; empty: a disconnect
	Holds     []string // the ids that the mapping has, had when it settled last, or is to be given back
	Started   bool     // a pass has begun, or something that it did is not known to be over
}

// cancellable returns the items that may be cancelled. Two items belong together where one asks for an id that the
// other's mapping holds; of what belongs together, by way of any number of others, all are cancelled or none: an id
// that a cancelled store keeps would never come free for the one that goes on.
func cancellable(items []unfinished) []unfinished {
	group := make([]int, len(items)) // each item's parent in a forest of groups
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	wanters := map[string][]int{}
	for i, item := range items {
		if item.Wants != "" {
			wanters[item.Wants] = append(wanters[item.Wants], i)
		}
	}
	for i, item := range items {
		for _, id := range item.Holds {
			for _, wanter := range wanters[id] {
				group[root(wanter)] = root(i)
			}
		}
	}
	started := map[int]bool{}
	for i, item := range items {
		if item.Started {
			started[root(i)] = true
		}
	}
	var free []unfinished
	for i, item := range items {
		if !started[root(i)] {
			free = append(free, item)
		}
	}
	return free
}

package store

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func numbersOf(items []unfinished) []int {
	numbers := []int{}
	for _, item := range items {
		numbers = append(numbers, item.Number)
	}
	return numbers
}

func TestCancellable(t *testing.T) {
	item := func(wants string, started bool, holds ...string) unfinished {
		return unfinished{Wants: wants, Holds: holds, Started: started}
	}
	for _, c := range []struct {
		name  string
		items []unfinished
		free  []int
	}{
		{"nothing", nil, []int{}},
		{"one, not begun", []unfinished{item("a", false)}, []int{0}},
		{"one, begun", []unfinished{item("a", true)}, []int{}},
		{"strangers", []unfinished{item("a", true, "b"), item("c", false, "d")}, []int{1}},
		{"disconnects have no id in common", []unfinished{item("", true, "a"), item("", false, "b")}, []int{1}},
		{"the same id again", []unfinished{item("a", false, "a")}, []int{0}},
		{"a swap, not begun", []unfinished{item("b", false, "a"), item("a", false, "b")}, []int{0, 1}},
		{"a swap, one begun", []unfinished{item("b", false, "a"), item("a", true, "b")}, []int{}},
		{"who takes over has begun", []unfinished{item("c", false, "b"), item("b", true, "a")}, []int{}},
		{"who leaves has begun", []unfinished{item("c", true, "b"), item("b", false, "a")}, []int{}},
		{"who is disconnected has begun", []unfinished{item("", true, "b"), item("b", false, "a")}, []int{}},
		{"a long chain, its end begun", []unfinished{
			item("b", false, "a"), item("c", false, "b"), item("d", true, "c"), item("y", false, "x"),
		}, []int{3}},
		{"by the id to be restored", []unfinished{item("b", false), item("c", true, "x", "y", "b")}, []int{}},
		{"two chains", []unfinished{
			item("b", false, "a"), item("q", false, "p"), item("c", true, "b"), item("r", false, "q"),
		}, []int{1, 3}},
	} {
		for i := range c.items {
			c.items[i].Number = i
		}
		require.Equal(t, c.free, numbersOf(cancellable(c.items)), c.name)
	}
}

// Whatever is asked: what begun items are linked with stays, by way of any number of others, and all else is cancelled.
func TestCancellableIsClosed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f", "g", "h"})
		items := make([]unfinished, rapid.IntRange(0, 12).Draw(t, "items"))
		for i := range items {
			items[i] = unfinished{
				Number: i, MappingID: fmt.Sprint(i), Wants: ids.Draw(t, "wants"), Started: rapid.IntRange(0, 4).Draw(t, "started") == 0,
				Holds: slices.DeleteFunc(rapid.SliceOfN(ids, 0, 3).Draw(t, "holds"), func(id string) bool { return id == "" }),
			}
		}
		linked := func(a, b unfinished) bool {
			return a.Wants != "" && slices.Contains(b.Holds, a.Wants) || b.Wants != "" && slices.Contains(a.Holds, b.Wants)
		}
		stays := map[int]bool{}
		for changed := true; changed; {
			changed = false
			for _, a := range items {
				for _, b := range items {
					if !stays[a.Number] && (a.Started || stays[b.Number] && linked(a, b)) {
						stays[a.Number], changed = true, true
					}
				}
			}
		}
		want := []int{}
		for _, item := range items {
			if !stays[item.Number] {
				want = append(want, item.Number)
			}
		}
		if got := numbersOf(cancellable(items)); !slices.Equal(want, got) {
			t.Fatalf("cancellable: %v, want %v", got, want)
		}
	})
}

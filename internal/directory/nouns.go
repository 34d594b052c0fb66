package directory

import (
	"math"
	"slices"
	"strings"

	"github.com/antzucaro/matchr"
	"github.com/hbollon/go-edlib"
)

// title is a store's name taken apart.
type title struct {
	words  []string // without numbers of stores; small words are gone where others are left
	joined string
	number string // that a chain gives its store
	sounds []string
}

func newTitle(name string) title {
	var t title
	folded := strings.ReplaceAll(fold(name), "#", " no ")
	all := tokens(folded)
	for i, w := range all {
		if allDigits(w) && (i == len(all)-1 || i > 0 && numberedStores[all[i-1]]) && i > 0 {
			t.number = strings.TrimLeft(w, "0")
			continue
		}
		t.words = append(t.words, spelled(w))
	}
	// What designates the number says nothing without it, and small words nothing at all.
	kept := slices.DeleteFunc(slices.Clone(t.words), func(w string) bool {
		return smallWords[w] || t.number != "" && numberedStores[w] && w != "restaurant"
	})
	if len(kept) > 0 {
		t.words = kept
	}
	slices.Sort(t.words)
	t.words = slices.Compact(t.words)
	t.joined = compact(strings.Join(t.inOrder(all), ""))
	for _, w := range t.words {
		t.sounds = append(t.sounds, sound(w))
	}
	return t
}

// inOrder are the title's words as they stood in the name.
func (t *title) inOrder(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(w string) bool { return !slices.Contains(t.words, spelled(w)) })
}

// sound is how a word sounds, as far as English spelling goes.
func sound(word string) string {
	if len(word) < 3 || isNumber(word) {
		return ""
	}
	first, _ := matchr.DoubleMetaphone(word)
	return first
}

// rarity says how much a word tells: one that many names have tells little.
type rarity struct {
	seen  map[string]int
	total int
}

func newRarity() *rarity { return &rarity{seen: map[string]int{}} }

func (r *rarity) add(words []string) {
	r.total++
	for _, w := range words {
		r.seen[w]++
	}
}

func (r *rarity) of(word string) float64 {
	weight := math.Log(1 + float64(r.total+4)/float64(r.seen[word]+1))
	if tradeWords[word] {
		weight *= 0.4
	}
	return weight
}

// alike says how like two words are: 1 for the same, 0 for words that have nothing to do with each other.
func alike(a, b, soundA, soundB string) float64 {
	switch {
	case a == b:
		return 1
	case isNumber(a) || isNumber(b) || len(a) < 3 || len(b) < 3:
		if len(a) == 1 && strings.HasPrefix(b, a) || len(b) == 1 && strings.HasPrefix(a, b) {
			return 0.5 // an initial
		}
		return 0
	}
	distance := edlib.OSADamerauLevenshteinDistance(a, b)
	longer := max(len(a), len(b))
	switch {
	case distance == 1 && longer >= 4:
		return 0.93
	case distance == 2 && longer >= 7:
		return 0.88
	case distance == 3 && longer >= 11:
		return 0.85
	case len(a) >= 4 && strings.HasPrefix(b, a), len(b) >= 4 && strings.HasPrefix(a, b):
		return 0.8
	case soundA != "" && soundA == soundB && float64(distance)/float64(longer) <= 0.5:
		return 0.8
	}
	return 0
}

// likeness compares two names: how much of both is the same, words that tell much counting for more, and how much of
// the shorter one stands in the longer.
// Words that say where the store is may be missing in one.
func likeness(a, b *title, r *rarity, where func(word string) bool) (both, shorter float64) {
	if a.joined == b.joined {
		return 1, 1
	}
	matched, weightA, weightB := 0.0, 0.0, 0.0
	used := make([]bool, len(b.words))
	for i, w := range a.words {
		weight := r.of(w)
		best, at := 0.0, -1
		for j, v := range b.words {
			if used[j] {
				continue
			}
			if s := alike(w, v, a.sounds[i], b.sounds[j]); s > best {
				best, at = s, j
			}
		}
		if at < 0 {
			weightA += missing(w, weight, where)
			continue
		}
		weightA += weight
		used[at] = true
		matched += best * (weight + r.of(b.words[at])) / 2
	}
	for j, v := range b.words {
		if used[j] {
			weightB += r.of(v)
		} else {
			weightB += missing(v, r.of(v), where)
		}
	}
	if weightA == 0 || weightB == 0 {
		return 0, 0
	}
	both = 2 * matched / (weightA + weightB)
	shorter = min(1, matched/min(weightA, weightB))
	// Words may be parted in one and not in the other.
	if long := max(len(a.joined), len(b.joined)); long >= 6 {
		whole := 1 - float64(edlib.OSADamerauLevenshteinDistance(a.joined, b.joined))/float64(long)
		if whole > 0.84 {
			both, shorter = max(both, whole), max(shorter, whole)
		}
	}
	return both, shorter
}

// missing is what a word weighs that stands in one name only.
func missing(word string, weight float64, where func(word string) bool) float64 {
	if where(word) {
		return weight * 0.25
	}
	return weight
}

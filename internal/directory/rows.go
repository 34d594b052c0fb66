package directory

import (
	"cmp"
	"slices"
	"strings"

	"storelink"
)

// defaultLimit is the length of a page that asks for none.
const defaultLimit = 50

// rows are sorted by name, in lower case, and id. They are shared by all readers of the cache and never changed.
type rows[T any] []row[T]

type row[T any] struct {
	name string // in lower case
	id   string
	text string // what a query is looked for in, in lower case
	item T
}

func (r row[T]) compare(other row[T]) int {
	return cmp.Or(cmp.Compare(r.name, other.name), cmp.Compare(r.id, other.id))
}

func (rs rows[T]) sort() { slices.SortFunc(rs, row[T].compare) }

// size is the weight of the rows in the cache.
func (rs rows[T]) size() int { return len(rs) }

func (rs rows[T]) items() []T {
	items := make([]T, len(rs))
	for i, r := range rs {
		items[i] = r.item
	}
	return items
}

// containing returns the rows whose text holds the query, whatever its case.
func (rs rows[T]) containing(query string) rows[T] {
	if query == "" {
		return rs
	}
	query = strings.ToLower(query)
	var found rows[T]
	for _, r := range rs {
		if strings.Contains(r.text, query) {
			found = append(found, r)
		}
	}
	return found
}

// page returns copies of the rows behind p.After, a pair of name and id, and the number of all rows. It returns
// storelink.ErrInvalid for another After.
func (rs rows[T]) page(p storelink.Page) (storelink.List[T], error) {
	list := storelink.List[T]{Total: &storelink.Total{Value: len(rs), Exact: true}}
	rest := rs
	if p.After != nil {
		if len(p.After) != 2 {
			return list, storelink.Errorf(storelink.ErrInvalid, "The page does not begin behind a name and an id.")
		}
		after := row[T]{name: p.After[0], id: p.After[1]}
		from, found := slices.BinarySearchFunc(rs, after, row[T].compare)
		if found {
			from++
		}
		rest = rs[from:]
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	if len(rest) > limit {
		rest = rest[:limit]
		list.Next = []string{rest[limit-1].name, rest[limit-1].id}
	}
	list.Items = rest.items()
	return list, nil
}

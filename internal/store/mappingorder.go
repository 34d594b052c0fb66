package store

import (
	"fmt"

	"storelink"
)

// mappingKeys are what mappings can be ordered by: the expression that an index begins with, id being its end, and the
// expression's type. None is ever NULL.
var mappingKeys = map[storelink.MappingSort]struct{ expression, kind string }{
	storelink.SortByID:           {`id`, `uuid`},
	storelink.SortByCreated:      {`created_at`, `timestamptz`},
	storelink.SortByUpdated:      {`updated_at`, `timestamptz`},
	storelink.SortByObserved:     {`COALESCE(observed_at, '-infinity')`, `timestamptz`},
	storelink.SortByState:        {`state`, `text`},
	storelink.SortByLocalStoreID: {`COALESCE(desired_local_id, observed_local_id, '') COLLATE "C"`, `text`},
	storelink.SortByStoreName:    {`lower(store_name) COLLATE "C"`, `text`},
	storelink.SortByOrganization: {`lower(organization_name) COLLATE "C"`, `text`},
}

// mappingOrder is an order of mappings: by a key, and by id among those that are equal in it, both in one direction.
type mappingOrder struct {
	key, kind  string
	descending bool
}

func mappingOrderOf(f storelink.MappingFilter) (mappingOrder, error) {
	sort := f.Sort
	if sort == "" {
		sort = storelink.SortByID
	}
	k, ok := mappingKeys[sort]
	if !ok {
		return mappingOrder{}, storelink.Errorf(storelink.ErrInvalid, "Mappings have no order %q.", string(sort))
	}
	return mappingOrder{key: k.expression, kind: k.kind, descending: f.Descending}, nil
}

// String is the ORDER BY.
func (o mappingOrder) String() string {
	direction := ""
	if o.descending {
		direction = " DESC"
	}
	if o.key == "id" {
		return " ORDER BY id" + direction
	}
	return fmt.Sprintf(" ORDER BY %s%s, id%s", o.key, direction, direction)
}

// keyText is a row's key in a form that a cursor can hold and behind reads.
func (o mappingOrder) keyText() string { return "(" + o.key + ")::text AS place" }

// behind is the condition of the rows that come after one with these key and id, and the arguments with its own.
func (o mappingOrder) behind(after []string, args []any) (condition string, with []any, err error) {
	if len(after) != 2 {
		return "", nil, storelink.Errorf(storelink.ErrInvalid, "The page does not begin behind a mapping.")
	}
	than := ">"
	if o.descending {
		than = "<"
	}
	if o.key == "id" {
		args = append(args, after[1])
		return fmt.Sprintf("id %s $%d::uuid", than, len(args)), args, nil
	}
	args = append(args, after[0], after[1])
	return fmt.Sprintf("(%s, id) %s ($%d::%s, $%d::uuid)", o.key, than, len(args)-1, o.kind, len(args)), args, nil
}

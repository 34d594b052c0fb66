package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"storelink"
)

// ResealStore is where Reseal finds sealed values and puts them back. A *store.DB is one.
type ResealStore interface {
	// CountSealed counts all sealed values by field and key.
	CountSealed(ctx context.Context) ([]storelink.SealedCount, error)
	// SealedOtherwise returns up to limit values of the field that are sealed with another key, from the row after the
	// one given on.
	SealedOtherwise(ctx context.Context, f storelink.SealedField, key uint32, after string, limit int) ([]storelink.SealedValue, error)
	// SwapSealed puts each new value in the place of its old one, where that is still there, and returns how many it put.
	SwapSealed(ctx context.Context, f storelink.SealedField, old []storelink.SealedValue, sealed [][]byte) (int, error)
}

const (
	// resealBatch is how many rows are changed, and locked, at once.
	resealBatch = 500
	// resealPasses bounds how often Reseal starts over for what others sealed with an old key meanwhile.
	resealPasses = 5
)

// Resealed is what Reseal did.
type Resealed struct {
	Key    uint32 // that seals
	Sealed int    // values that it sealed anew
	Left   int64  // values that are sealed with another key all the same
	Stuck  []storelink.SealedValue
}

// Reseal seals everything anew that is not sealed with the keyset's primary key. It may be interrupted at any moment and
// called again, beside replicas that work and beside itself: a value is swapped for its own successor only, so that
// nothing that was written meanwhile is lost. A value that does not open is left as it is, and returned as stuck.
// Progress is told after each batch: how many values were sealed anew, and how many there were to begin with.
func (s *Sealer) Reseal(ctx context.Context, store ResealStore, progress func(done int, of int64)) (Resealed, error) {
	var r Resealed
	var err error
	if r.Key, err = s.primary(); err != nil {
		return r, err
	}
	of, err := s.otherwise(ctx, store, r.Key)
	if err != nil {
		return r, err
	}
	for range resealPasses {
		before := r.Sealed
		r.Stuck = nil
		for _, f := range storelink.SealedFields {
			if err := s.resealField(ctx, store, f, &r, func() { progress(r.Sealed, max(of, int64(r.Sealed))) }); err != nil {
				return r, err
			}
		}
		if r.Left, err = s.otherwise(ctx, store, r.Key); err != nil {
			return r, err
		}
		if r.Left == 0 || r.Sealed == before {
			break
		}
	}
	return r, nil
}

// otherwise counts what is not sealed with the key.
func (s *Sealer) otherwise(ctx context.Context, store ResealStore, key uint32) (int64, error) {
	counts, err := store.CountSealed(ctx)
	var n int64
	for _, c := range counts {
		if c.Key != key {
			n += c.Count
		}
	}
	return n, err
}

func (s *Sealer) resealField(ctx context.Context, store ResealStore, f storelink.SealedField, r *Resealed, progress func()) error {
	after := ""
	for {
		found, err := store.SealedOtherwise(ctx, f, r.Key, after, resealBatch)
		if err != nil || len(found) == 0 {
			return err
		}
		after = found[len(found)-1].RowID
		var old []storelink.SealedValue
		var sealed [][]byte
		for _, v := range found {
			fresh, err := s.again(v)
			if err != nil {
				r.Stuck = append(r.Stuck, v)
				continue
			}
			old, sealed = append(old, v), append(sealed, fresh)
		}
		n, err := store.SwapSealed(ctx, f, old, sealed)
		if err != nil {
			return err
		}
		r.Sealed += n
		progress()
	}
}

// again seals a value anew for its place.
func (s *Sealer) again(v storelink.SealedValue) ([]byte, error) {
	plain, err := s.Open(v.Sealed, v.RowID, v.OrganizationID, string(v.Field))
	if err != nil {
		return nil, err
	}
	return s.Seal(plain, v.RowID, v.OrganizationID, string(v.Field))
}

// primary returns the id of the key that seals, where sealed values name it.
func (s *Sealer) primary() (uint32, error) {
	sealed, err := s.aead.Encrypt(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("try the keyset: %w", err)
	}
	at := slices.IndexFunc(s.keys, func(k Key) bool { return k.Primary })
	if at < 0 || storelink.KeyOfSealed(sealed) != s.keys[at].ID {
		return 0, errors.New("what the keyset's primary key seals does not name it: add a key with `storelink keyset add`, and promote that")
	}
	return s.keys[at].ID, nil
}

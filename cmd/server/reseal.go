package main

import (
	"context"
	"fmt"
	"time"

	"storelink/internal/auth"
)

const (
	resealTold = time.Second // how often progress is printed
	stuckShown = 20          // how many values that do not open are named
)

type resealCommand struct {
	keysetFlags
	databaseFlags
}

// Run seals everything with the primary key. It returns an error where something is left that is not.
func (c *resealCommand) Run(ctx context.Context) error {
	keyset, err := c.keyset()
	if err != nil {
		return err
	}
	sealer, err := auth.NewSealer(keyset)
	if err != nil {
		return err
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	var told time.Time
	r, err := sealer.Reseal(ctx, db, func(done int, of int64) {
		if time.Since(told) >= resealTold {
			told = time.Now()
			fmt.Printf("sealed anew: %d of %d\n", done, of)
		}
	})
	fmt.Printf("sealed anew: %d values\n", r.Sealed)
	if err != nil {
		return fmt.Errorf("not finished, run it again and it goes on: %w", err)
	}
	for _, v := range r.Stuck[:min(len(r.Stuck), stuckShown)] {
		fmt.Printf("does not open with this keyset: %s of %s\n", v.Field, v.RowID)
	}
	switch stuck := int64(len(r.Stuck)); {
	case r.Left > stuck:
		return fmt.Errorf("%d values were sealed with another key meanwhile: give every replica the keyset in which key %d seals, then run this again", r.Left-stuck, r.Key)
	case stuck > 0:
		return fmt.Errorf("everything else is sealed with key %d, but %d values do not open: give the keyset that they were sealed with, or forget those grants (sign-ins go by themselves within a day)", r.Key, stuck)
	}
	fmt.Printf("everything is sealed with key %d\n", r.Key)
	return nil
}

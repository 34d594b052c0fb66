package main

import (
	"context"
	"errors"
	"fmt"
)

const (
	countTurns = 3
	countsGoal = 0.9 // of the connects a second without
)

// measureCounts measures runs with and without the lines of history and the counts, by turns. Without: the triggers that
// count are off, and another one drops each line of history, which costs a little itself.
func (o options) measureCounts(ctx context.Context, s *setup) (results, error) {
	var with, without float64
	for range countTurns {
		full, err := o.bareBurst(ctx, s, nil)
		if err != nil {
			return results{}, err
		}
		less, err := o.bareBurst(ctx, s, bare)
		if err != nil {
			return results{}, err
		}
		with, without = with+full.perSecond()/countTurns, without+less.perSecond()/countTurns
	}
	r := rates(fmt.Sprintf("run of %d new stores, no limit, upstream 1 ms", o.burst), fmt.Sprintf("connects a second, mean of %d", countTurns), with, without)
	r.peer = "without history and counts"
	return results{rows: []row{r.judge(fmt.Sprintf("≥ %.1f times", countsGoal), with >= countsGoal*without)}}, nil
}

var bare = []string{
	`ALTER TABLE mappings DISABLE TRIGGER USER`,
	`CREATE FUNCTION no_history() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
	`CREATE TRIGGER no_history BEFORE INSERT ON mapping_events FOR EACH ROW EXECUTE FUNCTION no_history()`,
}

func (o options) bareBurst(ctx context.Context, s *setup, statements []string) (b burst, err error) {
	err = s.with(ctx, nil, func(page *client, p *process) error {
		if err := s.setLatency(ctx, quickUpstream); err != nil {
			return err
		}
		if err := s.tell(ctx, statements...); err != nil {
			return err
		}
		b, err = s.burst(ctx, page, s.stores[:min(o.burst, len(s.stores))], p)
		if len(statements) > 0 {
			// The next part begins with migrations down, which know nothing of it.
			err = errors.Join(err, s.tell(ctx, `DROP FUNCTION no_history() CASCADE`))
		}
		return err
	})
	return b, err
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// What storelink is measured against.
const (
	directPeer = "the same two calls made directly"
	proxyPeer  = "httputil.ReverseProxy"
	startPeer  = "httputil.ReverseProxy"
)

// row is one figure beside its peer's.
type row struct {
	what, how  string
	peer       string
	values     pair // milliseconds, MiB or answers a second
	ours, them string
	over       string
	goal       string
	verdict    string
}

type pair struct{ ours, peer float64 }

func durations(what, how string, ours, peers time.Duration, peer string) row {
	v := pair{milliseconds(ours), milliseconds(peers)}
	return row{
		what: what, how: how, peer: peer, values: v,
		ours: fmt.Sprintf("%.2f ms", v.ours), them: fmt.Sprintf("%.2f ms", v.peer), over: fmt.Sprintf("%+.2f ms", v.ours-v.peer),
	}
}

func sizes(what, how string, v pair) row {
	return row{
		what: what, how: how, peer: proxyPeer, values: v,
		ours: fmt.Sprintf("%.1f MiB", v.ours), them: fmt.Sprintf("%.1f MiB", v.peer), over: fmt.Sprintf("%+.1f MiB", v.ours-v.peer),
	}
}

func rates(what, how string, ours, peers float64) row {
	return row{
		what: what, how: how, peer: proxyPeer, values: pair{ours, peers},
		ours: fmt.Sprintf("%.0f/s", ours), them: fmt.Sprintf("%.0f/s", peers), over: fmt.Sprintf("%+.0f/s", ours-peers),
	}
}

func (r row) atMost(most time.Duration) row {
	return r.judge(fmt.Sprintf("≤ %.0f ms", milliseconds(most)), r.values.ours <= milliseconds(most))
}

func (r row) atMostOver(most time.Duration) row {
	return r.judge(fmt.Sprintf("≤ %.0f ms over", milliseconds(most)), r.values.ours-r.values.peer <= milliseconds(most))
}

func (r row) atMostMiB(most float64) row {
	return r.judge(fmt.Sprintf("≤ %.0f MiB", most), r.values.ours <= most)
}

func (r row) atLeastTimes(least float64) row {
	return r.judge(fmt.Sprintf("≥ %.0f times", least), r.values.ours >= least*r.values.peer)
}

func (r row) judge(goal string, met bool) row {
	r.goal, r.verdict = goal, "missed"
	if met {
		r.verdict = "met"
	}
	return r
}

var columns = []string{"figure", "of", "storelink", "peer", "peer's", "over it", "times it", "goal", ""}

func (r row) cells() []string {
	return []string{r.what, r.how, r.ours, r.peer, r.them, r.over, fmt.Sprintf("%.2f", r.values.ours/r.values.peer), r.goal, r.verdict}
}

// table sets the rows in columns for a terminal.
func table(rows []row) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, strings.Join(columns, "\t"))
	for _, r := range rows {
		_, _ = fmt.Fprintln(w, strings.Join(r.cells(), "\t"))
	}
	_ = w.Flush() // to a builder
	return text.String()
}

// markdown sets the rows as a Markdown table.
func markdown(rows []row) string {
	var text strings.Builder
	line := func(cells []string) { text.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(columns)
	line(slices.Repeat([]string{"---"}, len(columns)))
	for _, r := range rows {
		line(r.cells())
	}
	return text.String()
}

func median(all []time.Duration) time.Duration { return percentile(all, 50) }

// percentile returns the value that so many of a hundred do not exceed (nearest rank).
func percentile(all []time.Duration, of int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, (len(sorted)*of+99)/100-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

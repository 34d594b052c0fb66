package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// results are what parts measured: figures beside a peer's, and figures beside their goal alone.
type results struct {
	rows    []row
	figures []figure
}

func (r *results) add(more results) {
	r.rows = append(r.rows, more.rows...)
	r.figures = append(r.figures, more.figures...)
}

// tables sets what was measured for a terminal.
func (r *results) tables() string {
	var tables []string
	if len(r.rows) > 0 {
		tables = append(tables, table(r.rows))
	}
	if len(r.figures) > 0 {
		tables = append(tables, figureTable(r.figures))
	}
	return strings.Join(tables, "\n")
}

// figure is one that has no peer.
type figure struct{ what, how, value, goal, verdict string }

func fact(what, how, format string, values ...any) figure {
	return figure{what: what, how: how, value: fmt.Sprintf(format, values...)}
}

func (f figure) judged(goal string, met bool) figure {
	f.goal, f.verdict = goal, "missed"
	if met {
		f.verdict = "met"
	}
	return f
}

var figureColumns = []string{"figure", "of", "storelink", "goal", ""}

func (f figure) cells() []string { return []string{f.what, f.how, f.value, f.goal, f.verdict} }

// figureTable sets the figures in columns for a terminal.
func figureTable(figures []figure) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(figureColumns, "\t"))
	for _, f := range figures {
		fmt.Fprintln(w, strings.Join(f.cells(), "\t"))
	}
	_ = w.Flush() // to a builder
	return text.String()
}

// figureMarkdown sets the figures as a Markdown table.
func figureMarkdown(figures []figure) string {
	var text strings.Builder
	line := func(cells []string) { text.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(figureColumns)
	line([]string{"---", "---", "---", "---", "---"})
	for _, f := range figures {
		line(f.cells())
	}
	return text.String()
}

func inMilliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", milliseconds(d)) }

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

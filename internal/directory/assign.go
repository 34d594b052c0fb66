package directory

import (
	"container/heap"
	"math"
)

// edge ties a row to a column at a gain above zero.
type edge struct {
	column int
	gain   float64
}

// assign picks edges, at most one for each row and column, so that the sum of their gains is the greatest there is. It
// returns the column of each row, -1 for none. It is the shortest augmenting path method over a sparse graph (Crouse,
// "On implementing 2D rectangular assignment algorithms", 2016): each row has a column of its own besides, at no gain, so
// that it may go without.
func assign(rows [][]edge, columns int) []int {
	a := assignment{
		rows: rows, columns: columns,
		ofRow: make([]int, len(rows)), ofColumn: make([]int, columns+len(rows)),
		u: make([]float64, len(rows)), v: make([]float64, columns+len(rows)),
		distance: map[int]float64{}, from: map[int]int{}, done: map[int]bool{},
	}
	for i := range a.ofColumn {
		a.ofColumn[i] = -1
	}
	for i, edges := range rows {
		a.ofRow[i] = -1
		for _, e := range edges {
			a.u[i] = min(a.u[i], -e.gain)
		}
	}
	for i := range rows {
		a.place(i)
	}
	for i, column := range a.ofRow {
		if column >= columns {
			a.ofRow[i] = -1
		}
	}
	return a.ofRow
}

type assignment struct {
	rows     [][]edge
	columns  int
	ofRow    []int
	ofColumn []int
	u, v     []float64 // what a row and a column cost; no edge costs less than both

	distance map[int]float64 // of columns reached in this search
	from     map[int]int     // the row that a column was reached from
	done     map[int]bool
}

// place finds the cheapest chain of changes that gives the row a column.
func (a *assignment) place(start int) {
	clear(a.distance)
	clear(a.from)
	clear(a.done)
	var reached queue
	row, so, sink := start, 0.0, -1
	visited := []int{start}
	for sink < 0 {
		a.relax(row, so, &reached)
		next := heap.Pop(&reached).(reach)
		for a.done[next.column] {
			next = heap.Pop(&reached).(reach)
		}
		so = next.distance
		a.done[next.column] = true
		if row = a.ofColumn[next.column]; row < 0 {
			sink = next.column
			break
		}
		visited = append(visited, row)
	}
	for _, i := range visited {
		if i == start {
			a.u[i] += so
		} else {
			a.u[i] += so - a.distance[a.ofRow[i]]
		}
	}
	for column := range a.done {
		a.v[column] -= so - a.distance[column]
	}
	for column := sink; ; {
		i := a.from[column]
		a.ofColumn[column] = i
		a.ofRow[i], column = column, a.ofRow[i]
		if i == start {
			return
		}
	}
}

func (a *assignment) relax(row int, so float64, reached *queue) {
	see := func(column int, cost float64) {
		if a.done[column] {
			return
		}
		d := so + cost - a.u[row] - a.v[column]
		if known, ok := a.distance[column]; ok && known <= d {
			return
		}
		a.distance[column], a.from[column] = d, row
		heap.Push(reached, reach{column, d})
	}
	for _, e := range a.rows[row] {
		see(e.column, -e.gain)
	}
	see(a.columns+row, 0)
}

type reach struct {
	column   int
	distance float64
}

type queue []reach

// Len implements heap.Interface.
func (q queue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q queue) Less(i, j int) bool {
	if math.Abs(q[i].distance-q[j].distance) > 0 {
		return q[i].distance < q[j].distance
	}
	return q[i].column < q[j].column
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(reach)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

package directory

import (
	"fmt"
	"math"
	"strings"
)

const (
	// commonKey is how many stores of one side may share a key before it tells nothing.
	commonKey = 60
	cell      = 0.002 // degrees: about 200 m
)

// keys are what two stores must have one of in common to be compared at all.
func (c *candidate) keys() []string {
	p := &c.place
	var keys []string
	add := func(parts ...string) {
		for _, part := range parts[1:] {
			if part == "" {
				return
			}
		}
		keys = append(keys, strings.Join(parts, "|"))
	}
	numbers := []string{""}
	if p.from > 0 {
		numbers = []string{fmt.Sprint(p.from)}
		for n := p.from + 1; n <= p.to && n-p.from <= 20; n++ {
			numbers = append(numbers, fmt.Sprint(n))
		}
	}
	for _, number := range numbers {
		add("postal number", p.postal, number)
		add("street number", number, p.core)
		for _, w := range p.street {
			add("word number", number, w)
			add("sound number", number, sound(w))
		}
	}
	add("postal street", p.postal, p.core)
	add("postal sound", p.postal, sound(p.core))
	add("city street", p.city, p.core)
	for i := range c.titles {
		t := &c.titles[i]
		add("name", t.joined)
		for j, w := range t.words {
			add("word", w)
			add("word postal", w, p.postal)
			add("word city", w, p.city)
			add("sound postal", t.sounds[j], p.postal)
			if t.number != "" {
				add("word store", w, t.number)
			}
			if p.from > 0 {
				add("word house", w, numbers[0])
			}
		}
		for j := 1; j < len(t.words); j++ {
			add("words", t.words[j-1], t.words[j])
		}
	}
	if l := p.location; l != nil {
		x, y := int(math.Floor(l.Longitude/cell)), int(math.Floor(l.Latitude/cell))
		add("cell", fmt.Sprintf("%d,%d", x, y))
	}
	return keys
}

// near are the cells around the store: one that is a step away may be in the next.
func (c *candidate) near() []string {
	if c.location == nil {
		return nil
	}
	var keys []string
	x, y := int(math.Floor(c.location.Longitude/cell)), int(math.Floor(c.location.Latitude/cell))
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			keys = append(keys, fmt.Sprintf("cell|%d,%d", x+dx, y+dy))
		}
	}
	return keys
}

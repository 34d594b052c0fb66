package directory

import (
	"regexp"
	"slices"
	"strings"

	"storelink"
)

// place is an address taken apart, as far as it could be.
type place struct {
	from, to int    // house numbers; 0: none
	letter   string // behind the number: 12a, 12 bis
	street   []string
	core     string // the street's own words, joined
	kind     string // of street; "": not said
	heading  string // a direction that belongs to the street
	unit     string // what tells the tenants of one address apart
	postal   string
	city     string
	country  string
	words    map[string]bool // all of the text
	location *storelink.Location
}

var (
	houseNumber = regexp.MustCompile(`^(\d{1,5})([a-z]|bis|ter|quater)?$`)
	numberRange = regexp.MustCompile(`\b(\d{1,5})\s?([a-z])?\s*[-–/]\s*(\d{1,5})\s?([a-z])?\b`)
	hashUnit    = regexp.MustCompile(`#\s*([0-9a-z-]+)`)
	postalForms = regexp.MustCompile(`\b(\d{5}-\d{4}|\d{3}-\d{4}|[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d|\d{4} ?[a-z]{2}|\d{5,6})\b`)
	dotted      = strings.NewReplacer("c/", " calle ", "s/n", " ", "n°", " no ", "nº", " no ", "№", " no ", "no.", " no ", "nr.", " nr ", "р-н", " ", "\n", ",", ";", ",", ".", " ", "’", "", "'", "")
)

func remotePlace(a *storelink.Address) place {
	if a == nil {
		return place{words: map[string]bool{}}
	}
	text := strings.Join(a.AddressLines, ", ")
	if text == "" && a.FullAddress != nil {
		text = *a.FullAddress
	}
	return newPlace(text, a.PostalCode, a.City, a.State, a.CountryCode, a.Location)
}

func localPlace(l *storelink.LocalStore) place {
	return newPlace(l.Address, l.PostalCode, l.City, l.State, l.CountryCode, l.Location)
}

func newPlace(text, postal, city, state, country string, location *storelink.Location) place {
	p := place{city: compact(city), postal: compact(postal), country: compact(country), location: location, words: map[string]bool{}}
	if len(p.country) > 2 {
		p.country = ""
	}
	folded := fold(dotted.Replace(strings.ToLower(text)))
	folded = strings.ReplaceAll(folded, "n deg ", " ")
	for _, t := range tokens(folded) {
		p.words[spelled(t)] = true
	}
	for _, t := range tokens(fold(city)) {
		p.words[spelled(t)] = true
	}
	folded = p.cutPostal(folded, fold(postal))
	if m := hashUnit.FindStringSubmatch(folded); m != nil {
		p.unit = strings.Trim(m[1], "-")
		folded = strings.Replace(folded, m[0], " ", 1)
	}
	p.readStreet(segmentsOf(folded, tokens(fold(city)), tokens(fold(state))))
	if len(p.postal) == 9 && allDigits(p.postal) {
		p.postal = p.postal[:5] // ZIP+4
	}
	return p
}

// cutPostal takes the postal code out of the text, where a number could be taken for that of a house.
func (p *place) cutPostal(folded, postal string) string {
	if postal != "" {
		if i := strings.LastIndex(folded, postal); i > 0 {
			return folded[:i] + " " + folded[i+len(postal):]
		}
	}
	all := postalForms.FindAllStringIndex(folded, -1)
	if len(all) == 0 {
		return folded
	}
	last := all[len(all)-1]
	// At the start a long number is a house's, as in 12345 Main Street.
	if last[0] == 0 && !strings.Contains(folded[:min(len(folded), last[1]+1)], ",") {
		return folded
	}
	if p.postal == "" {
		p.postal = strings.Join(tokens(folded[last[0]:last[1]]), "")
	}
	return folded[:last[0]] + " " + folded[last[1]:]
}

// segmentsOf are the parts between commas, without those that only repeat city, state and country.
func segmentsOf(folded string, city, state []string) []string {
	var kept []string
	for segment := range strings.SplitSeq(folded, ",") {
		rest := slices.DeleteFunc(tokens(segment), func(t string) bool {
			return slices.Contains(city, t) || slices.Contains(state, t) || countries[t]
		})
		if len(rest) > 0 {
			kept = append(kept, segment)
		}
	}
	// Without commas the city stands at the end of the one segment there is.
	if len(kept) == 1 && len(city) > 0 {
		if i := strings.LastIndex(kept[0], " "+strings.Join(city, " ")); i > 0 {
			kept[0] = kept[0][:i]
		}
	}
	return kept
}

// readStreet finds street and number in the first segment that has a number and words, and units in all of them.
func (p *place) readStreet(segments []string) {
	var number, street string
	for _, s := range segments {
		s = p.cutUnits(s)
		if strings.TrimSpace(s) == "" {
			continue
		}
		hasNumber := slices.ContainsFunc(tokens(s), isHouse)
		hasWords := slices.ContainsFunc(tokens(s), func(t string) bool { return !isHouse(t) && !numberWords[t] })
		switch {
		case hasNumber && hasWords && number == "":
			number, street = s, s
		case hasNumber && number == "":
			number = s
		case hasWords && street == "":
			street = s
		}
	}
	p.readNumber(number)
	p.readWords(street)
}

const letters = "abcdefghijklmnopqrstuvwxyz"

func isHouse(t string) bool { return houseNumber.MatchString(t) }

// cutUnits takes units with their designators out of a segment.
func (p *place) cutUnits(segment string) string {
	all := fields(segment)
	var rest []string
	for i := 0; i < len(all); i++ {
		word := strings.Trim(all[i], "-:()")
		kind := unitWords[word]
		next := ""
		if i+1 < len(all) {
			next = strings.Trim(all[i+1], "-:()")
		}
		prior := ""
		if len(rest) > 0 {
			prior = rest[len(rest)-1]
		}
		switch {
		case kind != "" && (isNumber(next) || len(next) == 1 && next[0] >= 'a') && i > 0:
			p.addUnit(kind, next)
			i++
		case kind != "" && kind != "block" && (isNumber(next) || len(next) == 1) && len(word) > 2:
			p.addUnit(kind, next)
			i++
		case kind == "floor" && len(word) > 1 && ordinal.MatchString(prior):
			p.addUnit(kind, ordinal.FindStringSubmatch(prior)[1])
			rest = rest[:len(rest)-1]
		default:
			rest = append(rest, all[i])
		}
	}
	return strings.Join(rest, " ")
}

// addUnit keeps units before floors and buildings: those say less.
func (p *place) addUnit(kind, value string) {
	value = strings.TrimLeft(value, "0")
	if kind == "unit" {
		p.unit = value
	} else if p.unit == "" {
		p.unit = kind + value
	}
}

func (p *place) readNumber(segment string) {
	if m := numberRange.FindStringSubmatch(segment); m != nil {
		p.from, p.letter, p.to = number(m[1]), m[2], number(m[3])
		if p.to < p.from && p.to < 100 { // 112-14 is up to 114
			size := 10
			if p.to >= 10 {
				size = 100
			}
			p.to += p.from / size * size
		}
		if p.to < p.from || p.to > p.from+60 {
			p.to = p.from
		}
		return
	}
	all := tokens(segment)
	for i, t := range all {
		m := houseNumber.FindStringSubmatch(t)
		if m == nil {
			continue
		}
		p.from, p.to, p.letter = number(m[1]), number(m[1]), m[2]
		if i+1 < len(all) && p.letter == "" && (all[i+1] == "bis" || all[i+1] == "ter" || len(all[i+1]) == 1 && all[i+1] <= "d") {
			p.letter = all[i+1]
		}
		return
	}
}

func number(digits string) int {
	n := 0
	for _, r := range digits {
		n = n*10 + int(r-'0')
	}
	return n
}

func (p *place) readWords(segment string) {
	house := p.from > 0
	for _, t := range tokens(segment) {
		if n, ok := ordinalOf(t); ok {
			p.street = append(p.street, n+"th")
			continue
		}
		if isHouse(t) {
			if n := number(strings.TrimRight(t, letters)); house && (n >= p.from && n <= p.to || n%100 == p.to%100 || len(p.street) > 0) {
				continue
			}
			p.street = append(p.street, t)
			continue
		}
		switch {
		case numberWords[t], smallWords[t] && directions[t] == "", t == "bis", t == "ter", len(t) == 1 && t == p.letter:
		case ordinals[t] != "":
			p.street = append(p.street, ordinals[t]+"th")
		case directions[t] != "":
			p.heading += directions[t]
		case streetTypes[t] != "":
			if p.kind == "" || streetTypes[t] != "st" {
				p.kind = streetTypes[t]
			}
		default:
			p.addStreetWord(spelled(t))
		}
	}
	p.core = strings.Join(p.street, "")
	if p.core == "" { // such as Avenue Road, or Street
		p.core = p.kind
	}
}

// ordinalOf reads 5th; of one letter, as in 5e, nobody can tell whether it belongs to a house number.
func ordinalOf(t string) (string, bool) {
	m := ordinal.FindStringSubmatch(t)
	if len(m) < 3 || isHouse(t) && len(m[2]) < 2 {
		return "", false
	}
	return m[1], true
}

func (p *place) addStreetWord(t string) {
	for _, s := range suffixes {
		if rest, ok := strings.CutSuffix(t, s.suffix); ok && len(rest) >= 3 {
			p.kind = s.kind
			t = rest
			break
		}
	}
	p.street = append(p.street, t)
}

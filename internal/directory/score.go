package directory

import (
	"fmt"
	"math"
	"slices"

	"github.com/hbollon/go-edlib"

	"storelink"
)

// Each weight is what a finding adds to the logarithm of the odds that two stores are the same. They were chosen on one
// half of testdata/pairs.jsonl; the other half measures them.
const (
	prior = -3.2

	nameScale, nameMiddle     = 6.0, 0.55
	sameNumber, numberApart   = 1.6, -4.5
	longNumber                = 0.35 // for each digit but the first: the more there are, the fewer houses have it
	withinRange, letterApart  = 1.2, -2.5
	sameStreet, streetAlike   = 2.2, 1.3
	streetApart, kindApart    = -3.5, -1.2
	headingApart              = -1.0
	sameUnit, unitApart       = 1.2, -5.0
	samePostal, postalApart   = 1.4, -2.0
	postalNear                = -0.4
	sameCity, cityApart       = 0.5, -1.6
	sameStoreNumber           = 2.5
	storeNumberApart          = -5.0
	countryApart              = -5.0
	atTheSpot, near, farApart = 2.7, 1.2, -4.0
	someWayOff                = -1.5
	nameMustBe                = 0.3 // below, an address alone does not do: other tenants have it, too
	otherName                 = -4.0
	uniqueName                = 3.0
	earth                     = 6371000.0
	spotMetres, nearMetres    = 60, 200
	awayMetres, farMetres     = 1500, 6000
)

// finding is a pair's score with what speaks for it.
type finding struct {
	odds    float64 // its logarithm
	reasons []string
}

func (f *finding) add(weight float64, reason string) {
	f.odds += weight
	if reason != "" {
		f.reasons = append(f.reasons, reason)
	}
}

// candidate is a store with everything that comparisons look at.
type candidate struct {
	place
	titles []title // how it may be called: by its name, by brand and name
	alone  bool    // no other store of its side has its name
	full   string  // its name for that purpose
}

// compare weighs what two stores have in common.
func compare(a, b *candidate, r *rarity) finding {
	f := finding{odds: prior}
	name := compareNames(&f, a, b, r)
	agree := compareStreets(&f, &a.place, &b.place)
	compareUnits(&f, a, b)
	comparePlaces(&f, &a.place, &b.place, agree)
	compareSpots(&f, a.location, b.location)
	// One of a kind, and nothing known that speaks against it.
	if name >= 0.97 && a.alone && b.alone && !agree && (a.core == "" || b.core == "") {
		f.add(uniqueName, "no other store has this name")
	}
	return f
}

// names reports whether a word is one of the store's address: it says where the store is, not what it is called.
func (c *candidate) names(word string) bool { return c.words[word] }

func compareNames(f *finding, a, b *candidate, r *rarity) float64 {
	best := 0.0
	for i := range a.titles {
		for j := range b.titles {
			both, shorter := likeness(&a.titles[i], &b.titles[j], r, func(w string) bool { return a.names(w) || b.names(w) })
			best = max(best, 0.6*both+0.4*shorter)
		}
	}
	switch {
	case best >= 0.995:
		f.add(nameScale*(best-nameMiddle), "same name")
	case best >= 0.6:
		f.add(nameScale*(best-nameMiddle), "name alike")
	case best < nameMustBe:
		f.add(otherName+nameScale*(best-nameMiddle), "")
	default:
		f.add(nameScale*(best-nameMiddle), "")
	}
	if x, y := a.titles[0].number, b.titles[0].number; x != "" && y != "" {
		if x == y {
			f.add(sameStoreNumber, "same number in the name")
		} else {
			f.add(storeNumberApart, "")
		}
	}
	return best
}

// compareStreets reports whether street and number are the same.
func compareStreets(f *finding, a, b *place) bool {
	street := false
	if a.core != "" && b.core != "" {
		same := streetLikeness(a, b)
		switch {
		case same >= 0.99:
			street = true
			f.odds += sameStreet
		case same >= 0.8:
			street = true
			f.odds += streetAlike
		case same < 0.6:
			f.odds += streetApart
		default:
			f.odds += streetApart / 2
		}
		if street && a.kind != b.kind && a.kind != "" && b.kind != "" {
			f.odds += kindApart
		}
		if street && a.heading != b.heading && a.heading != "" && b.heading != "" {
			f.odds += headingApart
		}
	}
	number := compareNumbers(f, a, b)
	switch {
	case street && number:
		f.reasons = append(f.reasons, "same street and number")
	case street:
		f.reasons = append(f.reasons, "same street")
	}
	return street && number
}

func streetLikeness(a, b *place) float64 {
	if a.core == b.core {
		return 1
	}
	// A street that is named after a number is that or another.
	if isNumber(a.core) || isNumber(b.core) {
		return 0
	}
	long := max(len(a.core), len(b.core))
	distance := edlib.OSADamerauLevenshteinDistance(a.core, b.core)
	whole := 1 - float64(distance)/float64(long)
	if long >= 4 && distance == 1 || long >= 8 && distance == 2 {
		return max(0.9, whole)
	}
	// One of the two says more, such as the city or a building.
	short, other := a, b
	if len(a.street) > len(b.street) {
		short, other = b, a
	}
	if len(short.core) >= 4 {
		found := 0
		for _, w := range short.street {
			if slices.ContainsFunc(other.street, func(v string) bool {
				s := alike(w, v, sound(w), sound(v))
				return s >= 0.85 || s > 0 && (len(w) == 1 || len(v) == 1)
			}) {
				found++
			}
		}
		if found == len(short.street) && found > 0 {
			return 0.9
		}
	}
	if sa := sound(a.core); sa != "" && sa == sound(b.core) && whole >= 0.6 {
		return max(0.85, whole)
	}
	if whole >= 0.8 {
		return whole
	}
	return min(whole, 0.79)
}

func compareNumbers(f *finding, a, b *place) bool {
	if a.from == 0 || b.from == 0 {
		return false
	}
	switch {
	case a.from == b.from && a.to == b.to && a.letter == b.letter:
		f.odds += sameNumber + longNumber*math.Floor(math.Log10(float64(a.from)))
		return true
	case a.from == b.from && a.to == b.to && (a.letter == "" || b.letter == ""):
		f.odds += sameNumber / 2
		return true
	case a.from == b.from && a.to == b.to:
		f.odds += letterApart
	case a.from <= b.to && b.from <= a.to && (a.from != a.to || b.from != b.to):
		f.odds += withinRange
		return true
	default:
		f.odds += numberApart
	}
	return false
}

func compareUnits(f *finding, a, b *candidate) {
	switch {
	case a.unit == "" || b.unit == "":
	case a.unit == b.unit:
		f.add(sameUnit, "same unit")
	default:
		f.odds += unitApart
	}
}

func comparePlaces(f *finding, a, b *place, agree bool) {
	switch {
	case a.postal == "" || b.postal == "":
	case a.postal == b.postal:
		f.add(samePostal, "same postal code")
	case len(a.postal) >= 4 && len(b.postal) >= 4 && (a.postal[:3] == b.postal[:3] || edlib.OSADamerauLevenshteinDistance(a.postal, b.postal) == 1):
		f.odds += postalNear
	default:
		f.odds += postalApart
	}
	switch {
	case a.city != "" && b.city != "":
		long := max(len(a.city), len(b.city))
		distance := edlib.OSADamerauLevenshteinDistance(a.city, b.city)
		switch {
		case a.city == b.city || long >= 5 && distance <= 1 || long >= 8 && distance <= 2:
			f.odds += sameCity
			if !agree {
				f.reasons = append(f.reasons, "same city")
			}
		case a.postal != "" && a.postal == b.postal: // a suburb's name, or the same in another language
		default:
			f.odds += cityApart
		}
	case a.city != "" && b.words[spelled(a.city)], b.city != "" && a.words[spelled(b.city)]:
		f.odds += sameCity
	}
	if a.country != "" && b.country != "" && a.country != b.country && len(a.country) == len(b.country) {
		f.odds += countryApart
	}
}

func compareSpots(f *finding, a, b *storelink.Location) {
	if a == nil || b == nil || *a == (storelink.Location{}) || *b == (storelink.Location{}) {
		return
	}
	d := metres(a, b)
	switch {
	case d <= spotMetres:
		f.add(atTheSpot, "at the same spot")
	case d <= nearMetres:
		f.add(near, fmt.Sprintf("%d m apart", int(math.Round(d/10)*10)))
	case d > farMetres:
		f.odds += farApart
	case d > awayMetres:
		f.odds += someWayOff
	}
}

// metres is the distance on a sphere.
func metres(a, b *storelink.Location) float64 {
	rad := math.Pi / 180
	dLat, dLon := (b.Latitude-a.Latitude)*rad, (b.Longitude-a.Longitude)*rad
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(a.Latitude*rad)*math.Cos(b.Latitude*rad)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
}

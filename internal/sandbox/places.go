package sandbox

import "fmt"

var brandNames = []string{
	"Smoke & Ember BBQ", "Taquería del Sol", "Golden Wok", "Basil & Stone Pizza", "Curry Lane", "The Daily Crumb",
	"Saffron Table", "Blue Heron Sushi", "Burger Foundry", "Olive Grove", "Pho Riverside", "Café Marguerite",
	"Seoul Bowl", "Crispy Rooster", "Harvest Salad Co.", "Pier 9 Fish & Chips", "Mamá Rosa", "Waffle Works",
	"Tandoor Express", "Midnight Ramen",
}

type town struct {
	name, state, country, postalCode, timezone string
	latitude, longitude                        float64
}

var towns = []town{
	{"Columbus", "OH", "US", "43215", "America/New_York", 39.9612, -82.9988},
	{"Portland", "OR", "US", "97205", "America/Los_Angeles", 45.5152, -122.6784},
	{"Austin", "TX", "US", "78701", "America/Chicago", 30.2672, -97.7431},
	{"Nashville", "TN", "US", "37203", "America/Chicago", 36.1627, -86.7816},
	{"Denver", "CO", "US", "80202", "America/Denver", 39.7392, -104.9903},
	{"Zürich", "ZH", "CH", "8001", "Europe/Zurich", 47.3769, 8.5417},
	{"Sacramento", "CA", "US", "95814", "America/Los_Angeles", 38.5816, -121.4944},
	{"Raleigh", "NC", "US", "27601", "America/New_York", 35.7796, -78.6382},
	{"Madison", "WI", "US", "53703", "America/Chicago", 43.0731, -89.4012},
	{"Montréal", "QC", "CA", "H2Y 1C6", "America/Toronto", 45.5017, -73.5673},
	{"Tucson", "AZ", "US", "85701", "America/Phoenix", 32.2226, -110.9747},
	{"Boise", "ID", "US", "83702", "America/Boise", 43.6150, -116.2023},
	{"Savannah", "GA", "US", "31401", "America/New_York", 32.0809, -81.0912},
	{"Bristol", "England", "GB", "BS1 4ST", "Europe/London", 51.4545, -2.5879},
	{"Omaha", "NE", "US", "68102", "America/Chicago", 41.2565, -95.9345},
	{"Albany", "NY", "US", "12207", "America/New_York", 42.6526, -73.7562},
	{"Spokane", "WA", "US", "99201", "America/Los_Angeles", 47.6588, -117.4260},
	{"Tulsa", "OK", "US", "74103", "America/Chicago", 36.1540, -95.9928},
	{"Québec", "QC", "CA", "G1R 4P5", "America/Toronto", 46.8139, -71.2080},
	{"Richmond", "VA", "US", "23219", "America/New_York", 37.5407, -77.4360},
	{"Leeds", "England", "GB", "LS1 5PS", "Europe/London", 53.8008, -1.5491},
	{"Fresno", "CA", "US", "93721", "America/Los_Angeles", 36.7378, -119.7871},
	{"Dayton", "OH", "US", "45402", "America/New_York", 39.7589, -84.1916},
	{"Santa Fe", "NM", "US", "87501", "America/Denver", 35.6870, -105.9378},
	{"Burlington", "VT", "US", "05401", "America/New_York", 44.4759, -73.2121},
}

var streets = []string{
	"Market Street", "Elm Avenue", "Harbor Road", "Mill Lane", "Station Square", "Union Street", "Cedar Avenue",
	"Bridge Street", "Orchard Road", "King Street", "Willow Way", "Foundry Row", "Canal Street", "Park Place",
	"Juniper Drive", "Chapel Street", "Sunset Boulevard", "Liberty Avenue", "Depot Street", "Lakeview Terrace",
}

// newStore makes the i-th store of a brand. Its absent parts follow the index, so that six stores show most of them:
// every sixth has no address; full address, lines, their deprecated twin and location are each null now and then.
func newStore(id, brandName string, i int) RemoteStore {
	t := towns[i%len(towns)]
	street := streets[(i/len(towns)+i%len(towns))%len(streets)]
	s := RemoteStore{ID: id, Name: fmt.Sprintf("%s – %s, %s", brandName, t.name, street)}
	if i%3 == 0 {
		s.Timezone = &t.timezone
		s.Attributes = map[string]string{"priceLevel": "2"}
	}
	if i%6 == 4 {
		return s
	}
	line := fmt.Sprintf("%d %s", 11+(i*37)%890, street)
	full := fmt.Sprintf("%s, %s, %s %s, %s", line, t.name, t.state, t.postalCode, t.country)
	s.Address = &Address{
		FullAddress: &full, PostalCode: t.postalCode, City: t.name, State: t.state, CountryCode: t.country,
		AddressLines: []string{line}, LinesOfAddress: []string{line},
		Location: &Location{Latitude: t.latitude, Longitude: t.longitude},
	}
	if i%5 == 2 {
		s.Address.FullAddress = nil
	}
	if i%4 == 1 {
		s.Address.Location = nil
	}
	if i%7 == 3 || i%7 == 5 {
		s.Address.AddressLines = nil
	}
	if i%7 == 5 || i%7 == 6 {
		s.Address.LinesOfAddress = nil
	}
	return s
}

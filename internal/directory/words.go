package directory

// What addresses and names are shortened to, in one table for all languages: a word that means something else in another
// language is shortened alike on both sides. Letters are folded to ASCII before (fold).
var (
	// streetTypes are words that say what kind of street it is; the value is the kind.
	streetTypes = words(map[string]string{
		"st":    "st str street saint sankt strasse strase strabe straat straede calle cl odos rue ulitsa ul ulica ulitca rua via utca gata gatan gate",
		"ave":   "ave av aven avenue avenida avda avd prospekt pr prosp prospect viale leoforos leof allee aleja al",
		"blvd":  "blvd boul boulevard bd bld bvd bulevar bulvar",
		"rd":    "rd road weg carretera ctra route rte camino chemin che ch doroga shosse sh carrer caminho estrada",
		"dr":    "dr drive drv",
		"ln":    "ln lane gasse passage pasaje psje vicolo pereulok per",
		"ct":    "ct crt court cour hof",
		"pl":    "pl place plaza pza plz platz plein praca piazza ploshchad ploschad sq square plateia",
		"ter":   "ter terr terrace",
		"cir":   "cir circle",
		"hwy":   "hwy highway hway autovia",
		"pkwy":  "pkwy parkway pky",
		"paseo": "paseo po promenade corso ronda rda",
		"quai":  "quai ufer kai naberezhnaya nab",
		"alley": "alley aly impasse imp",
		"way":   "way wy",
	})
	// suffixes are street types that German, Dutch and Scandinavian write at the end of the street's own word.
	suffixes = []struct{ suffix, kind string }{
		{"strasse", "st"}, {"strase", "st"}, {"str", "st"}, {"straat", "st"}, {"gasse", "ln"}, {"platz", "pl"}, {"plein", "pl"},
		{"allee", "ave"}, {"alle", "ave"}, {"weg", "rd"}, {"damm", "rd"}, {"gatan", "st"}, {"gade", "st"}, {"ufer", "quai"},
	}
	directions = words(map[string]string{
		"n": "n north norte nord", "s": "s south sur sud sued", "e": "e east este est ost", "w": "w west oeste ouest",
		"ne": "ne northeast", "nw": "nw northwest", "se": "se southeast", "sw": "sw southwest",
	})
	ordinals = words(map[string]string{
		"1": "first erste primera premier premiere", "2": "second zweite segunda deuxieme", "3": "third dritte tercera troisieme",
		"4": "fourth", "5": "fifth", "6": "sixth", "7": "seventh", "8": "eighth", "9": "ninth", "10": "tenth", "11": "eleventh", "12": "twelfth",
	})
	// unitWords stand before what tells apart the tenants of one address.
	unitWords = words(map[string]string{
		"unit": "unit suite ste apt apartment flat shop stall kiosk booth local lokal loc lote bay stand space spc store room rm office of ofc oficina" +
			" wohnung whg top laden lot appartement appt apto bureau local kv kvartira pomeshchenie pom ofis halle einheit u",
		"floor": "floor fl flr level lvl piso planta etage stock og etazh",
		"block": "building bldg block blk haus bat batiment edificio edif torre tower korpus korp k stroenie",
	})
	numberWords = set("no nr num nro numero number nummer hausnummer n° dom d")
	// smallWords carry nothing in a street or a name.
	smallWords = set("the a an of and und et y e de del der die das den dem des du la le les el los las l d da do dos das di al am im in an at auf bei zum zur sur sous van von und i na")
	// tradeWords are in so many names that they hardly tell one from the other.
	tradeWords = set("restaurant ristorante restaurante restoran estiatorio cafe kafe caffe coffee bar grill grille kitchen kueche cocina cuisine pizzeria pizza burger burgers bistro" +
		" bakery baeckerei panaderia boulangerie shop store stores inc llc ltd gmbh co company sl sa sarl foods food house haus take away takeaway delivery express to go")
	// numberedStores stand before a chain's number of a store.
	numberedStores = set("no nr num store shop unit location filiale branch tienda sucursal magasin restaurant kiosk site")
	countries      = set("us usa uk gb de es fr it nl at ch ru gr jp cn ca mx germany deutschland spain espana france italy italia austria oesterreich osterreich schweiz" +
		" switzerland england greece japan china canada mexico united states kingdom america nederland netherlands belgium rossiya russia ellada")
)

// words turns lists of words by meaning into meanings by word.
func words(by map[string]string) map[string]string {
	all := map[string]string{}
	for meaning, list := range by {
		for _, word := range fields(list) {
			all[word] = meaning
		}
	}
	return all
}

func set(list string) map[string]bool {
	all := map[string]bool{}
	for _, word := range fields(list) {
		all[word] = true
	}
	return all
}

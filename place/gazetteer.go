package place

import "parley/volume"

// Kind is what a named place is.
type Kind string

// The kinds of place.
const (
	Town    Kind = "town"
	Airport Kind = "airport"
	Port    Kind = "port"
	Site    Kind = "site"   // a pass, crossing, dam, mountain or castle
	Region  Kind = "region" // a rough circle, never a border
	Sea     Kind = "sea"
)

// Place is a named place: a point good to about 0.01 degree and how far it
// reaches. Not for navigation.
type Place struct {
	Name    string       `json:"name"`
	Kind    Kind         `json:"kind"`
	Country string       `json:"country"` // ISO 3166 alpha-2 as commonly used; "" at sea or across borders
	Point   volume.Point `json:"point"`
	RadiusM float64      `json:"radius_m"`
	Also    []string     `json:"also,omitempty"` // other names and spellings
}

// entry keeps the list readable: degrees and kilometres.
type entry struct {
	name     string
	kind     Kind
	country  string
	lat, lon float64
	km       float64
	also     []string
}

func also(s ...string) []string { return s }

// The list, written by hand from general knowledge of the map. Names in other
// scripts are given where they are in daily use on a line.
var list = []entry{
	// Syria: the coast
	{"Latakia", Town, "SY", 35.52, 35.78, 5, also("Lattakia", "Ladhiqiyah", "Al Ladhiqiya", "Laodicea", "Латакия", "اللاذقية", "לטקיה")},
	{"Hmeimim", Airport, "SY", 35.41, 35.95, 3, also("Khmeimim", "Hmeymim", "Hemeimeem", "Humaymim", "Bassel al-Assad airport", "Хмеймим", "حميميم", "חמיימים")},
	{"Jableh", Town, "SY", 35.36, 35.93, 3, also("Jabla", "Jebleh", "Gabala", "Джабла", "جبلة")},
	{"Baniyas", Town, "SY", 35.18, 35.94, 3, also("Banyas", "Baniyas coast", "Баньяс", "بانياس")},
	{"Tartus", Town, "SY", 34.89, 35.89, 4, also("Tartous", "Tortosa", "Тартус", "طرطوس", "טרטוס")},
	{"Tartus port", Port, "SY", 34.91, 35.86, 2, also("Tartous naval facility")},
	{"Latakia port", Port, "SY", 35.53, 35.77, 2, nil},
	{"Ras al-Basit", Site, "SY", 35.85, 35.84, 3, also("Ras el-Bassit")},
	{"Ras Ibn Hani", Site, "SY", 35.58, 35.73, 2, nil},
	{"Qardaha", Town, "SY", 35.46, 36.06, 2, also("Al Qardahah", "Kardaha")},
	{"Kessab", Town, "SY", 35.93, 35.99, 2, also("Kasab", "Kesab")},
	{"Arwad", Site, "SY", 34.86, 35.86, 1, also("Arados", "Ruad")},
	// Syria: the north-west and the middle
	{"Idlib", Town, "SY", 35.93, 36.63, 4, also("Idleb", "Идлиб", "إدلب", "אידליב")},
	{"Jisr al-Shughur", Town, "SY", 35.81, 36.32, 2, also("Jisr ash-Shughour", "Jisr esh-Shoghour")},
	{"Saraqib", Town, "SY", 35.86, 36.81, 2, also("Saraqeb", "Serakab")},
	{"Maarrat al-Numan", Town, "SY", 35.65, 36.68, 2, also("Maaret en-Numan", "Ma'arrat an-Nu'man")},
	{"Khan Shaykhun", Town, "SY", 35.44, 36.65, 2, also("Khan Sheikhoun", "Khan Sheikhun")},
	{"Abu al-Duhur", Airport, "SY", 35.73, 37.10, 3, also("Abu ad-Duhur", "Abu Duhur")},
	{"Taftanaz", Airport, "SY", 35.97, 36.78, 2, nil},
	{"Bab al-Hawa", Site, "SY", 36.24, 36.69, 2, nil},
	{"Aleppo", Town, "SY", 36.20, 37.16, 8, also("Halab", "Haleb", "Алеппо", "حلب", "חלב")},
	{"Aleppo airport", Airport, "SY", 36.18, 37.22, 3, also("Nayrab", "Neirab")},
	{"Kuweires", Airport, "SY", 36.19, 37.58, 3, also("Kuwayris", "Rasin el-Abboud")},
	{"Afrin", Town, "SY", 36.51, 36.87, 3, also("Efrin")},
	{"Azaz", Town, "SY", 36.59, 37.05, 2, also("A'zaz")},
	{"Al-Bab", Town, "SY", 36.37, 37.52, 3, also("El Bab")},
	{"Manbij", Town, "SY", 36.53, 37.95, 3, also("Membij", "Menbij", "Манбидж", "منبج")},
	{"Kobani", Town, "SY", 36.89, 38.35, 3, also("Ayn al-Arab", "Kobane", "Ain el-Arab")},
	{"Hama", Town, "SY", 35.13, 36.75, 5, also("Hamah", "Хама", "حماة")},
	{"Masyaf", Town, "SY", 35.07, 36.34, 3, also("Misyaf", "Масьяф", "مصياف")},
	{"Salamiyah", Town, "SY", 35.01, 37.05, 3, also("Salamieh")},
	{"Homs", Town, "SY", 34.73, 36.71, 6, also("Hims", "Хомс", "حمص", "חומס")},
	{"Shayrat", Airport, "SY", 34.49, 36.91, 3, also("Sha'irat", "Shairat", "Шайрат", "الشعيرات")},
	{"Tiyas", Airport, "SY", 34.52, 37.63, 4, also("T4", "T-4", "Tayfur", "Tiyas air base", "التيفور")},
	{"Qusayr", Town, "SY", 34.51, 36.58, 3, also("Al-Qusayr", "Qusair", "Quseir")},
	{"Palmyra", Town, "SY", 34.55, 38.28, 4, also("Tadmur", "Tadmor", "Пальмира", "تدمر")},
	// Syria: the east
	{"Deir ez-Zor", Town, "SY", 35.34, 40.14, 2.5, also("Deir al-Zour", "Dayr az-Zawr", "Deir Ezzor", "Deir el-Zor", "Дейр-эз-Зор", "دير الزور", "דיר א-זור")},
	{"Deir ez-Zor airport", Airport, "SY", 35.285, 40.176, 2.5, also("Deir ez-Zor airfield", "Deir ez-Zor air base")},
	{"Jabal Thardah", Site, "SY", 35.25, 40.14, 2, also("Jebel Tharda", "Thardeh")},
	{"Mayadin", Town, "SY", 35.02, 40.45, 3, also("Al-Mayadeen")},
	{"Abu Kamal", Town, "SY", 34.45, 40.92, 3, also("Al-Bukamal", "Albu Kamal", "Bukamal")},
	{"Raqqa", Town, "SY", 35.95, 39.01, 5, also("Ar-Raqqah", "Rakka", "Ракка", "الرقة")},
	{"Tabqa", Town, "SY", 35.84, 38.55, 3, also("Al-Thawrah", "Tabka", "Al-Tabqah")},
	{"Tabqa dam", Site, "SY", 35.87, 38.57, 3, also("Euphrates dam")},
	{"Hasakah", Town, "SY", 36.50, 40.75, 4, also("Al-Hasakah", "Hassake", "Hasakeh")},
	{"Qamishli", Town, "SY", 37.05, 41.22, 4, also("Kamishli", "Qamishlo")},
	{"Ras al-Ayn", Town, "SY", 36.85, 40.07, 3, also("Serekaniye", "Ras el-Ain")},
	{"Tell Abyad", Town, "SY", 36.70, 38.96, 2, also("Tal Abyad")},
	// Syria: Damascus and the south
	{"Damascus", Town, "SY", 33.51, 36.29, 10, also("Dimashq", "Ash-Sham", "Дамаск", "دمشق", "דמשק")},
	{"Damascus airport", Airport, "SY", 33.41, 36.52, 4, nil},
	{"Mezzeh", Airport, "SY", 33.48, 36.22, 2, also("Mezze", "Al-Mazzah")},
	{"Dumayr", Airport, "SY", 33.61, 36.75, 4, also("Dumair", "Dumeir")},
	{"Douma", Town, "SY", 33.57, 36.40, 3, also("Duma")},
	{"Jamraya", Site, "SY", 33.56, 36.23, 2, also("Jamraiya")},
	{"Zabadani", Town, "SY", 33.72, 36.10, 3, also("Az-Zabadani")},
	{"Yabroud", Town, "SY", 33.97, 36.66, 2, also("Yabrud")},
	{"Kisweh", Town, "SY", 33.36, 36.24, 3, also("Al-Kiswah")},
	{"Quneitra", Town, "SY", 33.13, 35.82, 2, also("Qunaytirah", "Kuneitra", "Кунейтра", "القنيطرة")},
	{"Daraa", Town, "SY", 32.62, 36.10, 4, also("Dar'a", "Deraa", "Дераа", "درعا")},
	{"As-Suwayda", Town, "SY", 32.71, 36.57, 4, also("Sweida", "Suwaida", "Es Suweida")},
	{"Nassib", Site, "SY", 32.54, 36.20, 2, also("Nasib", "Jaber crossing")},
	{"At-Tanf", Site, "SY", 33.49, 38.66, 5, also("Tanf", "Al-Tanf", "Ат-Танф", "التنف")},
	// Lebanon
	{"Beirut", Town, "LB", 33.89, 35.50, 6, also("Beyrouth", "Bayrut", "Бейрут", "بيروت", "ביירות")},
	{"Beirut airport", Airport, "LB", 33.82, 35.49, 3, nil},
	{"Tripoli (Lebanon)", Town, "LB", 34.44, 35.84, 4, also("Tripoli Lebanon", "Tarabulus ash-Sham")},
	{"Qlayaat", Airport, "LB", 34.59, 36.00, 2, also("Kleyate", "Rene Mouawad airport")},
	{"Byblos", Town, "LB", 34.12, 35.65, 2, also("Jbeil", "Jubayl")},
	{"Sidon", Town, "LB", 33.56, 35.37, 3, also("Saida", "Sayda")},
	{"Tyre", Town, "LB", 33.27, 35.20, 3, also("Sour", "Sur Lebanon")},
	{"Naqoura", Town, "LB", 33.12, 35.14, 2, also("An-Naqurah", "Nakoura")},
	{"Marjayoun", Town, "LB", 33.36, 35.59, 2, also("Marj Uyun", "Merj Ayoun")},
	{"Nabatieh", Town, "LB", 33.38, 35.48, 3, also("Nabatiyeh")},
	{"Baalbek", Town, "LB", 34.01, 36.21, 3, also("Baalbeck")},
	{"Zahle", Town, "LB", 33.85, 35.90, 3, also("Zahleh")},
	{"Rayak", Airport, "LB", 33.85, 35.99, 2, also("Riyaq")},
	{"Masnaa", Site, "LB", 33.70, 35.92, 2, also("Masna'")},
	// Israel and the Golan
	{"Haifa", Town, "IL", 32.82, 34.99, 5, also("Hefa", "Хайфа", "حيفا", "חיפה")},
	{"Haifa port", Port, "IL", 32.83, 35.01, 3, nil},
	{"Acre", Town, "IL", 32.93, 35.08, 2, also("Akko", "Akka")},
	{"Nahariya", Town, "IL", 33.01, 35.10, 2, also("Nahariyya")},
	{"Rosh Hanikra", Site, "IL", 33.09, 35.10, 1, also("Ras an-Naqoura", "Rosh HaNiqra")},
	{"Kiryat Shmona", Town, "IL", 33.21, 35.57, 2, also("Qiryat Shemona")},
	{"Metula", Town, "IL", 33.28, 35.58, 1, also("Metulla")},
	{"Safed", Town, "IL", 32.97, 35.50, 2, also("Tzfat", "Zefat")},
	{"Tiberias", Town, "IL", 32.79, 35.53, 2, also("Tverya")},
	{"Nazareth", Town, "IL", 32.70, 35.30, 3, nil},
	{"Ramat David", Airport, "IL", 32.67, 35.18, 3, nil},
	{"Tel Aviv", Town, "IL", 32.08, 34.78, 6, also("Tel Aviv-Yafo", "Тель-Авив", "תל אביב")},
	{"Ben Gurion", Airport, "IL", 32.01, 34.88, 4, also("Lod airport", "Ben Gurion airport")},
	{"Hatzor", Airport, "IL", 31.76, 34.73, 3, also("Hazor air base")},
	{"Ashdod", Town, "IL", 31.80, 34.65, 4, nil},
	{"Ashkelon", Town, "IL", 31.67, 34.57, 4, also("Ashqelon")},
	{"Jerusalem", Town, "", 31.78, 35.22, 8, also("Al-Quds", "Yerushalayim", "Иерусалим", "القدس", "ירושלים")},
	{"Gaza", Town, "PS", 31.51, 34.45, 5, also("Gaza City", "Ghazzah")},
	{"Majdal Shams", Town, "", 33.27, 35.77, 2, nil},
	{"Mount Hermon", Site, "", 33.42, 35.86, 5, also("Jabal ash-Shaykh", "Hermon")},
	{"Banias", Site, "", 33.25, 35.69, 1, also("Banias springs", "Hermon stream")},
	{"Katzrin", Town, "", 32.99, 35.69, 2, also("Qatzrin", "Qasrin")},
	// Around the eastern Mediterranean
	{"Akrotiri", Airport, "", 34.59, 32.99, 4, also("RAF Akrotiri")},
	{"Larnaca", Town, "CY", 34.92, 33.63, 4, also("Larnaka")},
	{"Nicosia", Town, "CY", 35.17, 33.36, 6, also("Lefkosia", "Lefkosa")},
	{"Famagusta", Town, "CY", 35.12, 33.94, 3, also("Gazimagusa", "Ammochostos")},
	{"Incirlik", Airport, "TR", 37.00, 35.43, 4, also("İncirlik")},
	{"Adana", Town, "TR", 37.00, 35.32, 8, nil},
	{"Iskenderun", Town, "TR", 36.59, 36.17, 4, also("İskenderun", "Alexandretta")},
	{"Antakya", Town, "TR", 36.20, 36.16, 4, also("Antioch")},
	{"Gaziantep", Town, "TR", 37.07, 37.38, 8, also("Antep", "Aintab")},
	{"Port Said", Town, "EG", 31.26, 32.30, 5, also("Bur Said")},
	{"Alexandria", Town, "EG", 31.20, 29.92, 12, also("Al-Iskandariyah")},
	// Regions: rough circles
	{"north Syria", Region, "SY", 36.30, 38.00, 140, also("northern Syria", "the north of Syria", "север Сирии", "צפון סוריה", "شمال سوريا")},
	{"north-west Syria", Region, "SY", 35.90, 36.55, 75, also("northwest Syria", "northwestern Syria", "north-western Syria")},
	{"north-east Syria", Region, "SY", 36.40, 40.70, 130, also("northeast Syria", "northeastern Syria", "north-eastern Syria")},
	{"east Syria", Region, "SY", 35.00, 40.20, 130, also("eastern Syria")},
	{"south Syria", Region, "SY", 32.90, 36.40, 75, also("southern Syria")},
	{"central Syria", Region, "SY", 34.70, 37.40, 100, nil},
	{"west Syria", Region, "SY", 35.10, 36.20, 90, also("western Syria")},
	{"Syrian coast", Region, "SY", 35.25, 35.87, 75, also("coast of Syria")},
	{"Syria", Region, "SY", 35.00, 38.50, 400, also("Сирия", "سوريا", "סוריה")},
	{"Latakia governorate", Region, "SY", 35.60, 36.00, 42, also("Latakia province", "Latakia region", "rural Latakia")},
	{"Tartus governorate", Region, "SY", 34.95, 36.10, 38, also("Tartus province")},
	{"Idlib governorate", Region, "SY", 35.82, 36.60, 55, also("Idlib province", "Greater Idlib")},
	{"Aleppo governorate", Region, "SY", 36.30, 37.60, 90, also("Aleppo province")},
	{"Homs governorate", Region, "SY", 34.50, 38.00, 150, also("Homs province")},
	{"Hama governorate", Region, "SY", 35.15, 36.90, 75, also("Hama province")},
	{"Deir ez-Zor governorate", Region, "SY", 35.10, 40.30, 125, also("Deir ez-Zor province")},
	{"Raqqa governorate", Region, "SY", 36.00, 38.95, 90, also("Raqqa province")},
	{"Damascus countryside", Region, "SY", 33.60, 36.80, 85, also("Rif Dimashq", "rural Damascus")},
	{"Golan", Region, "", 33.00, 35.77, 40, also("Golan Heights", "Jawlan")},
	{"Bekaa", Region, "LB", 33.90, 36.05, 55, also("Bekaa valley", "Beqaa", "Biqa")},
	{"south Lebanon", Region, "LB", 33.28, 35.40, 35, also("southern Lebanon")},
	{"Lebanon", Region, "LB", 33.87, 35.85, 105, also("Ливан", "لبنان", "לבנון")},
	{"Galilee", Region, "IL", 32.90, 35.40, 35, nil},
	{"Hatay", Region, "TR", 36.40, 36.20, 60, nil},
	{"Cyprus", Region, "CY", 35.05, 33.30, 120, also("Kypros", "Kibris")},
	{"eastern Mediterranean", Sea, "", 34.30, 33.50, 350, also("east Mediterranean", "Levantine sea", "Levantine basin")},
}

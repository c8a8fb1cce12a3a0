package console

import "github.com/a-h/templ"

// icons are drawn on 24 by 24 with a line of 1.75.
var icons = map[string]string{
	"overview": `<path d="M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z"/>`,
	"inbox":    `<path d="M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 2.5h3L15 13h5"/>`,
	"people":   `<circle cx="9" cy="8" r="3.2"/><path d="M3.5 19c.5-3.2 2.700-5 5.500-5s5 1.800 5.500 5M15.500 5.200a3 3 0 0 1 0 5.600M17 14.300c2 .6 3.200 2.200 3.500 4.700"/>`,
	"sources":  `<path d="M13 5h6v14h-6M4 12h10M10.500 8.500L14 12l-3.500 3.500"/>`,
	"targets":  `<path d="M11 5H5v14h6M10 12h10M16.500 8.500L20 12l-3.500 3.500"/>`,
	"history":  `<path d="M4.500 12a7.500 7.500 0 1 0 2.400-5.500M4.500 4.500v4h4M12 8v4.500l3 1.800"/>`,
	"settings": `<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
	"menu":     `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"search":   `<circle cx="11" cy="11" r="6"/><path d="M15.500 15.500L20 20"/>`,
	"theme":    `<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`,
	"clock":    `<circle cx="12" cy="12" r="8"/><path d="M12 7.500V12l3 2"/>`,
	"help":     `<circle cx="12" cy="12" r="8"/><path d="M9.800 9.800c.2-1.200 1.100-1.800 2.300-1.800 1.300 0 2.200.8 2.200 1.900 0 1.600-2.200 1.800-2.200 3.400M12.100 16v.01"/>`,
	"out":      `<path d="M10 5H5v14h5M13 12h7M16.500 8.500L20 12l-3.500 3.500"/>`,
	"right":    `<path d="M9 6l6 6-6 6"/>`,
	"good":     `<circle cx="12" cy="12" r="8"/><path d="M8.500 12.200l2.400 2.400 4.600-5"/>`,
	"busy":     `<path d="M5 12a7 7 0 0 1 12-5l2 2M19 12a7 7 0 0 1-12 5l-2-2M19 5v4h-4M5 19v-4h4"/>`,
	"warn":     `<path d="M12 5l8 14H4zM12 10.500v4M12 16.800v.01"/>`,
	"bad":      `<path d="M8.700 4h6.600L20 8.700v6.600L15.300 20H8.700L4 15.300V8.700zM9.500 9.500l5 5M14.500 9.500l-5 5"/>`,
	"quiet":    `<circle cx="12" cy="12" r="8"/><path d="M8.500 12h7"/>`,
	"hollow":   `<circle cx="12" cy="12" r="6"/>`,
	"held":     `<circle cx="12" cy="12" r="6.500" stroke-dasharray="3.500 3.300"/>`,
	"pause":    `<path d="M9 6v12M15 6v12"/>`,
	"play":     `<path d="M8 5.500v13l10-6.500z"/>`,
	"copy":     `<path d="M9 9h10v10H9zM15 9V5H5v10h4"/>`,
	"lock":     `<path d="M6 11h12v8H6zM8.500 11V8.500a3.500 3.500 0 0 1 7 0V11"/>`,
}

// entries are the navigation, in order, with the key that leads there after g.
var entries = []struct{ name, label, href, key string }{
	{"overview", "Overview", Root, "o"},
	{"inbox", "Inbox", Root + "inbox", "i"},
	{"people", "People & groups", Root + "people", "p"},
	{"sources", "Sources", Root + "sources", "s"},
	{"targets", "Targets", Root + "targets", "t"},
	{"history", "History", Root + "history", "h"},
	{"settings", "Settings", Root + "settings", "e"},
}

func icon(name, class string) templ.Component {
	return templ.Raw(`<svg class="` + class + `" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` + icons[name] + `</svg>`)
}

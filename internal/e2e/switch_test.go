package e2e

import (
	"strings"

	"muster/internal/run"
)

// suppressed checks that at least so many actions were not done because they are switched off, and that the log tells of it.
func (s *story) suppressed(part string, want int) {
	s.Helper()
	for _, x := range s.parts(part) {
		total := 0
		for _, r := range decode[struct{ Items []run.Run }](s.in(), 0, "runs", x.name, "--limit", "100").Items {
			total += r.Counts["switched_off"]
		}
		if total < want {
			s.Errorf("%d suppressed actions are counted at %s, want %d", total, x.name, want)
		}
		if text := s.server.log.String(); !strings.Contains(text, `level=WARN msg="action switched off" target=`+x.name) {
			s.Errorf("no warning about %s in the log:\n%s", x.name, text)
		}
	}
}

// why checks what `muster why` says of somebody at the targets of a part.
func (s *story) why(part, username string, texts ...string) {
	s.Helper()
	for _, x := range s.parts(part) {
		s.in().ok("why", username, x.name).says(texts...)
	}
}

// P7: what is switched off is not done, and is told: a warning in the log, and a count in the run.
func actionsSwitchedOff() map[string]func(*story) {
	return map[string]func(*story){
		"create": func(s *story) {
			s.hired("art")
			s.sync()
			s.company.AddMembers(group("nocreate"), cn("art"))
			s.sync()
			s.is("nocreate", "art", none)
			s.suppressed("nocreate", 1)
			s.why("nocreate", "art", "switched off")
		},
		"update": func(s *story) {
			s.hired("bert", "noupdate")
			s.sync()
			s.is("noupdate", "bert", active)
			s.set("bert", "title", "Boss")
			s.costs(0, "noupdate", "bert")
			s.suppressed("noupdate", 1)
		},
		"removal goes on where update is off": func(s *story) {
			s.hired("carl", "noupdate")
			s.sync()
			s.set("carl", "title", "Boss")
			s.company.off(cn("carl"), true)
			s.sync()
			s.is("noupdate", "carl", disabled)
		},
		"removal": func(s *story) {
			for _, name := range []string{"dirk", "doug"} {
				s.hired(name, "noremove")
			}
			s.sync()
			s.company.RemoveMembers(group("noremove"), cn("dirk"))
			s.company.off(cn("doug"), true)
			s.sync()
			s.is("noremove", "dirk", active)
			s.is("noremove", "doug", active)
			s.suppressed("noremove", 2)
			s.in().ok("leavers").says("doug", "removing is switched off for this target")
			s.why("noremove", "dirk", "switched off")
		},
		"a group": func(s *story) {
			s.hired("enno", "noremove")
			s.company.group("kept-x", cn("enno"))
			s.sync()
			s.members("noremove", "kept-x", "enno")
			s.company.Rename(group("kept-x"), "cn=kept-y")
			s.sync()
			s.noGroup("noremove", "kept-y")
			s.company.Rename(group("kept-y"), "cn=free")
			s.sync()
			s.members("noremove", "kept-x", "enno")
			s.suppressed("noremove", 2)
		},
	}
}

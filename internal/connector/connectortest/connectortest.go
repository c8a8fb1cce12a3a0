// Package connectortest is the suite that every connector passes. It is the contract of package connector in a form that can fail.
//
// Hello! You are adding a connector. Think of the suite as a game of eight levels, from saying hello to good manners. Write one line of test:
//
//	func TestConnector(t *testing.T) {
//		connectortest.Run(t, func(t *testing.T) connectortest.Sandbox { … })
//	}
//
// and work upwards; go test -run 'TestConnector/L2' plays one level. A failure tells what was seen and which rule it breaks, and the rules say why.
// What your service does not offer is skipped with the reason that the connector gives in Features.Notes; what the sandbox cannot do needs a reason in
// Sandbox.Skip. Nothing is skipped in silence.
//
// The suite knows no vendor. It does not test how a connector speaks to its service: table tests beside the connector do. Package memory is the connector
// to copy.
package connectortest

import (
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
)

// A Fault is something a sandbox can be told to do wrong from now on.
type Fault string

// The faults of a sandbox. All but ShortPage spoil every request.
const (
	None          Fault = "none"                        // heal
	Throttled     Fault = "429 with Retry-After: 1"     //
	ThrottledBare Fault = "429 without Retry-After"     //
	Broken        Fault = "500"                         //
	Cut           Fault = "body cut"                    // does as asked; the answer breaks off in the middle
	Lost          Fault = "reply lost after success"    // does as asked; the connection closes without an answer
	HTML          Fault = "HTML instead of JSON"        // status 200 and a login page
	Slow          Fault = "no answer until ctx is done" //
	ShortPage     Fault = "short page"                  // lists leave one object of a page out, with status 200 and the full total
)

// A Sandbox is a connector with a service of its own to play in. The suite opens a new one for every check.
type Sandbox struct {
	// Connector is under test. It is opened with credentials that the service accepts.
	Connector connector.Connector
	// Bad holds connectors that cannot work.
	Bad Bad
	// Fail switches f on until the next call.
	Fail func(f Fault)
	// Seed puts objects into the service behind the connector's back and returns their ids. Without it the suite uses Apply.
	Seed func(...connector.Remote) []connector.RemoteID
	// Login returns the login name of a user as the service itself has it, past the connector. Without it the suite believes what Get says.
	Login func(connector.RemoteID) string
	// Requests returns how many requests the service has received.
	Requests func() int
	// Secrets must appear in no error and no log: tokens, passwords.
	Secrets []string
	// Output returns all that was logged and transcribed so far, at the finest level.
	Output func() string
	// Close ends what the sandbox itself keeps running, idle connections included. May be nil.
	Close func()
	// Words say how objects are described. The zero Words are those of SCIM.
	Words Words
	// Page is how many objects the service lists per request; 0 means 100.
	Page int
	// Big is how many members the big group gets; 0 means 1,000.
	Big int
	// Budget is how many requests operations may take.
	Budget Budget
	// Skip holds the reason for each check that is not played, by "L5" or "L5/unknown member".
	Skip map[string]string
}

// Bad are connectors that cannot work, each for one reason.
type Bad struct {
	Credentials connector.Connector // the service refuses them
	Host        connector.Connector // nobody listens there
	Address     connector.Connector // something answers 404 to everything
}

// Words say how a service's objects are described.
type Words struct {
	Login attr.Path                  // unique name of a user, in Features.FindBy; "" means userName
	Text  []attr.Path                // two or more optional plain text attributes of a user, not unique; nil means title, displayName
	Group attr.Path                  // unique name of a group; "" means displayName
	User  func(name string) attr.Set // a valid user with the login name; nil makes a SCIM user with name and work address
}

// Budget is how many requests one operation may take. 0 stands for the default named.
type Budget struct {
	Check int // 3
	Get   int // 1
	Write int // 2, for one Apply without Repeat
	Find  int // 1
}

// Run plays all levels, with a new sandbox for every check, and returns how far the connector came.
func Run(t *testing.T, open func(t *testing.T) Sandbox) Report {
	t.Helper()
	return play(real{t}, open)
}

// A level is a group of checks on one subject.
type level struct {
	name   string // "L1 hello"
	story  string // what it is about, printed with -v
	checks []check
}

// A check tests one rule.
type check struct {
	name string
	rule string
	need func(k *kit) string // the reason why the service cannot play this, or ""
	run  func(k *kit)
}

func levels() []level {
	return []level{hello, oneAccount, truth, identity, groups, paging, badDays, manners}
}

func play(t tb, open func(t *testing.T) Sandbox) Report {
	t.Helper()
	var out Report
	for _, l := range levels() {
		at := LevelReport{Level: l.name, Checks: len(l.checks)}
		t.Run(l.name, func(t tb) {
			t.Logf("%s", l.story)
			for _, c := range l.checks {
				skipped, played := "", false
				ok := t.Run(c.name, func(t tb) { played = true; playCheck(t, l, c, open, &skipped) })
				at.add(c.name, skipped, ok && played)
			}
		})
		out = append(out, at)
	}
	return out
}

// playCheck plays a check, or says in skipped why not.
func playCheck(t tb, l level, c check, open func(t *testing.T) Sandbox, skipped *string) {
	t.Helper()
	k := newKit(t, c, open(t.real()))
	id, _, _ := cutLevel(l.name)
	for _, key := range []string{id, id + "/" + c.name} {
		if reason := k.s.Skip[key]; reason != "" {
			*skipped = reason
			t.Skipf("declared: %s", reason)
		}
	}
	if c.need != nil {
		if reason := c.need(k); reason != "" {
			*skipped = reason
			t.Skipf("not offered: %s", reason)
		}
	}
	c.run(k)
}

const patience = 30 * time.Second // for one check; a sandbox is near

package scim

import (
	"net/http"
	"time"

	"muster/internal/connector"
	"muster/internal/httpclient"
)

var _ connector.Estimator = (*Connector)(nil)

// Estimate counts the requests of each endpoint class and takes the class that needs longest: the classes fill at the same time.
func (c *Connector) Estimate(ops map[connector.Verb]int) time.Duration {
	need := map[string]float64{}
	for verb, n := range ops {
		for _, r := range c.requests(verb) {
			for _, class := range c.pace.Classes {
				if class.Match(r.method, c.below+r.path) {
					need[class.Name] += float64(n)
				}
			}
		}
	}
	var longest float64
	for _, class := range c.pace.Classes {
		longest = max(longest, seconds(class.Rate, need[class.Name]))
	}
	return time.Duration(longest * float64(time.Second))
}

// seconds is how long n requests take at a rate, after what goes out at once.
func seconds(r httpclient.Rate, n float64) float64 {
	return max(0, n-float64(max(1, r.Burst))) / r.PerSecond
}

type request struct{ method, path string }

// requests are those that an op takes, with the read-back that the engine asks for; look-ups and lists are left out.
func (c *Connector) requests(verb connector.Verb) []request {
	const user, group = "/Users/1", "/Groups/1"
	write := map[string]string{"patch": http.MethodPatch, "put": http.MethodPut, "delete": http.MethodDelete}
	switch verb {
	case connector.Create:
		return []request{{http.MethodPost, "/Users"}}
	case connector.Update, connector.Enable:
		return []request{{write[c.profile.UserUpdate], user}}
	case connector.Disable:
		return []request{{write[c.profile.Deactivate], user}, {http.MethodGet, user}}
	case connector.Delete:
		return []request{{http.MethodDelete, user}, {http.MethodGet, user}}
	case connector.Member:
		if c.profile.GroupUpdate == "put" {
			return []request{{http.MethodGet, group}, {http.MethodPut, group}}
		}
		return []request{{http.MethodPatch, group}}
	}
	return nil
}

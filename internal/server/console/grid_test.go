package console_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/plan"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// wanted is a service at which everybody belongs at wiki and at chat, and has no account at chat.
type wanted struct{ adminapi.Service }

func (w wanted) Why(ctx context.Context, who, target string) (adminapi.Explanation, error) {
	x, err := w.Service.Why(ctx, who, target)
	x.Targets = append(x.Targets, adminapi.At{
		Target: "chat", Scope: plan.In, Says: "olivia.berg belongs at chat: it waits in the first plan", Values: []adminapi.Value{{Path: "userName", Value: attr.Values{"olivia@chat"}}},
	})
	return x, err
}

// The page of a person compares for each target what is wanted, what is there and what was confirmed last, and marks what differs; a target at which they
// belong and have no account stands there too.
func TestTargetGrid(t *testing.T) {
	h := adminapitest.New(t, nil)
	body := enter(t, h, wanted{h.Service}, access.Auditor).get("people/0olivia0000000000000000000").body
	cell := regexp.MustCompile(`(?s)<td data-label="(Attribute|Wanted|There|Last confirmed)"[^>]*>(.*?)</td>`)
	tags := regexp.MustCompile(`(?s)<[^>]*>|\s+`)
	var got []string
	for _, m := range cell.FindAllStringSubmatch(body, -1) {
		got = append(got, m[1]+"="+tags.ReplaceAllString(m[2], ""))
	}
	text := strings.Join(got, " ")
	for _, want := range []string{
		"Attribute=titlediffers Wanted=- There=Engineer Last confirmed=—", "Attribute=userName Wanted=olivia.berg There=olivia.berg Last confirmed=olivia.berg",
		"Attribute=userName Wanted=olivia@chat There=— Last confirmed=—",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the grid lacks %q; it says %s", want, text)
		}
	}
	for _, want := range []string{"1 value differs", "no account yet", "belongs at chat"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

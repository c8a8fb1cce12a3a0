package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console/browsertest"
)

// upload makes the form of an import.
func upload(t *testing.T, from, name, text string) (kind string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	err := form.WriteField("from", from)
	if err == nil && name != "" {
		var part io.Writer
		if part, err = form.CreateFormFile("file", name); err == nil {
			_, err = io.WriteString(part, text)
		}
	}
	if err = errors.Join(err, form.Close()); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), body
}

// M4, S14: a file is taken in and checked, from nobody else and from nowhere else; loading it, what is right of it, and forgetting it are told to the service.
func TestImports(t *testing.T) {
	h := adminapitest.New(t, nil)
	owner, auditor := enter(t, h, h.Service, access.Owner), enter(t, h, h.Service, access.Auditor)
	kind, body := upload(t, "lab", "old.zip", "PK and more")
	res := owner.do(http.MethodPost, "imports", kind, body)
	if to := res.head.Get("Location"); res.status != http.StatusSeeOther || to != "/console/imports/load-2?did=taken" {
		t.Errorf("%d to %q", res.status, to)
	}
	want := []string{"owner load old.zip from lab (11 bytes, skip bad false, dry run false, hold true)"}
	if got := h.Calls(); !slices.Equal(got, want) {
		t.Errorf("%q is done, want %q", got, want)
	}
	kind, body = upload(t, "lab", "", "")
	if res := owner.do(http.MethodPost, "imports", kind, body); res.status/100 != 4 || !strings.Contains(res.body, "No file was chosen.") {
		t.Errorf("no file: %d", res.status)
	}
	if res := owner.post("imports", "file=x"); res.status/100 != 4 {
		t.Errorf("a form without files: %d", res.status)
	}
	kind, body = upload(t, "lab", "old.zip", "x")
	if res := auditor.do(http.MethodPost, "imports", kind, body); res.status != http.StatusForbidden {
		t.Errorf("an auditor: %d", res.status)
	}
	if got := h.Calls(); len(got) != 1 {
		t.Errorf("done besides: %q", got[1:])
	}
	if res := call(t, http.MethodPost, owner.url+"imports", map[string]string{"Sec-Fetch-Site": "cross-site", "Cookie": "__Host-muster=" + owner.cookie}); res.status != http.StatusForbidden {
		t.Errorf("from another site: %d", res.status)
	}
	orders(t, []order{
		{"imports/load-1/load", "", "resume load-1 (skip bad false)"},
		{"imports/load-2/load", "skip=yes", "resume load-2 (skip bad true)"},
		{"imports/load-1/drop", "", "drop load-1"},
	})
}

// sink takes files in as far as they have come, and says so.
type sink struct {
	adminapi.Service
	came chan string
	err  error
}

func (s sink) Load(_ context.Context, _ adminapi.LoadRequest, file io.Reader, _ access.Caller) (adminapi.Started, error) {
	b := make([]byte, 5)
	_, err := io.ReadFull(file, b)
	s.came <- string(b)
	if s.err != nil {
		return adminapi.Started{}, s.err
	}
	_, err2 := io.Copy(io.Discard, file)
	return adminapi.Started{Load: "load-2"}, errors.Join(err, err2)
}

// M4: a file goes to the service while it comes in; one that is refused half-way is told of in four parts.
func TestImportsAreStreamed(t *testing.T) {
	h := adminapitest.New(t, nil)
	for _, refused := range []error{nil, &run.Problem{Code: "load_too_large", What: "the file is larger than 5 bytes", Why: "w", Now: "n", Fix: "f"}} {
		s := sink{h.Service, make(chan string, 1), refused}
		g := enter(t, h, s, access.Owner)
		kind, form := upload(t, "lab", "old.zip", "first, and then the rest")
		begin, rest, _ := strings.Cut(form.String(), "and then")
		body, out := io.Pipe()
		go func() {
			_, _ = io.WriteString(out, begin)
			if got := <-s.came; got != "first" {
				t.Errorf("%q came first", got)
			}
			_, _ = io.WriteString(out, "and then"+rest)
			_ = out.Close()
		}()
		res := g.do(http.MethodPost, "imports", kind, body)
		if refused == nil && res.status != http.StatusSeeOther {
			t.Errorf("%d %s", res.status, res.body)
		}
		if refused != nil && (res.status != http.StatusUnprocessableEntity || !strings.Contains(res.body, "load_too_large")) {
			t.Errorf("refused: %d", res.status)
		}
	}
}

// U2, M4: in a browser a file is chosen, sent with a script that tells how far it is, and leads to its page; one that is too large is not sent.
func TestImportInABrowser(t *testing.T) {
	h := adminapitest.New(t, nil)
	s := open(t, h, h.Service)
	s.as(t, "")
	s.Go("/console/imports")
	choose := `(n => { const d = new DataTransfer(); d.items.add(new File([n], "old.jsonl")); document.querySelector("input[type=file]").files = d.files; return true; })`
	browsertest.Eval[bool](s.Tab, `document.querySelector("[data-upload]").dataset.largest = "3", `+choose+`("12345")`)
	s.Press("Take it in")
	s.Says("The file is larger than 1 kB. Nothing was sent.")
	browsertest.Eval[bool](s.Tab, choose+`("12")`)
	s.Press("Take it in")
	s.Wait(`location.pathname === "/console/imports/load-2"`)
	s.Says("It is being checked; nothing is written before you say so.")
	if got := h.Calls(); len(got) != 1 || !strings.Contains(got[0], "old.jsonl from default (2 bytes") {
		t.Errorf("%q is done", got)
	}
}

package browser

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server/console/browsertest"
)

// draw says that the pictures of the documentation are made anew: `make pictures`.
var draw = os.Getenv("MUSTER_PICTURES") != ""

// images is where they stand.
var images = filepath.Join(root(), "docs", "images")

// largest is how many bytes a picture may have.
const largest = 150_000

// root is the folder of the repository: tests change theirs.
func root() string {
	here, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		panic(err)
	}
	return here
}

// A picture is one of the documentation: a moment of a test here, in a theme, on a screen or a phone.
type picture struct {
	moment, theme string
	phone         bool
}

// pictures are all that there are.
var pictures = []picture{
	{"overview", "light", false},
	{"overview", "dark", false},
	{"overview", "dark", true},
	{"inbox", "light", false},
	{"inbox", "dark", false},
	{"plan", "light", false},
	{"plan", "dark", false},
	{"plan", "light", true},
	{"plan", "dark", true},
	{"why", "light", false},
	{"why", "dark", true},
	{"people", "light", false},
	{"people", "dark", true},
	{"person", "light", false},
	{"person", "dark", false},
	{"close", "light", true},
	{"history", "dark", false},
	{"first-steps", "light", false},
	{"first-plan", "light", false},
	{"first-account", "light", false},
}

// file is the name of its file.
func (x picture) file() string {
	name := x.moment + "-" + x.theme
	if x.phone {
		name += "-phone"
	}
	return name + ".png"
}

// shoot takes the pictures of a moment, if they are to be made.
func shoot(p *browsertest.Tab, moment string) {
	if !draw {
		return
	}
	for _, x := range pictures {
		if x.moment != moment {
			continue
		}
		p.Theme(x.theme)
		p.Size(1280, 860)
		switch {
		case moment == "overview" && !x.phone:
			p.Wait(`/[1-9][0-9]* accounts/.test(document.querySelector(".flow").textContent)`)
			p.Size(1280, 1130)
		case x.phone:
			p.Size(390, 780)
		}
		p.Shot(filepath.Join(images, x.file()), false)
	}
	p.Theme("light")
	p.Size(1440, 900)
}

// U1: the pictures of the documentation are those that `make pictures` writes, no more and no fewer; each is small, of its size, and shown on some page.
func TestPictures(t *testing.T) {
	want := map[string]picture{}
	for _, x := range pictures {
		want[x.file()] = x
	}
	have, err := os.ReadDir(images)
	if err != nil {
		t.Fatal(err)
	}
	if len(have) != len(want) {
		t.Errorf("%d pictures stand in %s, and %d are made: run make pictures", len(have), images, len(want))
	}
	shown := documentation(t)
	for _, f := range have {
		x, ok := want[f.Name()]
		if !ok {
			t.Errorf("nothing makes %s: delete it", f.Name())
			continue
		}
		width, size := measure(t, f)
		if want := map[bool]int{true: 390, false: 1280}[x.phone]; width != want || size > largest {
			t.Errorf("%s is %d wide, not %d, or larger than %d: it has %d bytes", f.Name(), width, want, largest, size)
		}
		if !strings.Contains(shown, "images/"+f.Name()) {
			t.Errorf("no page of the documentation shows %s", f.Name())
		}
	}
}

// measure returns how wide a picture is, and how many bytes it has.
func measure(t *testing.T, f os.DirEntry) (width, size int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(images, f.Name()))
	if err != nil {
		t.Fatal(err)
	}
	c, err := png.DecodeConfig(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", f.Name(), err)
	}
	return c.Width, len(text)
}

// documentation returns the text of the front page and of all pages under docs.
func documentation(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	files := []string{filepath.Join(root(), "README.md")}
	for _, level := range []string{"*.md", "*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root(), "docs", level))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	return text.String()
}

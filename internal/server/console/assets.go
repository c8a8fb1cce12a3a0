package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// An asset is an embedded file, also compressed. Its digest is part of its address, so that browsers keep it for ever and never an old one.
type asset struct {
	body, packed []byte
	kind, tag    string
}

var assets = sync.OnceValue(func() map[string]asset {
	out := map[string]asset{}
	entries, _ := fs.ReadDir(assetFiles, "assets")
	for _, e := range entries {
		body, _ := assetFiles.ReadFile("assets/" + e.Name())
		sum := sha256.Sum256(body)
		var packed bytes.Buffer
		z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		_, _ = z.Write(body)
		_ = z.Close()
		out[e.Name()] = asset{body: body, packed: packed.Bytes(), kind: mime.TypeByExtension(path.Ext(e.Name())), tag: hex.EncodeToString(sum[:6])}
	}
	return out
})

// assetPath returns the address of an embedded file.
func assetPath(name string) string { return Root + "assets/" + name + "?" + assets()[name].tag }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assets()[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if r.URL.RawQuery == a.tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.packed
	}
	_, _ = w.Write(body)
}

package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster/internal/secret"
)

// A Hook is an address that wants to be told. What is sent to it is signed as the Standard Webhooks say (https://www.standardwebhooks.com): HMAC-SHA256 over
// id, time and body, once with each secret, so that a secret can be exchanged while both are good.
type Hook struct {
	Name    string
	URL     string
	Secrets func() ([]secret.String, error) // the newest first
	HTTP    *http.Client
	Now     func() time.Time
}

// shortestSecret is how many bytes a secret needs at least.
const shortestSecret = 24

// Headers of a delivery.
const (
	headerID        = "webhook-id"
	headerTime      = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// Send delivers a message. Whatever is answered but 2xx is tried again: what comes behind waits for it.
func (h *Hook) Send(ctx context.Context, m Message) error {
	secrets, err := h.Secrets()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, strings.NewReader(m.Body))
	if err != nil {
		return err
	}
	now := h.Now()
	signature, err := Sign(m.ID, now, []byte(m.Body), secrets...)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Muster")
	req.Header.Set(headerID, m.ID)
	req.Header.Set(headerTime, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(headerSignature, signature)
	resp, err := h.HTTP.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the address: what stands in it may be a secret
	}
	if err != nil {
		return fmt.Errorf("webhook %s: %w", h.Name, err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 2<<10))
	if resp.StatusCode/100 == 2 {
		return nil
	}
	err = fmt.Errorf("webhook %s answered %s: %s", h.Name, resp.Status, strings.ToValidUTF8(string(bytes.TrimSpace(text)), ""))
	if wait := retryAfter(resp.Header, now); wait > 0 {
		return &LaterError{Wait: min(wait, time.Hour), Err: err}
	}
	return err
}

func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, min(n, 86400))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// Sign returns the signatures of a delivery: one for each secret, with a space between.
func Sign(id string, at time.Time, body []byte, secrets ...secret.String) (string, error) {
	if len(secrets) == 0 {
		return "", errors.New("no secret to sign with")
	}
	out := make([]string, len(secrets))
	for i, s := range secrets {
		key, err := keyOf(s)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		out[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(out, " "), nil
}

// keyOf returns the bytes of a secret: base64 behind whsec_, or the text itself.
func keyOf(s secret.String) ([]byte, error) {
	key := []byte(s.Reveal())
	if text, ok := strings.CutPrefix(s.Reveal(), "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, errors.New("the secret of a webhook is not base64 behind whsec_")
		}
	}
	if len(key) < shortestSecret {
		return nil, fmt.Errorf("the secret of a webhook has %d bytes, and needs %d: openssl rand -hex 32", len(key), shortestSecret)
	}
	return key, nil
}

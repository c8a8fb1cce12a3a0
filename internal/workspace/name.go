package workspace

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	teamForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$`)
	channelForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`)
)

// ErrReserved says, with ErrName, that the name of a team begins like an address of Muster's own.
var ErrReserved = errors.New("reserved")

// reserved is what the name of a team must not begin with, because addresses do.
var reserved = []string{"admin", "api", "channel", "claim", "error", "files", "help", "landing", "login", "mfa", "oauth", "plug", "plugins", "post", "signup"}

// TeamName says what is wrong with the name of a team; the error is an ErrName.
func TeamName(name string) error {
	if !teamForm.MatchString(name) {
		return fmt.Errorf("%q is %w of a team: 2 to 64 of a-z, 0-9 and '-', with a letter or digit at both ends", name, ErrName)
	}
	for _, r := range reserved {
		if strings.HasPrefix(name, r) {
			return fmt.Errorf("%q is %w of a team: it begins with %q, which is %w", name, ErrName, r, ErrReserved)
		}
	}
	return nil
}

// ChannelName says what is wrong with the name of a channel; the error is an ErrName.
func ChannelName(name string) error {
	if !channelForm.MatchString(name) {
		return fmt.Errorf("%q is %w of a channel: up to 64 of a-z, 0-9, '-' and '_', with a letter or digit at both ends", name, ErrName)
	}
	return nil
}

package bulkload

import (
	_ "embed"
	"strings"
	"sync"
)

// What servers of the format have built in: names of emoji, without their skin tones, and ids of permissions, former ones included. Both grow with its versions, so
// that what is not among them is only told.
var (
	//go:embed emoji.txt
	emojiList string
	//go:embed permissions.txt
	permissionList string

	builtinEmoji = sync.OnceValue(func() map[string]bool { return listed(emojiList) })
	permissions  = sync.OnceValue(func() map[string]bool { return listed(permissionList) })
)

func listed(text string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(text) {
		out[name] = true
	}
	return out
}

// skinTones end the names of emoji that there are in several.
var skinTones = []string{"_medium_light_skin_tone", "_medium_dark_skin_tone", "_light_skin_tone", "_medium_skin_tone", "_dark_skin_tone"}

// isBuiltinEmoji reports whether every server of the format has an emoji of that name.
func isBuiltinEmoji(name string) bool {
	for _, tone := range skinTones {
		if base, ok := strings.CutSuffix(name, tone); ok {
			return isBuiltinEmoji(base)
		}
	}
	return builtinEmoji()[name]
}

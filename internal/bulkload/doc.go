// Package bulkload reads files in the JSONL format in which chat systems hand over a whole installation: teams, channels, people, memberships and posts, one
// object a line, plain or in a ZIP with the attachments below data/.
//
// line.go is the format, open.go reads it as a stream, check_*.go say what is wrong with single lines, book.go with what lines say about each other, and
// validate.go does all of it in one pass. It writes nothing: loading into a workspace and exporting one belong here too and come with the workspace.
//
// The format is that of Mattermost's bulk import (docs.mattermost.com, "Bulk loading data"); its rules are those of the server's import code, which the
// documentation does not always state.
package bulkload

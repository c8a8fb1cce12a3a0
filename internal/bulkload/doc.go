// Package bulkload reads and writes files in the JSONL format in which chat systems hand over a whole installation: teams, channels, people, memberships and
// posts, one object a line, plain or in a ZIP with the attachments below data/.
//
// line.go and linefields.go are the format, open.go reads it as a stream, quick.go decodes the lines that programs wrote, check_*.go say what is wrong with single
// lines, book.go with what lines say about each other, and validate.go does all of it in one pass. load.go and step.go bring a file in: a pass for each step,
// because lines may stand in any order; brought.go and the files beside it write what the steps take. People go through package ingest like those of any source,
// their passwords into package access, everything else into package workspace. export*.go write the same format.
//
// The format is that of Mattermost's bulk import (docs.mattermost.com, "Bulk loading data"); its rules are those of the server's import code, which the
// documentation does not always state.
package bulkload

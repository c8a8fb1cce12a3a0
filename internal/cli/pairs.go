package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// mostPairs bounds how long a file of pairs may be.
const mostPairs = 200_000

// readPairs reads pairs of a person and an account from CSV, with commas or semicolons. Lines that cannot be read are findings, all of them.
func readPairs(in io.Reader) ([]adminapi.PairLine, []adminapi.PairFinding, error) {
	b := bufio.NewReader(in)
	if bom, _ := b.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3)
	}
	r := csv.NewReader(b)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = -1, true, true
	head, _ := b.Peek(4096)
	head, _, _ = bytes.Cut(head, []byte("\n"))
	if bytes.ContainsRune(head, ';') && !bytes.ContainsRune(head, ',') {
		r.Comma = ';'
	}
	p := pairReader{person: 0, account: 1}
	for {
		record, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return p.pairs, p.bad, nil
		case errors.As(err, &bad):
			p.finding(adminapi.PairLine{Line: bad.Line}, "the line is no CSV: "+bad.Err.Error())
		case err != nil:
			return nil, nil, fmt.Errorf("read the file: %w", err)
		default:
			line, _ := r.FieldPos(0)
			p.read(line, record)
		}
		if len(p.pairs)+len(p.bad) > mostPairs {
			return nil, nil, fmt.Errorf("the file has more than %d lines: split it", mostPairs)
		}
	}
}

// A pairReader knows in which columns the two stand.
type pairReader struct {
	person, account int
	begun           bool
	pairs           []adminapi.PairLine
	bad             []adminapi.PairFinding
}

func (p *pairReader) read(line int, record []string) {
	first := !p.begun
	p.begun = true
	if first && p.header(record) {
		return
	}
	cell := func(i int) string {
		if i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	l := adminapi.PairLine{Line: line, Who: cell(p.person), Account: cell(p.account)}
	switch {
	case l.Who == "" && l.Account == "" && strings.TrimSpace(strings.Join(record, "")) == "":
	case l.Who == "":
		p.finding(l, "the person is missing")
	case l.Account == "":
		p.finding(l, "the account is missing")
	default:
		p.pairs = append(p.pairs, l)
	}
}

// header takes the first line for the names of columns if it holds both.
func (p *pairReader) header(record []string) bool {
	find := func(name string) int {
		return slices.IndexFunc(record, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
	}
	person, account := find("person"), find("account")
	if person < 0 || account < 0 {
		return false
	}
	p.person, p.account = person, account
	return true
}

func (p *pairReader) finding(l adminapi.PairLine, what string) {
	p.bad = append(p.bad, adminapi.PairFinding{PairLine: l, Problem: run.Problem{Code: adminapi.BadRequest, What: what}})
}

func byLine(f []adminapi.PairFinding) []adminapi.PairFinding {
	slices.SortStableFunc(f, func(a, b adminapi.PairFinding) int { return cmp.Compare(a.Line, b.Line) })
	return f
}

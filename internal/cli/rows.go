package cli

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// A sheet is what a command makes several of: those named as arguments, and those in a file, with more said of each in further columns.
type sheet struct {
	crowd
	noun    string
	columns []string // the first one names what is made
	flags   []string // what only one that is named can be given
}

func (t *sheet) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.file, "file", "", "also those in this `file`, one a line, - = standard input: "+strings.Join(t.columns, ",")+", or as a first line says; # begins a remark")
	cmd.Flags().BoolVar(&t.dry, "dry-run", false, "only say what would be done")
}

// rows returns the names of all that are meant, and their cells by column. Of one that is named twice the first counts.
func (s *shell) rows(cmd *cobra.Command, t sheet, named []string) ([]string, map[string]map[string]string, error) {
	var names []string
	cells := map[string]map[string]string{}
	add := func(row map[string]string) {
		name := row[t.columns[0]]
		names = append(names, name)
		if cells[name] == nil {
			cells[name] = row
		}
	}
	for _, name := range named {
		add(map[string]string{t.columns[0]: name})
	}
	if t.file != "" {
		rows, err := s.read(t)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range rows {
			add(row)
		}
	}
	if len(names) == 0 {
		return nil, nil, usage("%s or --file is missing", t.noun)
	}
	for _, f := range t.flags {
		if len(names) > 1 && cmd.Flags().Changed(f) {
			return nil, nil, usage("--%s is for %s alone: for several it stands in the --file", f, t.noun)
		}
	}
	return names, cells, nil
}

// read reads the rows of a file. A first line with the name of the first column in it says which columns there are.
func (s *shell) read(t sheet) ([]map[string]string, error) {
	r, done, err := s.input(t.file)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []map[string]string
	columns, first := t.columns, true
	lines := csv.NewReader(r)
	lines.Comment, lines.FieldsPerRecord, lines.TrimLeadingSpace = '#', -1, true
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, usage("--file %s: %v", t.file, err)
		}
		tidy(fields)
		if first && slices.ContainsFunc(fields, func(f string) bool { return columnName(f) == t.columns[0] }) {
			columns, first = fields, false
			for i, f := range fields {
				if columns[i] = columnName(f); !slices.Contains(t.columns, columns[i]) {
					return nil, usage("--file %s: there is no column %q; there are: %s", t.file, f, strings.Join(t.columns, ", "))
				}
			}
			continue
		}
		first = false
		row := map[string]string{}
		for i, f := range fields {
			if i >= len(columns) {
				return nil, usage("--file %s: the line of %q has %d cells, and there are %d columns: %s", t.file, fields[0], len(fields), len(columns), strings.Join(columns, ","))
			}
			row[columns[i]] = f
		}
		if row[t.columns[0]] != "" {
			out = append(out, row)
		}
	}
}

// tidy takes away what stands around the cells of a line, and the remark behind a lone one.
func tidy(fields []string) {
	for i, f := range fields {
		f = strings.TrimPrefix(f, "\uFEFF")
		if len(fields) == 1 {
			f, _, _ = strings.Cut(f, "#")
		}
		fields[i] = strings.TrimSpace(f)
	}
}

func columnName(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

package ingest

import (
	"context"

	"muster/internal/directory"
	"muster/internal/mapping"
)

// namesakes finds the people who have the usernames that new records of a source that states once would bring, in one question. Whether they are the same
// people is asked, and never taken for granted.
func (s *settling) namesakes(ctx context.Context) (map[string]directory.Object, error) {
	if s.reading == nil || !s.door.once(s.reading.source) {
		return nil, nil
	}
	var names []string
	for _, rec := range s.records {
		if name := s.usernameOf(rec); rec.Object == "" && name != "" {
			names = append(names, name)
		}
	}
	found, err := s.tx.ObjectsByHandle(ctx, directory.Person, names)
	out := make(map[string]directory.Object, len(found))
	for _, o := range found {
		out[fold(o.Handle())] = o
	}
	return out, err
}

// usernameOf is the username that a record would bring; what cannot be computed is none.
func (s *settling) usernameOf(rec *directory.Record) string {
	set, _ := s.door.rules(rec.Source).Map(*rec)
	return set.First(directory.Username)
}

// meet proposes the person who has the username of a new record, if there is one and a source speaks for them; else the record waits for the name itself.
func (s *settling) meet(ctx context.Context, rec *directory.Record, namesakes map[string]directory.Object) error {
	if len(namesakes) == 0 {
		return nil
	}
	name := s.usernameOf(rec)
	o, taken := namesakes[fold(name)]
	if !taken {
		return nil
	}
	records, err := s.tx.RecordsOf(ctx, []directory.ID{o.ID})
	if err != nil || len(records) == 0 { // made by hand, as the owner was: nobody is taken for them
		return err
	}
	return s.propose(ctx, rec, mapping.KeyValue{Person: directory.Username, Value: name}, o)
}

// Ask stores the matches that this reading has met as a hold, for a person to decide, and closes a hold that is answered. It is for sources that state once;
// a read of others does so when it closes.
func (r *Reading) Ask(ctx context.Context) error {
	if err := r.stand(ctx); err != nil {
		return err
	}
	return r.keepMatches(ctx, true, true)
}

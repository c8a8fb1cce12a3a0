package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/connector/connectortest"
	"muster/internal/connector/memory"
)

// onApply plants a bug in front of and behind Apply.
func onApply(change func(*connector.Op), after func(connector.Op, connector.Remote, error) (connector.Remote, error)) func(*planted) {
	return func(p *planted) {
		p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
			asked := op
			op.Want = op.Want.Clone()
			if change != nil {
				change(&op)
			}
			r, err := p.Connector.Apply(ctx, op)
			if after != nil {
				return after(asked, r, err)
			}
			return r, err
		}
	}
}

// onError plants a bug into the errors of all methods.
func onError(change func(error) error) func(*planted) {
	return func(p *planted) {
		p.check = func(ctx context.Context) (connector.Features, error) {
			f, err := p.Connector.Check(ctx)
			return f, change(err)
		}
		p.get = func(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
			r, err := p.Connector.Get(ctx, kind, id)
			return r, change(err)
		}
		p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
			return change(p.Connector.List(ctx, kind, yield))
		}
		p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
			r, err := p.Connector.Apply(ctx, op)
			return r, change(err)
		}
		p.find = func(ctx context.Context, kind connector.Kind, by attr.Path, v string) (connector.Remote, error) {
			r, err := p.Connector.Find(ctx, kind, by, v)
			return r, change(err)
		}
		p.edges = func(ctx context.Context, g connector.RemoteID, yield func(connector.RemoteID) error) error {
			return change(p.Connector.Members(ctx, g, yield))
		}
	}
}

func bugs() []bug {
	return slices.Concat(helloBugs(), accountBugs(), truthBugs(), identityBugs(), groupBugs(), pagingBugs(), badDayBugs(), mannersBugs())
}

func helloBugs() []bug {
	return []bug{
		{name: "a feature without its reason", checks: []string{"L1 hello/good credentials"}, plant: func(p *planted) {
			p.check = func(ctx context.Context) (connector.Features, error) {
				f, err := p.Connector.Check(ctx)
				f.DeleteUser = false
				return f, err
			}
		}},
		{name: "found by what cannot be asked for", checks: []string{"L1 hello/good credentials"}, plant: func(p *planted) {
			p.find = func(ctx context.Context, kind connector.Kind, by attr.Path, v string) (connector.Remote, error) {
				if by == "externalId" {
					return connector.Remote{}, connector.ErrUnsupported
				}
				return p.Connector.Find(ctx, kind, by, v)
			}
		}},
		{name: "bad credentials unclassified", checks: []string{"L1 hello/bad credentials"}, plant: onError(func(err error) error { return other(err, connector.ErrAuth) })},
		{name: "an outage taken for not found", checks: []string{"L1 hello/bad host", "L7 bad days/500"}, plant: onError(func(err error) error {
			if err != nil && !classified(err) {
				return fmt.Errorf("%w: %w", connector.ErrNotFound, err)
			}
			return err
		})},
		{name: "Check satisfied with 404", checks: []string{"L1 hello/bad address"}, plant: func(p *planted) {
			p.check = func(ctx context.Context) (connector.Features, error) {
				f, err := p.Connector.Check(ctx)
				return f, other(err, connector.ErrForeign)
			}
		}},
	}
}

func classified(err error) bool {
	_, throttled := errors.AsType[*connector.RetryAfter](err)
	return throttled || slices.ContainsFunc([]error{
		connector.ErrExists, connector.ErrNotFound, connector.ErrInvalid, connector.ErrAuth, connector.ErrUnsupported, connector.ErrForeign,
		context.Canceled, context.DeadlineExceeded,
	}, func(class error) bool { return errors.Is(err, class) })
}

func accountBugs() []bug {
	return []bug{
		{name: "an account that List hides", checks: []string{"L2 one account/create, get, list", "L6 paging/1 user"}, plant: func(p *planted) {
			p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
				first := true
				return p.Connector.List(ctx, kind, func(r connector.Remote) error {
					if first {
						first = false
						return nil
					}
					return yield(r)
				})
			}
		}},
		{name: "always created active", checks: []string{"L2 one account/create disabled"}, plant: onApply(func(op *connector.Op) { op.Active = true }, nil)},
		{name: "update writes the whole", checks: []string{"L2 one account/update one attribute"}, plant: onApply(func(op *connector.Op) {
			if op.Verb == connector.Update {
				op.Changed = op.Want.Paths()
			}
		}, nil)},
		{name: "update enables", checks: []string{"L2 one account/update of a disabled account"}, plant: onApply(func(op *connector.Op) {
			if op.Verb == connector.Update {
				op.Verb = connector.Enable
			}
		}, nil)},
		{
			name: "disabled but said to be active", checks: []string{"L2 one account/disable twice"},
			plant: onApply(nil, func(op connector.Op, r connector.Remote, err error) (connector.Remote, error) {
				r.Active = r.Active || op.Verb == connector.Disable
				return r, err
			}),
		},
		{name: "enable forgets the attributes", checks: []string{"L2 one account/enable"}, plant: onApply(func(op *connector.Op) {
			if op.Verb == connector.Enable {
				op.Changed = nil
			}
		}, nil)},
		{name: "delete disables", checks: []string{"L2 one account/delete twice"}, plant: onApply(func(op *connector.Op) {
			if op.Verb == connector.Delete && op.Kind == connector.User {
				op.Verb = connector.Disable
			}
		}, nil)},
	}
}

func truthBugs() []bug {
	edit := func(f func(string) string) func(op *connector.Op) {
		return func(op *connector.Op) {
			for p, values := range op.Want {
				for i := range values {
					if p == "displayName" && op.Kind == connector.User {
						op.Want[p][i] = f(values[i])
					}
				}
			}
		}
	}
	return []bug{
		{
			name: "long values cut", checks: []string{"L3 truth/odd values", "L3 truth/odd values in an update"},
			plant: onApply(edit(func(s string) string { return s[:min(len(s), 64)] }), nil),
		},
		{
			name: "inner spaces squeezed", checks: []string{"L3 truth/odd values"},
			plant: onApply(edit(func(s string) string { return strings.Join(strings.Fields(s), " ") }), nil),
		},
		{name: "empty values left alone", checks: []string{"L3 truth/empty values"}, plant: onApply(func(op *connector.Op) {
			op.Changed = slices.DeleteFunc(slices.Clone(op.Changed), func(p attr.Path) bool { return op.Want.First(p) == "" })
		}, nil)},
		{name: "Normalize changes its argument", checks: []string{"L3 truth/normalize is pure"}, plant: func(p *planted) {
			p.norm = func(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
				out, problems := p.Connector.Normalize(kind, want)
				want["userName"] = out["userName"]
				return out, problems
			}
		}},
		{name: "an update with nothing new clears", checks: []string{"L3 truth/nothing changed"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				if op.Verb == connector.Update {
					now, err := p.Connector.Get(ctx, op.Kind, op.ID)
					if err == nil && now.Attrs[op.Changed[0]].Equal(op.Want[op.Changed[0]]) {
						op.Want = attr.Set{op.Changed[0]: nil}
					}
				}
				return p.Connector.Apply(ctx, op)
			}
		}},
	}
}

func identityBugs() []bug {
	return []bug{
		{
			name: "repeat ignored", checks: []string{"L4 identity/repeated create", "L5 groups/repeated create", "L7 bad days/reply lost after success", "L7 bad days/body cut"},
			plant: onApply(func(op *connector.Op) { op.Repeat = false }, nil),
		},
		{name: "repeat makes a second account", checks: []string{"L4 identity/repeated create"}, plant: onApply(func(op *connector.Op) {
			if op.Repeat {
				op.Repeat = false
				op.Want["userName"] = attr.Values{op.Want.First("userName") + "2"}
			}
		}, nil)},
		{name: "found by nothing", checks: []string{"L4 identity/repeated create by an empty value"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				if op.Repeat {
					if r, err := p.Connector.Find(ctx, op.Kind, op.Match[0], op.Want.First(op.Match[0])); !errors.Is(err, connector.ErrNotFound) {
						return r, err
					}
				}
				return p.Connector.Apply(ctx, op)
			}
		}},
		{name: "the look-up overlooks disabled accounts", checks: []string{"L4 identity/repeated create of a disabled account", "L4 identity/find"}, plant: blindFind},
		{name: "Normalize foretells signs that the service keeps", checks: []string{"L4 identity/find"}, plant: func(p *planted) {
			p.norm = func(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
				out, problems := p.Connector.Normalize(kind, want)
				return tame(out), problems
			}
		}},
		{name: "what was foretold is shown instead of what is kept", checks: []string{"L4 identity/find"}, plant: echo},
		{name: "a taken name adopted at once", checks: []string{"L4 identity/name taken", "L4 identity/many at once"}, plant: onApply(func(op *connector.Op) {
			op.Repeat = true
		}, nil)},
		{
			name: "id gone is success", checks: []string{"L4 identity/id gone", "L5 groups/group gone"},
			plant: onApply(nil, func(op connector.Op, r connector.Remote, err error) (connector.Remote, error) {
				if errors.Is(err, connector.ErrNotFound) {
					return r, nil
				}
				return r, err
			}),
		},
		{name: "rename makes a new account", checks: []string{"L4 identity/rename"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				if op.Verb == connector.Update && slices.Contains(op.Changed, "userName") {
					op.Verb = connector.Create
				}
				return p.Connector.Apply(ctx, op)
			}
		}},
		{
			name: "a taken name is invalid", checks: []string{"L4 identity/rename to a taken name"},
			plant: onError(func(err error) error {
				if errors.Is(err, connector.ErrExists) {
					return connector.ErrInvalid
				}
				return err
			}),
		},
	}
}

// tame returns s with a line for each sign in the login name.
func tame(s attr.Set) attr.Set {
	out := s.Clone()
	if v := out.First("userName"); v != "" {
		out["userName"] = attr.Values{strings.NewReplacer("'", "_", `"`, "_", `\`, "_", "+", "_", "%", "_", "&", "_").Replace(v)}
	}
	return out
}

// echo plants names that are tamed in all that the connector says, and not at the service.
func echo(p *planted) {
	said := func(r connector.Remote, err error) (connector.Remote, error) {
		r.Attrs = tame(r.Attrs)
		return r, err
	}
	p.norm = func(kind connector.Kind, want attr.Set) (attr.Set, []connector.Problem) {
		out, problems := p.Connector.Normalize(kind, want)
		return tame(out), problems
	}
	p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
		return said(p.Connector.Apply(ctx, op))
	}
	p.get = func(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
		return said(p.Connector.Get(ctx, kind, id))
	}
}

// blindFind plants a look-up that sees active accounts only, in Find and in a repeated Create.
func blindFind(p *planted) {
	p.find = func(ctx context.Context, kind connector.Kind, by attr.Path, v string) (connector.Remote, error) {
		r, err := p.Connector.Find(ctx, kind, by, strings.ReplaceAll(v, `"`, ""))
		if err == nil && !r.Active {
			return connector.Remote{}, connector.ErrNotFound
		}
		return r, err
	}
	p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
		if op.Repeat {
			if r, err := p.find(ctx, op.Kind, op.Match[0], op.Want.First(op.Match[0])); err == nil {
				return r, nil
			}
			op.Repeat = false
		}
		return p.Connector.Apply(ctx, op)
	}
}

func groupBugs() []bug {
	return []bug{
		{name: "deleting a group deletes its people", checks: []string{"L5 groups/create, get, list, delete"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				if op.Verb == connector.Delete && op.Kind == connector.Group {
					_ = p.Connector.Members(ctx, op.ID, func(id connector.RemoteID) error {
						_, err := p.Connector.Apply(ctx, connector.Op{Verb: connector.Delete, Kind: connector.User, ID: id})
						return err
					})
				}
				return p.Connector.Apply(ctx, op)
			}
		}},
		{name: "adding replaces", checks: []string{"L5 groups/add and remove"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				if op.Verb == connector.Member && len(op.Add) > 0 {
					_ = p.Connector.Members(ctx, op.ID, func(id connector.RemoteID) error { op.Remove = append(op.Remove, id); return nil })
					op.Remove = slices.DeleteFunc(op.Remove, func(id connector.RemoteID) bool { return slices.Contains(op.Add, id) })
				}
				return p.Connector.Apply(ctx, op)
			}
		}},
		{name: "a rename empties the group", checks: []string{"L5 groups/rename"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				if op.Verb == connector.Update && op.Kind == connector.Group {
					var all []connector.RemoteID
					_ = p.Connector.Members(ctx, op.ID, func(id connector.RemoteID) error { all = append(all, id); return nil })
					_, _ = p.Connector.Apply(ctx, connector.Op{Verb: connector.Member, Kind: connector.Group, ID: op.ID, Remove: all})
				}
				return p.Connector.Apply(ctx, op)
			}
		}},
		{
			name: "only a hundred members written", checks: []string{"L5 groups/many members"},
			plant: onApply(func(op *connector.Op) { op.Add = op.Add[:min(len(op.Add), 100)] }, nil),
		},
		{
			name: "unknown member is not found", checks: []string{"L5 groups/unknown member"},
			plant: onApply(nil, func(op connector.Op, r connector.Remote, err error) (connector.Remote, error) {
				if op.Verb == connector.Member && errors.Is(err, connector.ErrInvalid) {
					err = connector.ErrNotFound
				}
				return r, err
			}),
		},
		{name: "Members goes on after an error of yield", checks: []string{"L5 groups/yield error"}, plant: func(p *planted) {
			p.edges = func(ctx context.Context, g connector.RemoteID, yield func(connector.RemoteID) error) error {
				var last error
				err := p.Connector.Members(ctx, g, func(id connector.RemoteID) error { last = errors.Join(last, yield(id)); return nil })
				return errors.Join(err, last)
			}
		}},
	}
}

func pagingBugs() []bug {
	// first plants a List that is satisfied after n objects.
	first := func(n int) func(*planted) {
		return func(p *planted) {
			p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
				seen, enough := 0, errors.New("enough")
				err := p.Connector.List(ctx, kind, func(r connector.Remote) error {
					if seen++; seen > n {
						return enough
					}
					return yield(r)
				})
				if errors.Is(err, enough) {
					return nil
				}
				return err
			}
		}
	}
	return []bug{
		{
			name: "the first page only", plant: first(memory.PageSize),
			checks: []string{"L6 paging/a page and one of users", "L6 paging/three pages of users", "L6 paging/a page and one of groups"},
		},
		{name: "one less than a page", checks: []string{"L6 paging/one page of users"}, plant: first(memory.PageSize - 1)},
		{name: "an empty list is an error", checks: []string{"L6 paging/0 users"}, plant: func(p *planted) {
			p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
				n := 0
				err := p.Connector.List(ctx, kind, func(r connector.Remote) error { n++; return yield(r) })
				if err == nil && n == 0 {
					return connector.ErrNotFound
				}
				return err
			}
		}},
		{name: "the error of yield is wrapped", checks: []string{"L6 paging/yield error"}, plant: onError(func(err error) error {
			if err != nil {
				return fmt.Errorf("list: %w", err)
			}
			return nil
		})},
		{name: "yield on another goroutine", checks: []string{"L6 paging/calling goroutine"}, plant: func(p *planted) {
			p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) (err error) {
				var wg sync.WaitGroup
				wg.Go(func() { err = p.Connector.List(ctx, kind, yield) })
				wg.Wait()
				return err
			}
		}},
	}
}

func badDayBugs() []bug {
	return []bug{
		{name: "429 is just an error", checks: []string{"L7 bad days/429 with Retry-After", "L7 bad days/429 without Retry-After"}, plant: onError(func(err error) error {
			if again, ok := errors.AsType[*connector.RetryAfter](err); ok {
				return again.Err
			}
			return err
		})},
		{name: "short pages believed", checks: []string{"L7 bad days/short page"}, plant: func(p *planted) {
			p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
				if err := p.Connector.List(ctx, kind, yield); err != nil && classified(err) {
					return err
				}
				return nil
			}
		}},
		{name: "a login page is an outage", checks: []string{"L7 bad days/HTML instead of JSON"}, plant: onError(func(err error) error { return other(err, connector.ErrForeign) })},
		{name: "deaf to ctx", checks: []string{"L7 bad days/ctx ends"}, plant: onError(func(err error) error { return other(err, context.DeadlineExceeded) })},
		{name: "works on after ctx", checks: []string{"L7 bad days/ctx over already"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				return p.Connector.Apply(context.WithoutCancel(ctx), op)
			}
		}},
	}
}

func mannersBugs() []bug {
	var out lines
	return []bug{
		{name: "token in errors", checks: []string{"L8 manners/no secret in errors"}, plant: onError(func(err error) error {
			if err != nil {
				return fmt.Errorf("GET /Users (Authorization: Bearer %s): %w", token, err)
			}
			return nil
		})},
		{
			name: "token in logs", checks: []string{"L8 manners/no secret in logs"},
			sandbox: func(s *connectortest.Sandbox) { s.Output = out.String },
			plant:   onError(func(err error) error { out.add(http.Header{"Authorization": {"Bearer " + token}}); return err }),
		},
		{name: "asks three times", checks: []string{"L8 manners/request budget"}, plant: func(p *planted) {
			p.get = func(ctx context.Context, kind connector.Kind, id connector.RemoteID) (connector.Remote, error) {
				_, _ = p.Connector.Get(ctx, kind, id)
				return p.Connector.Get(ctx, kind, id)
			}
		}},
		{name: "retries by itself", checks: []string{"L8 manners/no retries"}, plant: func(p *planted) {
			p.apply = func(ctx context.Context, op connector.Op) (connector.Remote, error) {
				r, err := p.Connector.Apply(ctx, op)
				if err != nil && !classified(err) {
					return p.Connector.Apply(ctx, op)
				}
				return r, err
			}
		}},
		{name: "a goroutine left behind", checks: []string{"L8 manners/no goroutine left"}, plant: func(p *planted) {
			p.list = func(ctx context.Context, kind connector.Kind, yield func(connector.Remote) error) error {
				ch := make(chan connector.Remote)
				var listErr error
				go func() {
					defer close(ch)
					listErr = p.Connector.List(ctx, kind, func(r connector.Remote) error { ch <- r; return nil })
				}()
				for r := range ch {
					if err := yield(r); err != nil {
						return err // and nobody reads ch any more
					}
				}
				return listErr
			}
		}},
	}
}

// lines is a log that anybody may write to.
type lines struct {
	mu  sync.Mutex // guards all
	all []string
}

func (l *lines) add(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, fmt.Sprint(v))
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

package engine

import "sync"

// A Progress is how far a run has got.
type Progress struct {
	Phase string
	Done  int
}

// progress remembers how far the runs of this process have got.
type progress struct {
	mu   sync.Mutex // guards runs
	runs map[string]Progress
}

func (p *progress) set(id, phase string, done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == nil {
		p.runs = map[string]Progress{}
	}
	p.runs[id] = Progress{phase, done}
}

func (p *progress) drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.runs, id)
}

// Progress returns how far a run has got, while it runs in this process.
func (e *Engine) Progress(id string) (Progress, bool) {
	e.progress.mu.Lock()
	defer e.progress.mu.Unlock()
	p, ok := e.progress.runs[id]
	return p, ok
}

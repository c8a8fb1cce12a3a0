package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// shell is what all commands share: the application, the streams, the flags, and the connection once there is one.
type shell struct {
	app     App
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	lines   *bufio.Reader
	colour  bool // on standard output
	bars    bool // on standard error
	session Session
	log     logTail

	opts      Options
	addr      string
	tokenFile string
	json      bool
	quiet     bool
	verbose   bool
	noInput   bool
	keys      bool // show the keys of lines
}

func newShell(app App, stdin io.Reader, stdout, stderr io.Writer) *shell {
	s := &shell{app: app, stdin: stdin, stdout: stdout, stderr: stderr, lines: bufio.NewReader(stdin)}
	plain := s.getenv("NO_COLOR") != "" || s.getenv("TERM") == "dumb"
	s.colour = isTerminal(stdout) && !plain
	s.bars = isTerminal(stderr) && s.getenv("TERM") != "dumb"
	s.opts.Log = logger(&s.log, slog.LevelWarn, "text")
	return s
}

// logTail keeps the end of the log of an application in this process. Commands tell what went wrong themselves; only what they cannot tell is printed.
type logTail struct {
	mu   sync.Mutex // guards tail
	tail []byte
}

const longestTail = 64 << 10

func (l *logTail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, b...)
	if n := len(l.tail) - longestTail; n > 0 {
		l.tail = append([]byte(nil), l.tail[n:]...)
	}
	return len(b), nil
}

func (l *logTail) flush(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprint(w, cleanLines(string(l.tail)))
	l.tail = nil
}

func (s *shell) getenv(name string) string { return os.Getenv(name) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func flagNames(c *cobra.Command) []string {
	var out []string
	add := func(f *pflag.Flag) { out = append(out, f.Name) }
	c.Flags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	return out
}

func (s *shell) data() string {
	if s.opts.Data != "" {
		return s.opts.Data
	}
	return DefaultData
}

// connect returns a client: of the server at --addr, of the one that runs on the data folder, or of the application started in this process.
func (s *shell) connect(ctx context.Context) (*client.Client, error) {
	if s.addr != "" {
		token, err := s.token("")
		if err != nil {
			return nil, err
		}
		c, err := client.Address(s.addr, token)
		if err != nil {
			return nil, usage("--addr: %v", err)
		}
		return c, nil
	}
	socket, file := filepath.Join(s.data(), adminapi.SocketName), filepath.Join(s.data(), adminapi.TokenName)
	conn, err := server.DialSocket(ctx, socket)
	switch {
	case err == nil:
		conn.Close()
		token, err := s.token(file)
		return client.Socket(socket, token), err
	case errors.Is(err, fs.ErrPermission):
		return nil, &run.Problem{
			Code: "not_allowed", What: fmt.Sprintf("The server at %s cannot be reached: %v.", socket, errors.Unwrap(err)),
			Fix: "Run this as the user that the server runs as, or use --addr and a token.",
		}
	case !server.IsAbsent(err):
		return nil, err
	}
	return s.start(ctx, file)
}

// start runs the application in this process.
func (s *shell) start(ctx context.Context, tokenFile string) (*client.Client, error) {
	s.say("No server runs on %s: working in this process.", s.data())
	if s.verbose {
		s.opts.Log = logger(s.stderr, slog.LevelInfo, "text")
	}
	session, err := s.app.Open(ctx, s.opts)
	if err != nil {
		return nil, err // an application that did not start has nothing to close, whatever came with the error
	}
	s.session = session
	token, err := s.token(tokenFile)
	return client.Handler(s.session.Handler(), token), err
}

// token reads the token to use: as told by flag or environment, else from file.
func (s *shell) token(file string) (secret.String, error) {
	switch {
	case s.tokenFile == "-":
		text, err := s.lines.ReadString('\n')
		if err != nil && text == "" {
			return secret.String{}, usage("--token-file -: standard input holds no token")
		}
		return secret.New(strings.TrimSpace(text)), nil
	case s.tokenFile != "":
		file = s.tokenFile
	case s.getenv("MUSTER_TOKEN") != "":
		return secret.New(s.getenv("MUSTER_TOKEN")), nil
	}
	if file == "" {
		return secret.String{}, usage("--addr needs a token: --token-file, or MUSTER_TOKEN in the environment")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return secret.String{}, &run.Problem{
			Code: "not_signed_in", What: fmt.Sprintf("The token cannot be read: %v.", err),
			Fix: "Run this as the user that the server runs as, or give a token with --token-file or MUSTER_TOKEN.",
		}
	}
	return secret.New(strings.TrimSpace(string(b))), nil
}

func (s *shell) close() error {
	if s.session == nil {
		return nil
	}
	return s.session.Close()
}

// call makes a command's RunE of a function that needs a connection.
func (s *shell) call(fn func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := s.connect(cmd.Context())
		if err != nil {
			return err
		}
		return fn(cmd.Context(), c, args)
	}
}

// ask prompts for a line. It fails where nobody can answer.
func (s *shell) ask(prompt, instead string) (string, error) {
	if s.noInput || !isTerminal(s.stdin) {
		return "", usage("%s", instead)
	}
	fmt.Fprint(s.stderr, clean(prompt)+" ")
	text, err := s.lines.ReadString('\n')
	if err != nil && text == "" {
		return "", usage("nothing was typed")
	}
	return strings.TrimSpace(text), nil
}

func logger(w io.Writer, level slog.Level, format string) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

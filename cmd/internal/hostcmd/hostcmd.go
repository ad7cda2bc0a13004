// Package hostcmd is the command that serves host calls, shared by adyton host
// and adyton-host.
package hostcmd

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"adyton.dev/adyton/hostcalls/server"
)

// New returns the command; use is its name, prog what examples call it by.
func New(use, prog string) *cobra.Command {
	var listen string
	var exports []string
	cmd := &cobra.Command{
		Use:   use + " --listen unix:PATH [--export [NAME=]DIR[:rw]]...",
		Short: "Serve host calls on a Unix socket",
		Long: `Serve host calls: the untrusted side of the enclave boundary, in a process of
its own. An Adyton started with --host unix:PATH asks it for everything that only
the host can do.

Only this user can connect to the socket. Exported directories are read-only
unless they end in :rw; a path never leaves them and never follows a symbolic
link on the way. The program's standard streams are those of this command.
SIGTERM and SIGINT end it and remove the socket.`,
		Example: `  # The whole host, read-only
  ` + prog + ` --listen unix:/run/user/1000/adyton.sock

  # One tree as the root, and a directory that can be written
  ` + prog + ` --listen unix:./host.sock --export /=./rootfs --export /data=/srv/data:rw`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, ok := strings.CutPrefix(listen, "unix:")
			if !ok || path == "" {
				return fmt.Errorf("--listen %s: want unix:PATH", listen)
			}
			roots, err := parseExports(exports)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			defer stop()
			return serve(ctx, path, roots, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "where to serve, as unix:`PATH`")
	cmd.Flags().StringArrayVar(&exports, "export", []string{"/"}, "a directory to export, as [NAME=]`DIR`[:rw]; may be given several times")
	cmd.MarkFlagRequired("listen")
	cmd.RegisterFlagCompletionFunc("listen", cobra.FixedCompletions([]string{"unix:"}, cobra.ShellCompDirectiveNoSpace))
	return cmd
}

// parseExports reads the values of --export.
func parseExports(exports []string) ([]server.Root, error) {
	var roots []server.Root
	seen := make(map[string]bool)
	for _, x := range exports {
		name, dir, named := strings.Cut(x, "=")
		if !named {
			dir = x
		}
		dir, writable := strings.CutSuffix(dir, ":rw")
		dir = strings.TrimSuffix(dir, ":ro")
		if dir == "" || named && name == "" {
			return nil, fmt.Errorf("--export %s: want [NAME=]DIR[:rw]", x)
		}
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("--export %s: %w", x, err)
		}
		if !named {
			name = abs
		}
		if seen[name] {
			return nil, fmt.Errorf("--export %s: %s is exported twice", x, name)
		}
		seen[name] = true
		roots = append(roots, server.Root{Name: name, Dir: abs, Writable: writable})
	}
	return roots, nil
}

func serve(ctx context.Context, path string, roots []server.Root, log *slog.Logger) error {
	ln, err := server.Listen(path)
	if err != nil {
		return err
	}
	for _, r := range roots {
		log.Info("export", "name", r.Name, "dir", r.Dir, "writable", r.Writable)
	}
	log.Info("serving host calls", "socket", path, "pid", os.Getpid())
	if err := server.Serve(ctx, ln, server.Options{Roots: roots}); err != nil {
		return err
	}
	log.Info("stopped", "socket", path)
	return nil
}

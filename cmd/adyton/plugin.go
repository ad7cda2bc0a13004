package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/plugin"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/proto/gen/coreapi"
)

// pluginSpec reads `PATH[?arg=A&sha256=H]`. Without args the program is asked to
// serve kind, as adyton itself does.
func pluginSpec(kind, where string) (plugin.Spec, error) {
	path, query, _ := strings.Cut(where, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return plugin.Spec{}, fmt.Errorf("plugin:%s: %w", where, err)
	}
	for k := range q {
		if k != "arg" && k != "sha256" {
			return plugin.Spec{}, fmt.Errorf("plugin:%s: no option %q; there is arg, sha256", where, k)
		}
	}
	spec := plugin.Spec{Path: path, Args: q["arg"], SHA256: q.Get("sha256")}
	if path == "self" {
		if spec.Path, err = os.Executable(); err != nil {
			return spec, err
		}
	}
	if len(spec.Args) == 0 && kind != "" {
		spec.Args = []string{"serve", kind}
	}
	return spec, nil
}

// startPlugin starts what --KIND=plugin:WHERE names, for a run. gone is called
// when it is given up.
func startPlugin(kind, where string, s *setup, core coreapi.Core, operator func(string, ...any), gone func()) (*plugin.Plugin, error) {
	spec, err := pluginSpec(kind, where)
	if err != nil {
		return nil, fmt.Errorf("--%s %w", kind, err)
	}
	own := *s
	own.Streams = []int{3, 4, 5}
	b, err := json.Marshal(&own)
	if err != nil {
		return nil, err
	}
	spec.Operator, spec.OnDeath = operator, gone
	spec.Env = append(os.Environ(), setupVar+"="+string(b))
	spec.Files = []*os.File{os.Stdin, os.Stdout, os.Stderr}
	return plugin.Start(kind, spec, core)
}

func newPlugin() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Look at plugins",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPluginInspect())
	return cmd
}

func newPluginInspect() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "inspect PATH[?arg=A&sha256=H]",
		Short: "Start a plugin and print what it says of itself: name, version, checksum, coverage",
		Example: `  adyton plugin inspect /opt/adyton/fs
  adyton plugin inspect 'self?arg=serve&arg=ipc' --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			spec, err := pluginSpec("", strings.TrimPrefix(args[0], "plugin:"))
			if err != nil {
				return err
			}
			spec.Operator = func(f string, a ...any) { fmt.Fprintf(cmd.ErrOrStderr(), "adyton: "+f+"\n", a...) }
			p, err := plugin.Start("", spec, coreapi.Unimplemented{})
			if err != nil {
				return err
			}
			defer p.Kill()
			return printPlugin(cmd, p, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "of the coverage: table, markdown or json (the coverage alone)")
	return cmd
}

func printPlugin(cmd *cobra.Command, p *plugin.Plugin, format string) error {
	w := cmd.OutOrStdout()
	if format != "json" {
		t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
		fmt.Fprintf(t, "subsystem:\t%s\nname:\t%s\nversion:\t%s\nsha256:\t%x\n\n", p.Kind(), p.Name, p.Version, p.SHA256)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	numbers, owners := map[string]uint64{}, map[string]string{}
	for _, c := range p.Claims {
		for _, name := range c.Syscalls {
			n, ok := syscalls.Numbers()[name]
			if !ok {
				return fmt.Errorf("plugin inspect: it claims %q, which is no system call", name)
			}
			numbers[name], owners[name] = n, p.Kind()
		}
	}
	return coverage.Write(w, format, coverage.Table(numbers, owners, map[string][]coverage.Claim{p.Kind(): p.Claims}))
}

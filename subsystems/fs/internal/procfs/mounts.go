package procfs

import (
	"fmt"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// mounts writes mounts, mountinfo or mountstats as the task's root sees them.
func (p *FS) mounts(c *vfs.Ctx, t *task, name string) ([]byte, linux.Errno) {
	rep, e := t.facts(c)
	if e != 0 {
		return nil, e
	}
	root := c.NS.Top(vfs.Path{Mnt: c.NS.Root, D: c.NS.Root.Root})
	if file := p.File(rep.Root); rep.Root != 0 && file != nil {
		root = file.Path
	}
	var out []byte
	for _, m := range c.NS.All {
		at, reached := c.NS.PathString(vfs.Path{Mnt: m, D: m.Root}, root)
		if !reached {
			continue
		}
		at = escape(at)
		source := escape(m.Source)
		if source == "" {
			source = "none"
		}
		super := "rw"
		if m.Super.ReadOnly {
			super = "ro"
		}
		if m.Super.Options != "" {
			super += "," + m.Super.Options
		}
		switch name {
		case "mounts":
			options := Options(m)
			if m.Super.Options != "" {
				options += "," + m.Super.Options
			}
			out = fmt.Appendf(out, "%s %s %s %s 0 0\n", source, at, m.Super.Type, options)
		case "mountinfo":
			parent := uint64(0)
			if m.Parent != nil {
				parent = m.Parent.ID
			} else {
				parent = m.ID
			}
			out = fmt.Appendf(out, "%d %d %d:%d %s %s %s - %s %s %s\n", m.ID, parent,
				linux.Major(m.Super.Dev), linux.Minor(m.Super.Dev), escape(within(m)), at, Options(m), m.Super.Type, source, super)
		default:
			out = fmt.Appendf(out, "device %s mounted on %s with fstype %s\n", source, at, m.Super.Type)
		}
	}
	return out, 0
}

// within is the path of a mount's root in its file system.
func within(m *vfs.Mount) string {
	if m.Root == m.Super.Root {
		return "/"
	}
	path := ""
	for d := m.Root; d.Parent != d; d = d.Parent {
		path = "/" + d.Name + path
	}
	return path
}

// Options gives the options of a mount as /proc/mounts shows them.
func Options(m *vfs.Mount) string {
	out := "rw"
	if m.ReadOnly() {
		out = "ro"
	}
	for _, x := range []struct {
		flag uint64
		name string
	}{
		{linux.MS_NOSUID, "nosuid"}, {linux.MS_NODEV, "nodev"}, {linux.MS_NOEXEC, "noexec"}, {linux.MS_NOATIME, "noatime"},
		{linux.MS_NODIRATIME, "nodiratime"}, {linux.MS_RELATIME, "relatime"}, {linux.MS_NOSYMFOLLOW, "nosymfollow"},
	} {
		if m.Flags&x.flag != 0 {
			out += "," + x.name
		}
	}
	return out
}

var escapes = strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`, "#", `\043`)

// escape writes what would part fields as mangle_path does.
func escape(s string) string { return escapes.Replace(s) }

package fs

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// xattrRecord begins the PAX records that hold extended attributes.
const xattrRecord = "SCHILY.xattr."

// unpack fills the root from a tar file, which may be gzipped. Links on the way
// to a name are followed within the root.
func (f *FS) unpack(c *vfs.Ctx, root vfs.Path, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := in.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("fs: root tar: %w", err)
		}
		defer z.Close()
		in = bufio.NewReaderSize(z, 1<<16)
	}
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("fs: root tar: %w", err)
		}
		if err := f.unpackOne(c, root, h, t); err != nil {
			return fmt.Errorf("fs: root tar: %s: %w", h.Name, err)
		}
	}
}

// unpackOne makes one entry.
func (f *FS) unpackOne(c *vfs.Ctx, root vfs.Path, h *tar.Header, r io.Reader) error {
	name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
	if name == "" {
		setFromTar(root.Inode(), h)
		return nil
	}
	dir, e := f.tarDir(c, root, path.Dir("/"+name))
	if e != 0 {
		return e
	}
	base := path.Base(name)
	if len(base) > linux.NAME_MAX {
		return linux.ENAMETOOLONG
	}
	old := dir.Inode().Dir.Get(base)
	if old != nil && h.Typeflag == tar.TypeDir && old.Inode.IsDir() {
		setFromTar(old.Inode, h)
		return nil
	}
	if old != nil {
		if old.Inode.IsDir() {
			return linux.EISDIR
		}
		c.Remove(old)
	}
	kinds := map[byte]uint32{
		tar.TypeReg: linux.S_IFREG, tar.TypeDir: linux.S_IFDIR, tar.TypeChar: linux.S_IFCHR,
		tar.TypeBlock: linux.S_IFBLK, tar.TypeFifo: linux.S_IFIFO,
	}
	switch h.Typeflag {
	case tar.TypeLink:
		return f.tarLink(c, root, dir, base, h)
	case tar.TypeSymlink:
		if h.Linkname == "" {
			return linux.ENOENT
		}
		f.makeLink(c, dir, base, h.Linkname)
	case tar.TypeXGlobalHeader:
		return nil
	default:
		kind, ok := kinds[h.Typeflag]
		if !ok {
			return fmt.Errorf("entry of type %q, want a file, directory, link, device or FIFO", h.Typeflag)
		}
		f.makeNode(c, dir, base, kind, linux.Makedev(uint32(h.Devmajor), uint32(h.Devminor)), 0)
	}
	n := dir.Inode().Dir.Get(base).Inode
	if n.Data != nil {
		if err := fillFromTar(c, n, r); err != nil {
			return err
		}
	}
	setFromTar(n, h)
	return nil
}

// tarDir finds a directory, making those that the tar file leaves out.
func (f *FS) tarDir(c *vfs.Ctx, root vfs.Path, dir string) (vfs.Path, linux.Errno) {
	c.Start(root, root, 0)
	p, e := c.Lookup(dir, vfs.Follow|vfs.WantDir)
	if e != linux.ENOENT || dir == "/" {
		return p, e
	}
	above, e := f.tarDir(c, root, path.Dir(dir))
	if e != 0 {
		return above, e
	}
	if above.Inode().Dir.Get(path.Base(dir)) != nil {
		return above, linux.ENOENT // a link to nothing
	}
	d, e := f.makeNode(c, above, path.Base(dir), linux.S_IFDIR|0755, 0, 0)
	return vfs.Path{Mnt: root.Mnt, D: d}, e
}

func (f *FS) tarLink(c *vfs.Ctx, root, dir vfs.Path, base string, h *tar.Header) error {
	c.Start(root, root, 0)
	to, e := c.Lookup(path.Clean("/"+h.Linkname), 0)
	if e != 0 {
		return fmt.Errorf("link to %s: %w", h.Linkname, e)
	}
	if to.Inode().IsDir() {
		return fmt.Errorf("link to %s: %w", h.Linkname, linux.EPERM)
	}
	if e := f.makeHardLink(c, to.D, dir, base); e != 0 {
		return e
	}
	return nil
}

func fillFromTar(c *vfs.Ctx, n *vfs.Inode, r io.Reader) error {
	buf := make([]byte, 1<<18)
	off := int64(0)
	for {
		got, err := io.ReadFull(r, buf)
		for done := 0; done < got; {
			w, e := n.Data.Write(&c.Op, buf[done:got], off)
			if e != 0 {
				return e
			}
			done += w
			off += int64(w)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// setFromTar gives an inode the attributes of its entry.
func setFromTar(n *vfs.Inode, h *tar.Header) {
	n.Uid, n.Gid = uint32(h.Uid), uint32(h.Gid)
	if !n.IsLink() {
		n.Mode = n.Type() | uint32(h.Mode)&07777
	}
	if !h.ModTime.IsZero() {
		n.Mtime = vfs.Time{Sec: h.ModTime.Unix(), Nsec: uint32(h.ModTime.Nanosecond())}
		n.Atime, n.Ctime, n.Btime = n.Mtime, n.Mtime, n.Mtime
	}
	for key, value := range h.PAXRecords {
		if name, ok := strings.CutPrefix(key, xattrRecord); ok {
			if n.Xattrs == nil {
				n.Xattrs = make(map[string][]byte)
			}
			n.Xattrs[name] = []byte(value)
		}
	}
}

package fuzz

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed c/interp.c
var interp []byte

// jail runs the interpreter on both sides. Natively it is root only of user,
// mount, PID, network, IPC and UTS namespaces of its own, whose ids are
// nobody's outside; it makes a tmpfs its root, and the programs are uid 1000
// there without capabilities.
type jail struct {
	cfg  *Config
	dir  string
	bin  string
	one  bool
	uids []syscall.SysProcIDMap
	runs int
}

// hostIDs are ids outside that own nothing.
const hostIDs = 61000

func newJail(cfg *Config) (*jail, error) {
	dir, err := os.MkdirTemp("", "adyton-fuzz")
	if err != nil {
		return nil, err
	}
	j := &jail{cfg: cfg, dir: dir, bin: filepath.Join(dir, "interp")}
	if err := j.build(); err != nil {
		j.close()
		return nil, err
	}
	if os.Getuid() != 0 {
		j.close()
		return nil, errorf("native programs need ids of their own: run it as root (it drops to ids that own nothing)")
	}
	j.uids = []syscall.SysProcIDMap{{ContainerID: 0, HostID: hostIDs, Size: 1}, {ContainerID: 1000, HostID: hostIDs + 1, Size: 2}}
	return j, nil
}

func (j *jail) build() error {
	// The interpreter is started by ids that own nothing.
	if err := os.Chmod(j.dir, 0o755); err != nil {
		return err
	}
	src := filepath.Join(j.dir, "interp.c")
	if err := os.WriteFile(src, interp, 0o644); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(j.dir, "root"), 0o755); err != nil {
		return err
	}
	out, err := exec.Command("cc", "-O1", "-static", "-w", "-o", j.bin, src).CombinedOutput()
	if err != nil {
		return errorf("cc: %w\n%s", err, out)
	}
	return nil
}

func (j *jail) close() { os.RemoveAll(j.dir) }

// both runs programs on both sides and gives what each printed, by program.
func (j *jail) both(ctx context.Context, list []*program, limit time.Duration) (native, adyton []string, err error) {
	var b strings.Builder
	for i, p := range list {
		p.append(&b, i)
	}
	j.runs++
	file := filepath.Join(j.dir, "programs")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		return nil, nil, err
	}
	args := []string{j.bin, file, filepath.Join(j.dir, "root"), strconv.Itoa(int(limit / time.Millisecond))}
	n := exec.Command(args[0], args[1:]...)
	n.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		UidMappings: j.uids, GidMappings: j.uids, GidMappingsEnableSetgroups: true,
		Credential: &syscall.Credential{Uid: 0, Gid: 0},
		Pdeathsig:  syscall.SIGKILL,
	}
	a := exec.Command(j.cfg.Adyton, append(append(append([]string{"run", "--user", "0:0"}, j.cfg.Flags...), "--"), args...)...)
	a.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	most := 60*time.Second + time.Duration(len(list))*limit
	adyton, aerr := output(ctx, a, len(list), most)
	native, err = output(ctx, n, len(list), most)
	if err != nil {
		return nil, nil, fmt.Errorf("native: %w", err)
	}
	if aerr != nil {
		// The core ended or hangs: the program that did it shows what there is.
		for i := range adyton {
			if adyton[i] == "" {
				adyton[i] = "= gone: " + lastLine(aerr.Error()) + "\n"
				for k := i + 1; k < len(adyton); k++ {
					adyton[k] = native[k]
				}
				break
			}
		}
	}
	return native, adyton, nil
}

func lastLine(s string) string {
	for line := range strings.Lines(s) {
		if strings.Contains(line, "panic") || strings.Contains(line, "adyton:") {
			return strings.TrimSpace(line)
		}
	}
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// output runs the interpreter and takes what it prints apart by program.
func output(ctx context.Context, cmd *exec.Cmd, n int, most time.Duration) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Start()
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		cmd.Process.Kill()
		<-done
		err = fmt.Errorf("no end after %v", most)
	}
	list := make([]string, n)
	for _, part := range strings.Split("\n"+out.String(), "\nP ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		if i, e := strconv.Atoi(head); e == nil && i < n && strings.Contains("\n"+body, "\n= ") {
			list[i] = strings.TrimRight(body, "\n") + "\n"
		}
	}
	if err != nil {
		return list, fmt.Errorf("%w: %s", err, errs.String())
	}
	for i := range list {
		if list[i] == "" {
			return list, fmt.Errorf("no answer to program %d: %s", i, errs.String())
		}
	}
	return list, nil
}

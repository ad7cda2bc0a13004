// Command goroutines runs 500 goroutines that pass a token round, runs a
// child, and uses the parts of the runtime that make system calls: timers,
// files, the garbage collector, signals and pipes.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	fmt.Println("ring:", ring(500))
	fmt.Println("locked:", locked(500))
	fmt.Println("child:", child())
	fmt.Println("timers:", timers(100))
	fmt.Println("files:", files(100))
	fmt.Println("garbage:", garbage())
	fmt.Println("signal:", interrupted())
	fmt.Println("threads:", threads(20))
	os.Exit(4)
}

// ring passes a number through n goroutines, each of which adds one.
func ring(n int) int {
	first := make(chan int)
	in := first
	for range n {
		out := make(chan int)
		go func(in, out chan int) { out <- 1 + <-in }(in, out)
		in = out
	}
	go func() { first <- 0 }()
	return <-in
}

func locked(n int) int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	total := 0
	for range n {
		wg.Go(func() {
			for range 100 {
				mu.Lock()
				total++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return total
}

func child() string {
	cmd := exec.Command("/bin/sh", "-c", "read line; echo got $line; exit 6")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err.Error()
	}
	go func() {
		io.WriteString(in, "a line\n")
		in.Close()
	}()
	out, err := cmd.Output()
	return fmt.Sprintf("%q %v", out, err)
}

func timers(n int) int {
	var fired atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		time.AfterFunc(time.Duration(i%10)*time.Millisecond, func() {
			fired.Add(1)
			wg.Done()
		})
	}
	wg.Wait()
	return int(fired.Load())
}

func files(n int) int {
	dir, err := os.MkdirTemp("", "goroutines")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	var good atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			name := fmt.Sprintf("%s/%d", dir, i)
			text := fmt.Sprintf("file %d", i)
			if os.WriteFile(name, []byte(text), 0o600) != nil {
				return
			}
			if b, err := os.ReadFile(name); err == nil && string(b) == text {
				good.Add(1)
			}
		})
	}
	wg.Wait()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != n {
		return -len(list)
	}
	return int(good.Load())
}

var sink [][]byte

func garbage() string {
	for range 20 {
		sink = nil
		for range 100 {
			sink = append(sink, make([]byte, 64<<10))
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprint("collected ", m.NumGC > 0)
}

func interrupted() string {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
	return (<-ch).String()
}

// threads holds n threads in blocking reads at once.
func threads(n int) int {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	fd := int(r.Fd()) // blocking from now on
	var wg sync.WaitGroup
	var got atomic.Int64
	for range n {
		wg.Go(func() {
			b := make([]byte, 1)
			if k, _ := syscall.Read(fd, b); k == 1 {
				got.Add(1)
			}
		})
	}
	for range n {
		w.Write([]byte("x"))
	}
	wg.Wait()
	return int(got.Load())
}

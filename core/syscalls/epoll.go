package syscalls

import "adyton.dev/adyton/core/fdtable"

// forgetEpoll takes a closed description out of the epoll sets it is in.
func (e *Env) forgetEpoll(f *fdtable.File) {}

package main

import "adyton.dev/adyton/core/coverage"

var tempSignal = []coverage.Claim{{Syscalls: []string{"rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend", "rt_sigreturn", "sigaltstack", "kill", "tkill", "tgkill", "pause", "rt_sigtimedwait", "nanosleep", "clock_nanosleep", "clock_gettime"}, Level: coverage.Full, Tests: []string{"conformance/signal"}}}

# make fuzz S=decode T=60s: fuzz one part for a while. Crashers stay in
# testdata/fuzz and are tests from then on. docs/fuzzing.md says more.

.PHONY: fuzz fuzz-native fuzz-short

T ?= 60s
fuzz_fs := ./subsystems/fs FuzzFS
fuzz_mm := ./subsystems/mm FuzzMM
fuzz_signal := ./subsystems/signal FuzzSignal
fuzz_ipc := ./subsystems/ipc FuzzIPC
fuzz_decode := ./core/kernel FuzzDecode
fuzz_wire := ./hostcalls/server FuzzWire
fuzz_host := ./hostcalls/hostile FuzzNoise
fuzz_elf := ./core/loader FuzzParse
fuzz_script := ./core/loader FuzzParseScript
fuzz_seccomp := ./core/seccomp FuzzRun
fuzz_strace := ./core/strace FuzzCall
FUZZ := fs mm signal ipc decode wire host elf script seccomp strace

fuzz:
	@test -n "$(fuzz_$(S))" || { echo "usage: make fuzz S=`echo $(FUZZ) | tr ' ' '|'` [T=60s]"; exit 2; }
	go test -run '^$$' -fuzz '^$(word 2,$(fuzz_$(S)))$$' -fuzztime $(T) $(word 1,$(fuzz_$(S)))

# Random programs natively and under Adyton; F=fs,mm names families. Root only.
F ?= fs,ipc,mm,net,poll,rw,signal,task
fuzz-native: all
	bin/adyton fuzz native --families $(F) --time $(T)

# Each for seconds.
fuzz-short:
	@for s in $(FUZZ); do $(MAKE) --no-print-directory fuzz S=$$s T=5s || exit 1; done

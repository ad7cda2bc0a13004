# make fuzz S=decode T=60s: fuzz one part for a while. Crashers stay in
# testdata/fuzz and are tests from then on.

.PHONY: fuzz

T ?= 60s
fuzz_decode := ./core/kernel FuzzDecode
fuzz_strace := ./core/strace FuzzCall
fuzz_elf := ./core/loader FuzzParse
fuzz_script := ./core/loader FuzzParseScript
fuzz_host := ./hostcalls/hostile FuzzNoise
fuzz_signal := ./subsystems/signal FuzzSignal
fuzz_mm := ./subsystems/mm FuzzMM
fuzz_ipc := ./subsystems/ipc FuzzIPC

fuzz:
	@test -n "$(fuzz_$(S))" || { echo "usage: make fuzz S=decode|strace|elf|script|host|signal|mm|ipc [T=60s]"; exit 2; }
	go test -run '^$$' -fuzz '^$(word 2,$(fuzz_$(S)))$$' -fuzztime $(T) $(word 1,$(fuzz_$(S)))

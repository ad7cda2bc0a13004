# The shim and the vDSO: assembled by binutils, committed as bytes.
.PHONY: gen-shim
gen: gen-shim
gen-shim:
	go run ./core/platform/hostproc/genshim core/platform/hostproc

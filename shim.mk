# The shim and the vDSO: assembled by binutils, committed as bytes.
.PHONY: gen-shim shim-check

gen: gen-shim

gen-shim:
	go run ./core/platform/hostproc/genshim core/platform/hostproc

# make shim-check: fail when make gen-shim would change anything.
shim-check:
	go run ./core/platform/hostproc/genshim -check core/platform/hostproc

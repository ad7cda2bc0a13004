# Targets of tests/: conformance programs and real software, both natively
# and under Adyton (bin/adyton, or ADYTON=PATH).

.PHONY: conform apps try tally golden apps-install

# make conform PLUGIN=fs: the same with subsystems as plugins.
conform:
	ADYTON_PLUGIN=$(PLUGIN) go test -count=1 -timeout 60m ./tests/conformance

apps:
	go test -count=1 -timeout 60m ./tests/apps ./tests/programs/...

# make try T=rename/noreplace: one case, a family, or a line of ci.list.
try:
	@go run ./tests/try $(T)

# How many cases and apps are equal on both sides, by family.
tally:
	@go run ./tests/try -tally

# Recorded output of tests/apps/testdata, always from the host kernel.
golden:
	go test -count=1 ./tests/apps -run TestApps -golden

apps-install:
	apt-get install -y --no-install-recommends $$(grep -v '^#' tests/apps/packages.txt)

# The Linux Test Project's system call tests, built and installed outside the
# repository (LTP=PREFIX), on both sides: which pass natively alone.
LTP ?= /opt/ltp
.PHONY: ltp
ltp:
	go run ./tests/ltp -ltp $(LTP)

# Targets of tests/: conformance programs and real software, both natively
# and under Adyton (bin/adyton, or ADYTON=PATH).

.PHONY: conform apps try golden apps-install

conform:
	go test -count=1 -timeout 20m ./tests/conformance

apps:
	go test -count=1 -timeout 30m ./tests/apps ./tests/programs/...

# make try T=rename/noreplace: one case, a family, or a line of ci.list.
try:
	@go run ./tests/try $(T)

# Recorded output of tests/apps/testdata, always from the host kernel.
golden:
	go test -count=1 ./tests/apps -run TestApps -golden

apps-install:
	apt-get install -y --no-install-recommends $$(grep -v '^#' tests/apps/packages.txt)

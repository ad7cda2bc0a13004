# Targets of tests/: conformance programs and real software, both natively
# and under Adyton (bin/adyton, or ADYTON=PATH).

.PHONY: conform apps apps-all try tally golden apps-install apps-all-install

# make conform PLUGIN=fs: the same with subsystems as plugins.
conform:
	ADYTON_PLUGIN=$(PLUGIN) go test -count=1 -timeout 60m ./tests/conformance

apps:
	go test -count=1 -timeout 60m ./tests/apps ./tests/programs/...

# Everything of ci.list and all.list, or the names that match A, into the
# table of docs/apps.md. It takes hours; a row is written as soon as it is known.
apps-all: all
	go run ./tests/try -apps docs/apps.md '$(A)'

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

# What all.list needs besides; perl's tests come with its source package, of
# any version that the archive still has.
apps-all-install: apps-install
	apt-get install -y --no-install-recommends $$(grep -v '^#' tests/apps/packages-all.txt)
	mkdir -p .cache/apps/lists/partial
	cd .cache/apps && S=machine.list && sed 's/^deb /deb-src /' /etc/apt/sources.list > $$S 2>/dev/null; \
		F=/etc/apt/sources.list.d/debian.sources; [ ! -e $$F ] || { S=machine.sources; sed 's/^Types:.*/Types: deb-src/' $$F > $$S; }; \
		O="-o Dir::Etc::sourcelist=$$PWD/$$S -o Dir::Etc::sourceparts=- -o Dir::State::lists=$$PWD/lists" && \
		apt-get $$O update && \
		for v in $$(apt-cache $$O showsrc perl | sed -n 's/^Version: //p'); do \
			apt-get $$O source --download-only perl=$$v && break; done && tar xf perl_*.orig.tar.xz

# The Linux Test Project's system call tests, built and installed outside the
# repository (LTP=PREFIX), on both sides: which pass natively alone.
LTP ?= /opt/ltp
.PHONY: ltp
ltp:
	go run ./tests/ltp -ltp $(LTP)

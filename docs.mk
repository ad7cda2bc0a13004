# Documents that are made from the program.

.PHONY: docs bench
docs: all
	bin/adyton coverage --format json | go run ./docs/coveragegen > docs/coverage.md.new && mv docs/coverage.md.new docs/coverage.md

# make bench: docs/benchmarks.md and its chart. Half an hour on a quiet machine;
# the chart's library is a dependency of tools/ alone.
bench: all
	mkdir -p .cache
	bin/adyton bench all --json > .cache/bench.json
	cd tools && go run ./benchgen ../docs < ../.cache/bench.json

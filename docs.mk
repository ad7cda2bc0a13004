# Documents that are made from the program.

.PHONY: docs
docs: all
	bin/adyton coverage --format json | go run ./docs/coveragegen > docs/coverage.md.new && mv docs/coverage.md.new docs/coverage.md

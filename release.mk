# make release: a static binary, manual pages, a list of what it is made of
# (CycloneDX) and checksums, in dist/. The version is that of the commit: a tag,
# or a pseudo-version as Go makes it.

.PHONY: release

CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

release:
	rm -rf dist && mkdir -p dist/man1
	CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags '-s -w' -o dist/ ./cmd/adyton ./cmd/adyton-host
	dist/adyton man dist/man1
	tar -C dist --sort=name --owner=0 --group=0 --mtime=@0 -czf dist/man.tar.gz man1 && rm -r dist/man1
	for b in adyton adyton-host; do go run $(CYCLONEDX) bin -json -noserial -output dist/$$b.cdx.json dist/$$b || exit 1; done
	cd dist && sha256sum adyton adyton-host *.json man.tar.gz > SHA256SUMS
	dist/adyton version && cat dist/SHA256SUMS

# Tests of Python's own suite (libpython3.11-testsuite): "ok NAME" for each
# that passes, another word for the others.
for t; do
	/usr/bin/python3 -m test -v "$t" 2>&1 < /dev/null |
		sed -nE 's/^(test\S*) \(([^)]*)\).* \.\.\. (ok|FAIL|ERROR|skipped.*|expected failure)$/\3 \2.\1/p'
done | sed -E 's/^(ok|FAIL|ERROR|skipped|expected failure).* (\S+)$/\1 \2/' | sort

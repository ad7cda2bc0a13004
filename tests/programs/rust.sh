# A static Rust program: threads, channels, files, children, sockets, a panic.
d=$(mktemp -d)
trap 'rm -r $d' EXIT
rustc -O -C target-feature=+crt-static -o $d/everyday "$1" && $d/everyday 2> /dev/null

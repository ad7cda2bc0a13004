# javac, then the program under each collector that this JVM has.
d=$(mktemp -d)
trap 'rm -r $d' EXIT
javac -d $d "$1" || exit
for gc in Serial Parallel G1 Z Shenandoah; do
	echo $gc
	java -Xmx128m -XX:+Use${gc}GC -Xlog:disable -cp $d Everyday
	echo status $?
done

import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

/** Garbage in threads, locks, mapped files, children, faults, timers, a shutdown hook. */
public class Everyday {
    static volatile Object sink;

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Long>> sums = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            final int seed = i;
            sums.add(pool.submit(() -> garbage(new Random(seed))));
        }
        long total = 0;
        for (Future<Long> f : sums) total += f.get();
        System.out.println(total);
        pool.shutdown();

        Thread[] threads = new Thread[100];
        final int[] count = {0};
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int j = 0; j < 1000; j++) synchronized (count) { count[0]++; }
            });
            threads[i].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(count[0]);

        Path dir = Files.createTempDirectory("everyday"), f = dir.resolve("f");
        Files.writeString(f, "hello\n".repeat(1000));
        try (FileChannel ch = FileChannel.open(f, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer m = ch.map(FileChannel.MapMode.READ_WRITE, 0, 100);
            m.put(0, (byte) 'J');
            m.force();
            FileLock lock = ch.lock();
            System.out.println(lock.isValid());
            lock.release();
        }
        Files.copy(f, dir.resolve("g"));
        Files.move(dir.resolve("g"), dir.resolve("h"));
        System.out.println(Files.readString(f).substring(0, 5) + Files.size(dir.resolve("h")));
        Files.delete(f);
        Files.delete(dir.resolve("h"));
        Files.delete(dir);

        Process child = new ProcessBuilder("sh", "-c", "cat; exit 5").start();
        child.getOutputStream().write("to a child ".getBytes());
        child.getOutputStream().close();
        System.out.println(new String(child.getInputStream().readAllBytes()) + child.waitFor());

        try { Object none = null; none.hashCode(); } catch (NullPointerException e) { System.out.println("null"); }
        try { deep(0); } catch (StackOverflowError e) { System.out.println("stack"); }
        try {
            List<long[]> all = new ArrayList<>();
            while (true) all.add(new long[1 << 20]);
        } catch (OutOfMemoryError e) { System.out.println("memory"); }

        ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
        CountDownLatch five = new CountDownLatch(5);
        timer.scheduleAtFixedRate(five::countDown, 0, 10, TimeUnit.MILLISECONDS);
        System.out.println(five.await(60, TimeUnit.SECONDS));
        timer.shutdownNow();
        Thread sleeper = new Thread(() -> {
            try { Thread.sleep(100000); } catch (InterruptedException e) { System.out.println("interrupted"); }
        });
        sleeper.start();
        sleeper.interrupt();
        sleeper.join();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
    }

    static long garbage(Random r) {
        long sum = 0;
        List<byte[]> kept = new ArrayList<>();
        for (int j = 0; j < 20000; j++) {
            byte[] b = new byte[r.nextInt(2000)];
            sum += b.length;
            kept.add(b);
            if (kept.size() > 500) kept.set(r.nextInt(500), kept.remove(kept.size() - 1));
            sink = b;
        }
        return sum;
    }

    static int deep(int i) { return deep(i + 1) + 1; }
}

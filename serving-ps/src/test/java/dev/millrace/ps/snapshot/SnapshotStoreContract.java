package dev.millrace.ps.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What every store does. */
abstract class SnapshotStoreContract {
    private static final long SEED = 20260731;

    /** Bit flips and cuts tried in each object. */
    abstract int damages();

    /** Over the same place each time within a test. */
    abstract SnapshotStore store(int keep);

    abstract Blobs blobs();

    /** No matter whether it survives a crash. */
    abstract void overwrite(String name, byte[] bytes) throws IOException;

    @Test
    void anEmptyOneHasNone() throws IOException {
        assertTrue(store(1).newest().isEmpty());
    }

    @Test
    void readsBackWhatWasWritten() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(2), Chain.CONFIG, SEED)) {
            chain.learn(3000, 1000);
            chain.snapshot(4);
            try (Snapshot read = newest()) {
                assertEquals(Chain.header(4, chain.table).withDeltaOffset(14), read.header());
                assertArrayEquals(new long[] {5, 6, 4}, read.extras().longs(Extras.RECENT_IDS));
                assertArrayEquals(
                        new byte[] {1, 2}, read.extras().bytes("sketch").orElseThrow());
            }
            assertNewestIs(chain, 4);
        }
    }

    @Test
    void aTableWithoutRowsIsASnapshotToo() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(2), Chain.CONFIG, SEED)) {
            chain.snapshot(0);
            assertNewestIs(chain, 0);
        }
    }

    @Test
    void rowsInMemoryAreWrittenAtOnce() throws IOException {
        try (Chain chain = new Chain(store(2), Chain.CONFIG, SEED);
                Snapshot whole =
                        new Snapshot(Chain.header(3, chain.table), SnapshotTables.copyRows(chain.table), Extras.NONE)) {
            store(2).write(whole);
            assertEquals(3, newest().header().sequence());
        }
    }

    @Test
    void incrementsHoldWhatChangedAndWhatWent() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(2), Chain.CONFIG, SEED)) {
            chain.learn(20_000, 5000);
            Published full = chain.snapshot(1);
            for (long sequence = 2; sequence <= 5; sequence++) {
                chain.learn(50, 6000);
                Published increment = chain.snapshot(sequence);
                assertEquals(sequence - 1, increment.increments());
                assertEquals(full.fullBytes(), increment.fullBytes());
                assertTrue(increment.incrementBytes() < full.fullBytes() / 2);
                assertNewestIs(chain, sequence);
            }
        }
    }

    @Test
    void aFullOneComesAfterSoManyIncrementsOrBytes() throws InterruptedException {
        var config = new SnapshotWriter.Config(2, 100, 1 << 10, 4);
        try (Chain chain = new Chain(store(9), config, SEED)) {
            chain.learn(2000, 1000);
            for (int sequence = 1; sequence <= 7; sequence++) {
                chain.learn(1, 1000);
                assertEquals((sequence - 1) % 3, chain.snapshot(sequence).increments());
            }
        }
        try (Chain chain = new Chain(store(9), new SnapshotWriter.Config(99, 0.5, 1 << 10, 4), SEED)) {
            chain.learn(2000, 1000);
            assertEquals(0, chain.snapshot(11).increments());
            chain.learn(2000, 1000);
            assertEquals(1, chain.snapshot(12).increments());
            assertEquals(0, chain.snapshot(13).increments());
        }
    }

    @Test
    void onlyANewerOneIsTaken() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(2), Chain.CONFIG, SEED)) {
            chain.snapshot(9);
            chain.snapshot(10);
            try (Snapshot newer = store(2).newerThan(9).orElseThrow()) {
                assertEquals(10, newer.header().sequence());
            }
            assertTrue(store(2).newerThan(10).isEmpty());
        }
    }

    @Test
    void oldChainsGoAndWhatAKeptOneNeedsStays() throws IOException, InterruptedException {
        var config = new SnapshotWriter.Config(1, 100, 1 << 10, 4);
        try (Chain chain = new Chain(store(2), config, SEED)) {
            for (int sequence = 1; sequence <= 6; sequence++) {
                chain.learn(100, 100);
                chain.snapshot(sequence);
            }
        }
        assertEquals(List.of(3L, 4L, 5L, 6L), sequences(Names.MANIFEST));
        assertEquals(List.of(3L, 4L, 5L, 6L), sequences(Names.DATA));
    }

    @Test
    void damageAnywhereIsRefusedAndWhatStandsBeforeIsUsed() throws IOException, InterruptedException {
        Random random = new Random(SEED);
        try (Chain chain = twoChains()) {
            for (String name : newestFirst()) {
                byte[] good = bytes(name);
                for (int i = 0; i < damages(); i++) {
                    byte[] flipped = good.clone();
                    flipped[random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(8));
                    overwrite(name, flipped);
                    assertNewestIs(chain, before(name));
                    overwrite(name, Arrays.copyOf(good, random.nextInt(good.length)));
                    assertNewestIs(chain, before(name));
                }
                blobs().delete(name);
                assertNewestIs(chain, before(name));
                if (name.endsWith(Names.DATA)) {
                    overwrite(name, good);
                }
            }
            assertNewestIs(chain, 0);
        }
    }

    @Test
    void aRefusedOneIsNamedInTheLog() throws IOException, InterruptedException {
        try (Chain chain = twoChains()) {
            String data = names(Names.DATA).get(2);
            byte[] bytes = bytes(data);
            bytes[bytes.length / 2] ^= 1;
            overwrite(data, bytes);
            List<String> said = said(() -> assertNewestIs(chain, 2));
            assertTrue(said.stream().anyMatch(line -> line.contains(Names.manifest(5)) && line.contains(data)));

            byte[] manifest = bytes(Names.manifest(2));
            manifest[7] = '7';
            overwrite(Names.manifest(2), manifest);
            said = said(() -> assertNewestIs(chain, 1));
            assertTrue(said.stream()
                    .anyMatch(line -> line.contains(Names.manifest(2)) && line.contains("of version '07'")));
        }
    }

    @Test
    void anIncrementOnAnotherMemberOfThatSequenceIsRefused() throws IOException, InterruptedException {
        try (Chain chain = twoChains();
                Chain other = new Chain(store(9), Chain.CONFIG, SEED + 1)) {
            other.learn(100, 100);
            other.snapshot(4);
            assertNewestIs(other, 4);
            assertTrue(chain.was.containsKey(5L));
        }
    }

    @Test
    void whatACrashLeftUnfinishedIsNotSeenAndDeleted() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(3), Chain.CONFIG, SEED)) {
            chain.learn(10, 10);
            chain.snapshot(1);
            String orphan = Names.data(2, "deadbeef");
            overwrite(orphan, bytes(names(Names.DATA).getFirst()));
            overwrite(Names.manifest(2) + Names.UNFINISHED, new byte[100]);
            assertNewestIs(chain, 1);
            chain.snapshot(3);
            assertNewestIs(chain, 3);
            assertFalse(blobs().names().contains(orphan));
            assertFalse(blobs().names().contains(Names.manifest(2) + Names.UNFINISHED));
        }
    }

    @Test
    void whatWasGivenUpLeavesNothing() throws IOException, InterruptedException {
        try (Chain chain = new Chain(store(3), Chain.CONFIG, SEED)) {
            chain.learn(500, 1000);
            chain.snapshot(1);
            chain.learn(500, 1000);
            chain.begin(2);
        }
        assertEquals(List.of(1L), sequences(Names.DATA));
        assertEquals(1, newest().header().sequence());
    }

    /** 1 ← 2, then 3 ← 4 ← 5. */
    private Chain twoChains() throws InterruptedException {
        Chain chain = new Chain(store(9), new SnapshotWriter.Config(1, 100, 1 << 10, 4), SEED);
        chain.learn(100, 100);
        chain.snapshot(1);
        chain.learn(10, 100);
        chain.snapshot(2);
        Chain second = new Chain(store(9), Chain.CONFIG, SEED);
        try (chain) {
            for (int sequence = 3; sequence <= 5; sequence++) {
                second.learn(sequence == 3 ? 100 : 10, 100);
                second.snapshot(sequence);
            }
            second.was.putAll(chain.was);
            return second;
        }
    }

    /** Of each member its data, then its manifest. */
    private List<String> newestFirst() throws IOException {
        return blobs().names().stream().sorted(Comparator.reverseOrder()).toList();
    }

    /** The newest that is whole in {@link #twoChains} without this object and all newer ones. */
    private static long before(String name) {
        return Names.sequence(name).orElseThrow() - 1;
    }

    void assertNewestIs(Chain chain, long sequence) throws IOException {
        try (Snapshot snapshot = store(9).newest().orElse(null)) {
            if (snapshot == null) {
                // Before the first there is none; the newer ones do not need it.
                assertEquals(0, sequence);
                return;
            }
            assertEquals(sequence, snapshot.header().sequence());
            assertEquals(chain.was.get(sequence), Chain.rows(SnapshotTables.restore(snapshot, Chain.MAX_ROWS)));
        }
    }

    private Snapshot newest() throws IOException {
        return store(9).newest().orElseThrow();
    }

    List<String> names(String suffix) throws IOException {
        return blobs().names().stream()
                .filter(name -> name.endsWith(suffix))
                .sorted()
                .toList();
    }

    private List<Long> sequences(String suffix) throws IOException {
        return names(suffix).stream()
                .map(name -> Names.sequence(name).orElseThrow())
                .toList();
    }

    byte[] bytes(String name) throws IOException {
        try (FileChannel file = blobs().open(name)) {
            byte[] bytes = new byte[(int) file.size()];
            StoredRows.fill(file, 0, ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    private static List<String> said(Action action) throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger(ChainedStore.class);
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        logger.addAppender(appender);
        try {
            action.run();
        } finally {
            logger.detachAppender(appender);
        }
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}

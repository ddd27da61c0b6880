package dev.millrace.ingest.profile;

import dev.millrace.ingest.profile.ProfileStore.Kind;
import dev.millrace.ingest.profile.ProfileStore.Wanted;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Profiles that are asked for and will be too old soon, to be read again together, so that nobody waits for them. Bounded:
 * one too many is read by whoever asks for it when it is too old. Safe for many threads; reading is for one at a time.
 */
final class ProfileRefresh {
    private static final Logger LOG = LoggerFactory.getLogger(ProfileRefresh.class);
    private static final int MOST = 8192;
    private static final int TOGETHER = 1024;
    /** In which the next ones come to be read with the first. */
    private static final long GATHER_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long IDLE_S = 1;

    private final Queue<Due> waiting = new ArrayBlockingQueue<>(MOST);
    private final AtomicBoolean begun = new AtomicBoolean();
    private final Executor thread;
    private final Consumer<List<Wanted>> reader;

    private record Due(Kind kind, String id) {}

    /**
     * @param thread runs the reading
     * @param reader of what is due; what it throws costs this reading
     */
    ProfileRefresh(Executor thread, Consumer<List<Wanted>> reader) {
        this.thread = thread;
        this.reader = reader;
    }

    /** A thread that gathers for a moment before it reads, and ends when there is nothing to do. */
    static Executor ownThread() {
        ThreadPoolExecutor one =
                new ThreadPoolExecutor(1, 1, IDLE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread made = new Thread(work, "profile-refresh");
                    made.setDaemon(true);
                    return made;
                });
        one.allowCoreThreadTimeOut(true);
        return work -> one.execute(() -> {
            LockSupport.parkNanos(GATHER_NS);
            work.run();
        });
    }

    /** @return whether it will be read */
    boolean add(Kind kind, String id) {
        boolean taken = waiting.offer(new Due(kind, id));
        if (begun.compareAndSet(false, true)) {
            thread.execute(this::read);
        }
        return taken;
    }

    private void read() {
        // Whoever comes from here on begins another reading.
        begun.set(false);
        Set<String> users = new LinkedHashSet<>();
        Set<String> items = new LinkedHashSet<>();
        for (Due due = waiting.poll(); due != null; due = waiting.poll()) {
            (due.kind() == Kind.USER ? users : items).add(due.id());
            if (users.size() + items.size() == TOGETHER) {
                read(users, items);
            }
        }
        read(users, items);
    }

    private void read(Set<String> users, Set<String> items) {
        List<Wanted> wanted = new ArrayList<>();
        if (!users.isEmpty()) {
            wanted.add(new Wanted(Kind.USER, List.copyOf(users), List.of()));
        }
        if (!items.isEmpty()) {
            wanted.add(new Wanted(Kind.ITEM, List.copyOf(items), List.of()));
        }
        if (!wanted.isEmpty()) {
            try {
                reader.accept(wanted);
            } catch (RuntimeException e) {
                LOG.warn("{} users and {} items were not read again", users.size(), items.size(), e);
            }
        }
        users.clear();
        items.clear();
    }
}

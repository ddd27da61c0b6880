package dev.millrace.learner.factor;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;

/**
 * Ratings in a grid of blocks, an int each, by user within a block. Users and items are shuffled first, so that blocks are
 * about equal; two blocks that share no row and no column touch no factor of each other (Gemulla et al. 2011).
 *
 * <pre>
 *  31            userBits        itemBits          levelBits           0
 *  +-------------------+-----------------+----------------------------+
 *  | user of the row   | item of the col | which value                |
 *  +-------------------+-----------------+----------------------------+
 * </pre>
 *
 * Read-only once made.
 */
final class Strata {
    private static final int CHUNK = 1 << 16;
    private static final int LEAST_GRID = 8;
    private static final int MOST_GRID = 512;

    final int grid;
    final int usersARow;
    final int itemsAColumn;
    final int userShift;
    final int itemShift;
    final int itemMask;
    final int levelMask;
    /** New number of each user and item. */
    final int[] userPlaces;

    final int[] itemPlaces;
    /** Where block (row, column) begins, row·grid + column; one more at the end. */
    final int[] starts;

    final int[] packed;

    private Strata(Shape shape, int[] userPlaces, int[] itemPlaces, int[] starts, int[] packed) {
        grid = shape.grid;
        usersARow = shape.usersARow;
        itemsAColumn = shape.itemsAColumn;
        userShift = shape.itemBits + shape.levelBits;
        itemShift = shape.levelBits;
        itemMask = (1 << shape.itemBits) - 1;
        levelMask = (1 << shape.levelBits) - 1;
        this.userPlaces = userPlaces;
        this.itemPlaces = itemPlaces;
        this.starts = starts;
        this.packed = packed;
    }

    /** How many blocks, and how many bits say what. */
    private record Shape(int grid, int usersARow, int itemsAColumn, int itemBits, int levelBits) {
        static Shape of(int users, int items, int levels, int least) {
            for (int grid = least; grid <= MOST_GRID; grid *= 2) {
                int rows = Math.ceilDiv(users, grid);
                int columns = Math.ceilDiv(items, grid);
                int levelBits = bits(levels);
                if (bits(rows) + bits(columns) + levelBits <= Integer.SIZE - 1) {
                    return new Shape(grid, rows, columns, bits(columns), levelBits);
                }
            }
            throw new IllegalArgumentException(
                    users + " users, " + items + " items and " + levels + " values do not fit 31 bits");
        }

        private static int bits(int values) {
            return Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, values - 1));
        }
    }

    /**
     * @param takes which ratings, by their number in the file
     * @param like whose shuffle and grid it has too; null: its own
     */
    static Strata of(
            RatingFile file,
            LongPredicate takes,
            @org.jspecify.annotations.Nullable Strata like,
            Team team,
            RandomGenerator random) {
        Shape shape =
                Shape.of(file.users(), file.items(), file.levels().length, like == null ? gridFor(file) : like.grid);
        int[] users = like == null ? shuffled(file.users(), random) : like.userPlaces;
        int[] items = like == null ? shuffled(file.items(), random) : like.itemPlaces;
        int workers = team.size();
        int blocks = shape.grid * shape.grid;
        int[][] counts = new int[workers][blocks];
        team.run(worker -> eachPart(
                file,
                worker,
                workers,
                takes,
                (user, item, level) -> counts[worker][block(shape, users[user], items[item])]++));
        int[] starts = new int[blocks + 1];
        int sum = 0;
        for (int b = 0; b < blocks; b++) {
            starts[b] = sum;
            for (int worker = 0; worker < workers; worker++) {
                int n = counts[worker][b];
                counts[worker][b] = sum;
                sum = Math.addExact(sum, n);
            }
        }
        starts[blocks] = sum;
        int[] packed = new int[sum];
        team.run(worker -> eachPart(file, worker, workers, takes, (user, item, level) -> {
            int u = users[user];
            int i = items[item];
            packed[counts[worker][block(shape, u, i)]++] =
                    ((u % shape.usersARow) << shape.itemBits | i % shape.itemsAColumn) << shape.levelBits | level;
        }));
        Strata strata = new Strata(shape, users, items, starts, packed);
        AtomicInteger next = new AtomicInteger();
        team.run(worker -> strata.sort(next));
        return strata;
    }

    /** Some ten thousand ratings a block, and the factors of one in the second cache. */
    private static int gridFor(RatingFile file) {
        int grid = LEAST_GRID;
        while (grid < MOST_GRID / 4 && file.ratings() / ((long) grid * grid) > 1 << 15) {
            grid *= 2;
        }
        return grid;
    }

    private static int block(Shape shape, int user, int item) {
        return user / shape.usersARow * shape.grid + item / shape.itemsAColumn;
    }

    private static int[] shuffled(int n, RandomGenerator random) {
        int[] places = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            places[i] = places[j];
            places[j] = i;
        }
        return places;
    }

    private interface Each {
        void rating(int user, int item, int level);
    }

    /** A worker's share of the file: chunks in turn, always the same ones. */
    private static void eachPart(RatingFile file, int worker, int workers, LongPredicate takes, Each each) {
        int[] user = new int[CHUNK];
        int[] item = new int[CHUNK];
        byte[] level = new byte[CHUNK];
        for (int block = 0; block < file.blocks(); block++) {
            long first = (long) block * RatingFile.BLOCK;
            for (int from = 0; from < file.size(block); from += CHUNK) {
                if ((block * (RatingFile.BLOCK / CHUNK) + from / CHUNK) % workers != worker) {
                    continue;
                }
                int n = Math.min(CHUNK, file.size(block) - from);
                file.read(block, from, n, user, item, level);
                for (int i = 0; i < n; i++) {
                    if (takes.test(first + from + i)) {
                        each.rating(user[i], item[i], level[i] & 0xFF);
                    }
                }
            }
        }
    }

    /** By user within each block, counting; those of a user keep their order. */
    private void sort(AtomicInteger next) {
        int[] counts = new int[usersARow + 1];
        int[] sorted = {};
        for (int b = next.getAndIncrement(); b < grid * grid; b = next.getAndIncrement()) {
            int from = starts[b];
            int n = starts[b + 1] - from;
            if (sorted.length < n) {
                sorted = new int[n + n / 8];
            }
            Arrays.fill(counts, 0);
            for (int i = 0; i < n; i++) {
                counts[(packed[from + i] >>> userShift) + 1]++;
            }
            for (int u = 0; u < usersARow; u++) {
                counts[u + 1] += counts[u];
            }
            for (int i = 0; i < n; i++) {
                int rating = packed[from + i];
                sorted[counts[rating >>> userShift]++] = rating;
            }
            System.arraycopy(sorted, 0, packed, from, n);
        }
    }

    int size() {
        return packed.length;
    }
}

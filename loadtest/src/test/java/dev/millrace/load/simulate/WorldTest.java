package dev.millrace.load.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WorldTest {
    private static final double PERIOD = 1800;
    private final World world = new World(200, 300, PERIOD, 42);

    @Test
    void equalSeedsMakeEqualWorldsAndOthersOthers() {
        World same = new World(200, 300, PERIOD, 42);
        World other = new World(200, 300, PERIOD, 43);
        assertEquals(world.userProfile(7), same.userProfile(7));
        assertEquals(world.click(7, 8, 1, 12.5), same.click(7, 8, 1, 12.5));
        assertNotEquals(world.click(7, 8, 1, 12.5), other.click(7, 8, 1, 12.5));
    }

    @Test
    void choosingIsWorthLearning() {
        Random random = new Random(5);
        double randomRate = 0;
        double bestRate = 0;
        int requests = 3000;
        for (int r = 0; r < requests; r++) {
            int user = random.nextInt(200);
            double seconds = 1.7e9 + random.nextInt(100_000);
            double best = 0;
            for (int c = 0; c < 20; c++) {
                double click = world.click(user, random.nextInt(300), random.nextInt(3), seconds);
                randomRate += click / 20 / requests;
                best = Math.max(best, click);
            }
            bestRate += best / requests;
        }
        assertEquals(0.12, randomRate, 0.03);
        assertEquals(0.42, bestRate, 0.08);
    }

    @Test
    void tastesDriftSlowly() {
        double change1 = change(60);
        double change2 = change(PERIOD / 2);
        assertTrue(change1 > 0.005 && change1 < 0.2, () -> "a minute changes log odds by " + change1);
        assertTrue(change2 > 0.6, () -> "half a period changes log odds by " + change2);
    }

    private double change(double seconds) {
        double sum = 0;
        for (int i = 0; i < 300; i++) {
            double before = world.click(i % 200, i, 0, 1e6);
            double after = world.click(i % 200, i, 0, 1e6 + seconds);
            sum += Math.abs(Math.log(after / (1 - after)) - Math.log(before / (1 - before)));
        }
        return sum / 300;
    }
}

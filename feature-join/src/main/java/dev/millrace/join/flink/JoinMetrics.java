package dev.millrace.join.flink;

import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * The join's own numbers in the process of a local cluster: {@link MatchCounters} and {@link MatchSize}, summed over the
 * tasks that run. A cluster reports them with whatever reporter it is configured with. Safe for many threads.
 */
final class JoinMetrics implements MetricReporter {
    private static final String REPORTER = "millrace";
    private static final String ID = "id";
    /** Flink makes a reporter by its class and configuration: this is how its owner finds it. Owners remove theirs. */
    private static final Map<String, JoinMetrics> BY_ID = new ConcurrentHashMap<>();

    private static final Map<String, JoinNumber> NUMBERS =
            Arrays.stream(JoinNumber.values()).collect(Collectors.toMap(JoinNumber::label, number -> number));

    private final String id;
    /** A restarted task brings new ones. */
    private final Map<Metric, JoinNumber> numbers = new ConcurrentHashMap<>();

    private JoinMetrics(String id) {
        this.id = id;
    }

    /** Registered with Flink by its name. */
    public static final class Factory implements MetricReporterFactory {
        @Override
        public MetricReporter createMetricReporter(Properties properties) {
            String id = properties.getProperty(ID, "");
            return BY_ID.getOrDefault(id, new JoinMetrics(id));
        }
    }

    /** Of a cluster that is about to start with this configuration. */
    static JoinMetrics configure(Configuration cluster) {
        JoinMetrics metrics = new JoinMetrics(UUID.randomUUID().toString());
        BY_ID.put(metrics.id, metrics);
        String prefix = "metrics.reporter." + REPORTER + '.';
        cluster.setString("metrics.reporters", REPORTER);
        cluster.setString(prefix + "factory.class", Factory.class.getName());
        cluster.setString(prefix + ID, metrics.id);
        return metrics;
    }

    /** The sum over all tasks that have it now; 0 while none has. */
    long sum(JoinNumber number) {
        long sum = 0;
        for (Map.Entry<Metric, JoinNumber> one : numbers.entrySet()) {
            if (one.getValue() == number) {
                sum += value(one.getKey());
            }
        }
        return sum;
    }

    private static long value(Metric metric) {
        return switch (metric.getMetricType()) {
            case COUNTER -> ((Counter) metric).getCount();
            case GAUGE -> ((Gauge<?>) metric).getValue() instanceof Number number ? number.longValue() : 0;
            default -> 0;
        };
    }

    @Override
    public void open(MetricConfig config) {}

    @Override
    public void close() {
        BY_ID.remove(id);
    }

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
        JoinNumber number = NUMBERS.get(name);
        if (number != null) {
            numbers.put(metric, number);
        }
    }

    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
        numbers.remove(metric);
    }
}

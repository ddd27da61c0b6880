package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.spec.SpecException;
import dev.millrace.join.Events;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class JoinPipelineTest {
    private static final JoinJob.Config CONFIG =
            JoinJob.Config.of("localhost:9092", URI.create("file:///tmp/none")).withParallelism(3);

    private static StreamGraph graph() {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.job(CONFIG, Optional.empty()));
        // Fails where Flink would fall back to Kryo: generic types are off.
        JoinPipeline.build(env, CONFIG, new SpecTexts(List.of(Events.YAML)), 2);
        return env.getStreamGraph();
    }

    @Test
    void everyOperatorHasANameOfItsOwnForItsState() {
        List<String> ids = new ArrayList<>();
        for (StreamNode node : graph().getStreamNodes()) {
            assertNotNull(node.getTransformationUID(), node.getOperatorName());
            ids.add(node.getTransformationUID());
        }
        assertEquals(ids.size(), ids.stream().distinct().count());
    }

    @Test
    void operatorsAreChainedIntoThreeTasks() {
        JobGraph job = graph().getJobGraph();
        List<String> tasks = new ArrayList<>();
        for (JobVertex vertex : job.getVerticesSortedTopologicallyFromSources()) {
            tasks.add(vertex.getName() + " x" + vertex.getParallelism());
        }
        assertEquals(3, tasks.size(), tasks.toString());
        assertEquals("millrace-join", job.getName());
        assertEquals(
                List.of(2, 3, 1),
                List.of(parallelism(job, "sort"), parallelism(job, "match"), parallelism(job, "dead-letters")));
    }

    private static int parallelism(JobGraph job, String operator) {
        for (JobVertex vertex : job.getVertices()) {
            if (vertex.getName().contains(operator)) {
                return vertex.getParallelism();
            }
        }
        throw new AssertionError("no task runs " + operator);
    }

    @Test
    void checkpointsAreExactlyOnceEveryFiveSecondsAndOutliveTheJob() {
        var checkpoints = graph().getJobGraph().getCheckpointingSettings().getCheckpointCoordinatorConfiguration();
        assertEquals(5_000, checkpoints.getCheckpointInterval());
        assertEquals(true, checkpoints.isExactlyOnce());
        assertEquals(
                false, checkpoints.getCheckpointRetentionPolicy().toString().equals("NEVER_RETAIN_AFTER_TERMINATION"));
        assertEquals(
                CheckpointingMode.EXACTLY_ONCE, graph().getCheckpointConfig().getCheckpointingConsistencyMode());
    }

    @Test
    void wrongSpecsAndConfigurationsAreRefusedBeforeAnythingStarts() {
        assertThrows(SpecException.class, () -> new SpecTexts(List.of("model: m")));
        var twice =
                assertThrows(IllegalArgumentException.class, () -> new SpecTexts(List.of(Events.YAML, Events.YAML)));
        assertEquals(
                "specs: model 'm' stands twice; each objective of one log is a model with a name of its own, and"
                        + " 'learnsFrom' the model that is shown",
                twice.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new SpecTexts(List.of()));
        assertThrows(IllegalArgumentException.class, () -> CONFIG.withParallelism(0));
        assertThrows(IllegalArgumentException.class, () -> CONFIG.withParallelism(1_000));
    }

    @Test
    void argumentsStandBeforeTheEnvironment() {
        var arguments = new JoinMain.Arguments(
                new String[] {"--bootstrap", "a:1"}, Map.of("MILLRACE_BOOTSTRAP", "b:2", "MILLRACE_SPECS", "s.yml"));
        assertEquals("a:1", arguments.required("bootstrap"));
        assertEquals("s.yml", arguments.required("specs"));
        assertThrows(IllegalArgumentException.class, () -> arguments.required("checkpoints"));
        assertThrows(
                IllegalArgumentException.class, () -> new JoinMain.Arguments(new String[] {"--boot", "a"}, Map.of()));
    }
}

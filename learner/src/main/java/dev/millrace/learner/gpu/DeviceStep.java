package dev.millrace.learner.gpu;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.YoungRows;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.network.Draw;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * A model with embeddings on a GPU: the same state after each minibatch as the step on the CPU leaves, but for rounding,
 * and the same bits each time. The host merges keys and finds rows for one minibatch while the device computes the one
 * before; rows in use stay in the device's memory until {@link #flush}. Where numbers are standardized the host waits, since
 * what they enter as follows from the samples before, and where rows are folded in.
 */
final class DeviceStep implements Step {
    private final Cuda cuda = new Cuda();
    private final ParameterTable table;
    private final RowLife life;
    private final FtrlRows ftrlRows;
    private final ModelSpec spec;
    private final boolean standardizes;
    private final boolean pairs;
    private final int fields;
    private final int dim;
    private final int most;
    private final Flight[] flights;
    private final RowCache cache;
    private final DevicePerceptron perceptron;
    private final @Nullable DevicePart part;
    private final @Nullable DeviceHeads heads;
    private final @Nullable DeviceYoung young;
    private final DeviceBuffer embedded = new DeviceBuffer(cuda);
    private final DeviceBuffer embeddedGradient = new DeviceBuffer(cuda);
    private final DeviceBuffer sums = new DeviceBuffer(cuda);
    private final DeviceBuffer outputs = new DeviceBuffer(cuda);
    private final DeviceBuffer control = new DeviceBuffer(cuda).reserve(2);
    private final long[] chunk = new long[ParameterTable.CHUNK];
    private final int[] chunkOccurrences = new int[ParameterTable.CHUNK];
    private final long[] chunkRows = new long[ParameterTable.CHUNK];
    private final float[] row;
    private int turn;

    /** @param cachedRows rows that the device's memory keeps; more where one minibatch has more */
    DeviceStep(ModelSpec spec, ParameterTable table, RowLife life, int cachedRows) {
        this.spec = spec;
        this.table = table;
        this.life = life;
        NetworkModel network = new NetworkModel(spec);
        ftrlRows = new FtrlRows(spec);
        standardizes = spec.slots().stream().anyMatch(Slot::standardize);
        pairs = network.pairsOfOne();
        fields = network.fields().count();
        dim = spec.network().dim();
        most = spec.network().batch();
        cache = new RowCache(cuda, table, cachedRows);
        perceptron =
                new DevicePerceptron(cuda, network, spec.network(), spec.heads().count(), table);
        heads = spec.heads().isEmpty()
                ? null
                : new DeviceHeads(cuda, spec.heads().all());
        part = switch (spec.network().type()) {
            case FWFM -> new DeviceFieldPairs(cuda, perceptron, fields, dim);
            case DCN -> new DeviceCross(cuda, perceptron, spec.network(), fields);
            default -> null;
        };
        flights = new Flight[] {new Flight(cuda, spec, table, life), new Flight(cuda, spec, table, life)};
        row = new float[cache.stride()];
        YoungRows its = YoungRows.orNull(spec);
        young = its == null ? null : new DeviceYoung(cuda, spec, its, cache, flights[0]);
    }

    @Override
    public int learn(SampleBlock block, int[] samples, int count, float[] predictions, Touched touched) {
        cuda.bind();
        int learned = 0;
        for (int from = 0; from < count; from += most) {
            Flight flight = flights[turn];
            learned += land(flight, touched);
            if (standardizes) {
                learned += land(flights[1 - turn], touched);
            }
            if (flight.collect(block, samples, from, Math.min(count, from + most), count, predictions) > 0) {
                if (!cache.hasRoomFor(flight.keys.size())) {
                    learned += land(flights[1 - turn], touched);
                    cache.makeRoom(flight.keys.size());
                }
                pull(flight);
                load(flight);
                compute(flight);
                turn = 1 - turn;
                if (young != null) {
                    learned += land(flight, touched);
                    young.solve();
                }
            }
        }
        return learned + land(flights[turn], touched) + land(flights[1 - turn], touched);
    }

    private int land(Flight flight, Touched touched) {
        return flight.land(table, life, cache, touched);
    }

    /** Rows of all keys in the table; those whose time it is are born. */
    private void pull(Flight flight) {
        int n = flight.keys.size();
        long before = table.size();
        for (int from = 0; from < n; from += ParameterTable.CHUNK) {
            int count = Math.min(ParameterTable.CHUNK, n - from);
            System.arraycopy(flight.keys.keys(), from, chunk, 0, count);
            System.arraycopy(flight.keys.occurrences(), from, chunkOccurrences, 0, count);
            life.rowsFor(chunk, chunkOccurrences, count, chunkRows);
            System.arraycopy(chunkRows, 0, flight.rows, from, count);
        }
        for (int from = 0; table.size() != before && from < n; from += ParameterTable.CHUNK) {
            // Those of earlier chunks may have moved.
            int count = Math.min(ParameterTable.CHUNK, n - from);
            table.findAll(flight.keys.keys(), from, count, chunkRows);
            System.arraycopy(chunkRows, 0, flight.rows, from, count);
        }
    }

    /** Slots of all keys in the cache; rows that are not there travel with the minibatch. */
    private void load(Flight flight) {
        for (int i = 0; i < flight.keys.size(); i++) {
            long key = flight.keys.key(i);
            if (flight.rows[i] == ParameterTable.MISSING || ftrlRows.isMean(key)) {
                cache.drop(key);
                flight.slots[i] = RowCache.MISSING;
                continue;
            }
            flight.slots[i] = cache.find(key, flight.rows[i]);
            if (flight.slots[i] == RowCache.MISSING) {
                flight.slots[i] = cache.load(key);
                flight.loads[flight.loadCount++] = i;
            }
        }
        int stride = cache.stride();
        flight.pack(stride);
        for (int i = 0; i < flight.loadCount; i++) {
            int number = flight.loads[i];
            read(flight.keys.key(number), flight.rows[number], flight.fieldOf[number]);
            flight.packLoad(i, flight.slots[number], row, stride);
        }
        flight.depart(cuda, stride);
    }

    private void read(long key, long from, int field) {
        row[0] = table.getFloat(from, RowLayout.Z);
        row[1] = table.getFloat(from, RowLayout.N);
        table.getFloats(from, table.layout().vector(), row, 2, row.length - 2);
        if (field != Fields.WIDE_ONLY && row[2] == 0f) {
            if (young != null) {
                young.rows().born(key);
            }
            Draw.embedding(key, spec.network().seed(), spec.network().initial(), row, 2, dim);
        }
    }

    private void compute(Flight flight) {
        int n = flight.minibatch.size();
        reserve(n);
        if (flight.loadCount > 0) {
            cuda.launchThreads(
                    "load_rows",
                    flight.loadCount * cache.stride(),
                    flight.loadCount,
                    cache.stride(),
                    flight.loadSlots(),
                    flight.loadRows(),
                    cache.address());
        }
        JCudaDriver.cuMemsetD32Async(control.address(), 0, 2, cuda.kernels);
        forward(flight, n);
        if (young != null) {
            young.observe(flight, sums);
        }
        if (heads != null) {
            heads.backward(n, perceptron, outputs.address());
            perceptron.backwardOfHeads(n, embedded, heads.gradients(), embeddedGradient);
        } else if (perceptron.isDeep()) {
            perceptron.backward(n, embedded, outputs.at(n), embeddedGradient);
        }
        if (part != null) {
            part.backward(n, embedded, outputs.at(n), embeddedGradient);
        }
        stepRows(flight, n);
        if (perceptron.hasParameters()) {
            perceptron.step(control.address());
        }
        flight.arrive(cuda);
    }

    private void reserve(int n) {
        embedded.reserve((long) n * fields * dim);
        if (perceptron.hasParameters()) {
            embeddedGradient.reserve((long) n * fields * dim);
        }
        sums.reserve((long) n * dim);
        outputs.reserve(2L * n);
    }

    private void forward(Flight flight, int n) {
        Ftrl ftrl = spec.optimizer();
        cuda.launchWarps(
                "embed",
                n,
                n,
                fields,
                dim,
                cache.stride(),
                pairs ? 1 : 0,
                flight.starts(),
                flight.featureSlots(),
                flight.featureFields(),
                flight.featureValues(),
                cache.address(),
                (float) ftrl.l1(),
                (float) ftrl.beta(),
                (float) ftrl.alpha(),
                (float) ftrl.l2(),
                embedded.address(),
                sums.address(),
                outputs.address());
        if (part != null) {
            part.forward(n, embedded, outputs.address());
        }
        perceptron.forward(n, embedded);
        if (heads != null) {
            heads.finish(flight, perceptron, outputs.address(), outputs.at(n), control.address());
            return;
        }
        cuda.launchWarps(
                "finish",
                n,
                n,
                perceptron.lastWidth(),
                perceptron.lastActivations(),
                perceptron.lastWeights(),
                spec.objective() == Objective.SQUARED ? 1 : 0,
                flight.labels(),
                flight.weights(),
                flight.fakes(),
                flight.logKeep(),
                outputs.address(),
                outputs.at(n),
                flight.predictions(),
                control.address());
    }

    private void stepRows(Flight flight, int n) {
        Ftrl ftrl = spec.optimizer();
        var update = spec.network().embeddings();
        cuda.launchWarps(
                "step_rows",
                flight.keys.size(),
                flight.keys.size(),
                fields,
                dim,
                cache.stride(),
                pairs ? 1 : 0,
                flight.keySlots(),
                flight.keyFields(),
                flight.begins(),
                flight.samplesByKey(),
                flight.valuesByKey(),
                outputs.at(n),
                flight.predictions(),
                perceptron.hasParameters() ? embeddedGradient.address() : DeviceBuffer.NONE,
                sums.address(),
                (float) ftrl.l1(),
                (float) ftrl.beta(),
                (float) (ftrl.alpha() * ftrl.l2()),
                update.rule().ordinal(),
                (float) update.rate(),
                (float) update.l2(),
                cache.address(),
                flight.done());
    }

    @Override
    public void flush(Touched touched) {
        cuda.bind();
        cache.writeBack();
        perceptron.flush(touched);
    }

    @Override
    public byte[] state() {
        return young == null ? Step.super.state() : young.rows().toBytes();
    }

    @Override
    public void restore(byte[] state) {
        if (young != null && state.length > 0) {
            young.rows().restore(state);
        }
    }

    /** Rows that were copied to the device so far: once each while they stay there. */
    long loads() {
        return cache.loads();
    }

    @Override
    public void close() {
        cuda.bind();
        cuda.synchronize();
        for (Flight flight : flights) {
            flight.close();
        }
        cache.close();
        if (part != null) {
            part.close();
        }
        if (heads != null) {
            heads.close();
        }
        perceptron.close();
        embedded.close();
        embeddedGradient.close();
        sums.close();
        outputs.close();
        control.close();
        cuda.close();
    }
}

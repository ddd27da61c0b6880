package dev.millrace.api.http;

import dev.millrace.api.desk.Models;
import dev.millrace.api.security.Access;
import dev.millrace.api.security.Scope;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.WeightServer;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether the weights that serve are those that were learned. Nothing here blocks. */
@Access(Scope.ADMIN)
@Controller("/v1/parity")
public class ParityController {
    private final Models models;

    public ParityController(Models models) {
        this.models = models;
    }

    /**
     * One shard's comparisons, range of hashes by range; see {@link ShardParity}.
     *
     * @param equal null while some ranges were not yet compared
     * @param equalAt sequence of the shard's last delta with which a range was found equal; 0: none
     * @param offsets what that delta includes of the samples
     */
    @Serdeable
    record Shard(
            int shard,
            @Nullable Boolean equal,
            long equalAt,
            Map<String, Long> offsets,
            int ranges,
            int comparedRanges,
            @Nullable Long oldestComparedMs,
            long oldestComparedAt,
            List<Integer> differingRanges,
            long mismatches,
            long mends) {}

    /**
     * @param equal whether every shard is; null while that is not known of some, or nothing compares
     * @param version that serves
     */
    @Serdeable
    record Model(String model, @Nullable Boolean equal, long version, List<Shard> shards) {}

    @Serdeable
    record Parities(List<Model> models) {}

    @Get
    Parities get(@QueryValue @Nullable String model) {
        if (model != null) {
            return new Parities(List.of(model(models.get(model))));
        }
        return new Parities(
                models.all().values().stream().map(ParityController::model).toList());
    }

    private static Model model(WeightServer weights) {
        List<ShardParity> shards = weights.parity();
        return new Model(
                weights.spec().model(),
                ShardParity.equal(shards),
                weights.version().sequence(),
                shards.stream().map(ParityController::shard).toList());
    }

    private static Shard shard(ShardParity of) {
        Map<String, Long> offsets = new TreeMap<>();
        of.offsets().forEach((partition, offset) -> offsets.put(partition.toString(), offset));
        return new Shard(
                of.shard(),
                of.equal(),
                of.equalAt(),
                offsets,
                of.ranges(),
                of.compared(),
                of.oldestMs(),
                of.oldestSequence(),
                of.differing(),
                of.mismatches(),
                of.mends());
    }
}
